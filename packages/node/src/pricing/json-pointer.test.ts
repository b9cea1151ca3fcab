import { describe, expect, it } from 'vitest'
import { numberTextAt, parsePointer, pointerStepsMax } from './json-pointer.ts'

const textAt = (document: string, pointer: string): string | undefined => {
  const found = numberTextAt(document, parsePointer(pointer) ?? ['not a pointer'])
  return found.ok ? found.value : undefined
}

describe('a JSON pointer (RFC 6901)', () => {
  it.each([
    ['', []],
    ['/', ['']],
    ['/a/b', ['a', 'b']],
    ['/a~1b/m~0n', ['a/b', 'm~n']],
    ['/~01', ['~1']],
  ])('%j has the steps %j', (pointer, steps) => {
    expect(parsePointer(pointer)).toEqual(steps)
  })

  it.each(['a', '#/a', '/~', '/~2', '/a'.repeat(pointerStepsMax + 1), `/${'a'.repeat(600)}`])(
    '%j is none',
    (pointer) => {
      expect(parsePointer(pointer)).toBeUndefined()
    },
  )
})

describe('the number in a document', () => {
  it.each([
    ['0.0000012', '', '0.0000012'],
    ['\n "1e-6" \r\n', '', '1e-6'],
    ['{"a":1.10}', '/a', '1.10'],
    // Digits that no double holds.
    ['{"a":0.1234567890123456789012345}', '/a', '0.1234567890123456789012345'],
    ['{ "x" : [ { "y" : [ ] } , "n,]}\\"" , -7E+2 ] , "z" : null }', '/x/2', '-7E+2'],
    ['{"a":{"a":1},"b":{"a":[0,2]}}', '/b/a/1', '2'],
    ['{"":{"a/b":"5"}}', '//a~1b', '5'],
    ['{"\\u0061":3}', '/a', '3'],
    ['{"a":1,"a":2}', '/a', '2'],
    ['[[1],[2]]', '/1/0', '2'],
  ])('of %s at %j is %s', (document, pointer, expected) => {
    expect(textAt(document, pointer)).toBe(expected)
  })

  it.each([
    ['', ''],
    ['{', '/a'],
    ['1 2', ''],
    ['.5', ''],
    ['{"a":1}', ''],
    ['{"a":1}', '/b'],
    ['{"a":true}', '/a'],
    ['{"a":null}', '/a'],
    ['{"a":[1]}', '/a'],
    ['[1]', '/1'],
    ['[1]', '/00'],
    ['[1]', '/-'],
    ['[]', '/0'],
    ['{}', '/a'],
    ['{"length":1}', '/constructor'],
    ['"abc"', '/length'],
    ['7', '/0'],
  ])('of %j at %j is refused', (document, pointer) => {
    expect(textAt(document, pointer)).toBeUndefined()
  })
})
