import { fromLatin1, toUtf8 } from '@millrace/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numberedComponent, repairText, safeComponent } from './safe-path.ts'

const ten = 'abcdefghi_'

describe('a path component', () => {
  it.each([
    ['abc', 'abc'],
    ['', '_'],
    ['.', undefined],
    ['..', undefined],
    ['...', '...'],
    ['/', undefined],
    ['//\\', undefined],
    ['/..', undefined],
    ['./.', undefined],
    ['/a/', 'a'],
    ['\\c', 'c'],
    ['foo/../../../bar', 'foo......bar'],
    ['a...b', 'a...b'],
    ['abc ', 'abc '],
    ['dev:', 'dev:'],
    ['\b', '_'],
    ['\b?x', '_?x'],
    ['\0\0', undefined],
    ['a\0b', 'ab'],
    ['foo\u200ebar', 'foobar'],
    ['evil\u202efdp.exe', 'evilfdp.exe'],
    ['.\u202e.', undefined],
    ['π😀', 'π😀'],
  ])('%j becomes %j', (text, expected) => {
    expect(safeComponent(toUtf8(text))).toBe(expected)
  })

  it.each([
    ['name\xc2', 'name_'],
    ['name\xe2\x9f', 'name_'],
    ['name\xf0\x9f\x92', 'name_'],
    ['name\xf8\x9f\x9f\x9f\x9ffoobar', 'name_foobar'],
    ['name\xc0\xae', 'name_'],
    ['name\xe0\x80\xae', 'name_'],
    ['name\xf0\x80\x80\xae', 'name_'],
    ['name\xed\xa0\x80', 'name_'],
    ['file\x80.foo', 'file_.foo'],
    ['\xfe', '_'],
  ])('of invalid UTF-8 (%j) becomes %j', (latin1, expected) => {
    expect(safeComponent(fromLatin1(latin1))).toBe(expected)
  })

  it('is cut at 240 bytes and keeps a short extension', () => {
    expect(safeComponent(toUtf8(ten.repeat(25)))).toBe(ten.repeat(24))
    expect(safeComponent(toUtf8(`${ten.repeat(24)}abcde.test`))).toBe(`${ten.repeat(24)}.test`)
    expect(safeComponent(toUtf8(`${ten.repeat(23)}abcdefghi—abcde.jpg`))).toBe(`${ten.repeat(23)}abcdefghi—.jpg`)
    expect(safeComponent(toUtf8(`${ten.repeat(24)}a.extension1`))).toBe(ten.repeat(24))
  })

  it('is safe to create, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), fc.string({ unit: 'binary' }).map(toUtf8)), (bytes) => {
        const component = safeComponent(bytes)
        if (component === undefined) return
        expect(['', '.', '..']).not.toContain(component)
        expect(component).not.toMatch(/[/\\]/)
        expect([...component].every((character) => (character.codePointAt(0) ?? 0) >= 0x20)).toBe(true)
        expect(component).not.toMatch(/[\u200e\u200f\u202a-\u202e]/)
        expect(Buffer.byteLength(component)).toBeLessThanOrEqual(255)
        expect(safeComponent(toUtf8(component))).toBe(component)
      }),
      { numRuns: 3000 },
    )
  })
})

it('repairs text without touching what is valid', () => {
  expect(repairText(fromLatin1('a\xffb\n\xc3\xa9'))).toBe('a_b\né')
})

it.each([
  ['bar.txt', 'bar.1.txt'],
  ['_', '_.1'],
  ['.hidden', '.1.hidden'],
  ['a.tar.gz', 'a.tar.1.gz'],
])('a taken %s becomes %s', (component, expected) => {
  expect(numberedComponent(component, 1)).toBe(expected)
})

it('a number never makes a name longer than 255 bytes', () => {
  expect(Buffer.byteLength(numberedComponent(`${'é'.repeat(122)}.epub`, 12345))).toBe(255)
})
