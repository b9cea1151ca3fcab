import { createHash } from 'node:crypto'
import { fromLatin1, toHex, toUtf8 } from '@millrace/base'
import { type Encodable, encode } from '@millrace/bencode'
import { describe, expect, it } from 'vitest'
import type { Metainfo } from './info.ts'
import { toInspectJson } from './inspect.ts'
import { parseInfo } from './parse-info.ts'
import { parseTorrent } from './parse-torrent.ts'

type Fields = { readonly [key: string]: Encodable | undefined }

const single: Fields = { name: 'temp', 'piece length': 16384, length: 425, pieces: new Uint8Array(20) }

function torrent(info: Fields, rest: Fields = {}): Uint8Array {
  return encode({ ...rest, info: { ...single, ...info } })
}

function folder(files: readonly Fields[], rest: Fields = {}, outer: Fields = {}): Uint8Array {
  return torrent({ length: undefined, files, ...rest }, outer)
}

function parse(bytes: Uint8Array): Metainfo {
  const parsed = parseTorrent(bytes)
  if (!parsed.ok) throw new Error(parsed.error.message)
  return parsed.value
}

function code(bytes: Uint8Array): string {
  const parsed = parseTorrent(bytes)
  return parsed.ok ? 'accepted' : parsed.error.code
}

function paths(bytes: Uint8Array): string[] {
  return parse(bytes).info.files.map((file) => file.path.join('/'))
}

describe('BEP 3', () => {
  it('reads a single file and hashes the exact bytes of the info', () => {
    const unordered = fromLatin1(
      `d4:infod4:name4:temp6:lengthi5e12:piece lengthi16384e6:pieces20:${'h'.repeat(20)}ee\n`,
    )
    const { info, infoBytes, infoHash, warnings } = parse(unordered)
    expect(infoBytes).toEqual(unordered.slice(7, -2))
    expect(toHex(infoHash)).toBe(createHash('sha1').update(unordered.slice(7, -2)).digest('hex'))
    expect(info).toEqual({
      name: 'temp',
      pieceLength: 16384,
      pieceCount: 1,
      totalSize: 5,
      pieceHashes: toUtf8('h'.repeat(20)),
      isPrivate: false,
      isMultiFile: false,
      files: [{ path: ['temp'], size: 5, offset: 0, pad: false }],
    })
    expect(warnings).toHaveLength(2)
  })

  it('places files one after the other', () => {
    const bytes = folder([
      { length: 3, path: ['a', 'b'] },
      { length: 0, path: ['empty'] },
      { length: 4, path: ['c'] },
    ])
    expect(parse(bytes).info).toMatchObject({ totalSize: 7, isMultiFile: true })
    expect(parse(bytes).info.files).toEqual([
      { path: ['temp', 'a', 'b'], size: 3, offset: 0, pad: false },
      { path: ['temp', 'empty'], size: 0, offset: 3, pad: false },
      { path: ['temp', 'c'], size: 4, offset: 3, pad: false },
    ])
  })

  it('prefers the names that say they are UTF-8', () => {
    const bytes = folder([{ length: 1, path: ['x'], 'path.utf-8': ['é'] }], { name: 'y', 'name.utf-8': 'ü' })
    expect(paths(bytes)).toEqual(['ü/é'])
  })

  it.each([
    ['no dictionary', encode('x'), 'no-info'],
    ['broken bencoding', fromLatin1('d4:info'), 'bad-bencoding'],
    ['no info', encode({ announce: 'x' }), 'no-info'],
    ['no name', torrent({ name: undefined }), 'bad-name'],
    ['a name of dots', torrent({ name: '..' }), 'bad-name'],
    ['an empty name', torrent({ name: '' }), 'bad-name'],
    ['no piece length', torrent({ 'piece length': undefined }), 'bad-piece-length'],
    ['a piece length of 0', torrent({ 'piece length': 0 }), 'bad-piece-length'],
    ['a negative piece length', torrent({ 'piece length': -16384 }), 'bad-piece-length'],
    ['a piece length of 1 GiB', torrent({ 'piece length': 2 ** 30 }), 'bad-piece-length'],
    ['no length', torrent({ length: undefined }), 'bad-length'],
    ['a negative length', torrent({ length: -1 }), 'bad-length'],
    ['a length beyond 64 bits', torrent({ length: 2n ** 64n }), 'bad-length'],
    ['a length of 16 TiB', torrent({ length: 2 ** 44, 'piece length': 2 ** 29 }), 'bad-length'],
    ['no bytes', torrent({ length: 0, pieces: '' }), 'bad-length'],
    ['no pieces', torrent({ pieces: undefined }), 'bad-pieces'],
    ['a hash too few', torrent({ length: 16385 }), 'bad-pieces'],
    ['a hash too many', torrent({ pieces: new Uint8Array(40) }), 'bad-pieces'],
    ['half a hash', torrent({ pieces: new Uint8Array(30) }), 'bad-pieces'],
    ['more than 2^21 pieces', torrent({ 'piece length': 1, length: 2 ** 21 + 1 }), 'too-many-pieces'],
    ['no files', folder([]), 'no-files'],
    ['a file without a path', folder([{ length: 1 }]), 'bad-path'],
    ['a file with an empty path', folder([{ length: 1, path: [] }]), 'bad-path'],
    ['a path with a number', folder([{ length: 1, path: ['a', 1] }]), 'bad-path'],
    ['a file that is no dictionary', torrent({ length: undefined, files: ['x'] }), 'bad-path'],
    ['a path of 300 folders', folder([{ length: 1, path: Array<string>(300).fill('a') }]), 'bad-path'],
    ['an overflowing sum', folder(Array<Fields>(17).fill({ length: 2 ** 44 - 20_000, path: ['a'] })), 'bad-length'],
  ])('refuses %s', (_, bytes, expected) => {
    expect(code(bytes)).toBe(expected)
  })

  it('accepts the largest piece length and 2^21 pieces', () => {
    expect(code(torrent({ 'piece length': 2 ** 30 - 1 }))).toBe('accepted')
    const pieces = new Uint8Array(20 * 2 ** 20)
    expect(code(torrent({ 'piece length': 1, length: 2 ** 20, pieces }))).toBe('accepted')
  })
})

describe('paths', () => {
  const named = (...list: string[][]): Uint8Array => folder(list.map((path) => ({ length: 1, path })))

  it('stay within the folder', () => {
    expect(paths(named(['..', '..', 'bar'], ['/etc', 'passwd'], ['..'], ['a/../../b'], ['\0']))).toEqual([
      'temp/bar',
      'temp/etc/passwd',
      'temp/_',
      'temp/a....b',
      'temp/_.1',
    ])
  })

  it('are made unique, names that differ in case or composition included', () => {
    expect(paths(named(['a.txt'], ['A.txt'], ['a.1.txt'], ['\u00e9'], ['e\u0301']))).toEqual([
      'temp/a.txt',
      'temp/A.1.txt',
      'temp/a.1.1.txt',
      'temp/é',
      'temp/e\u0301.1',
    ])
  })

  it('yield to folders of the same name', () => {
    expect(paths(named(['a'], ['a', 'b'], ['A', 'B']))).toEqual(['temp/a.1', 'temp/a/b', 'temp/A/B.1'])
  })

  it('of a folder without a name begin with the info-hash', () => {
    const bytes = folder([{ length: 1, path: ['a'] }], { name: '..' })
    expect(paths(bytes)).toEqual([`${toHex(parse(bytes).infoHash)}/a`])
  })
})

describe('BEP 47', () => {
  it('knows pad files by attribute or name, and lets those of one size share a path', () => {
    const pad = { attr: 'p', length: 5, path: ['.pad', '5'] }
    const bytes = folder([{ length: 1, path: ['a'] }, pad, pad, { length: 2, path: ['_____padding_file_0'] }])
    expect(parse(bytes).info.files.map((file) => [file.path.join('/'), file.pad])).toEqual([
      ['temp/a', false],
      ['temp/.pad/5', true],
      ['temp/.pad/5', true],
      ['temp/_____padding_file_0', true],
    ])
  })

  const target = (file: Fields, ...others: Fields[]): readonly string[] | undefined =>
    parse(folder([file, { length: 1, path: ['dir', 'real'] }, ...others])).info.files[0]?.symlink

  const link = (path: string[], to: string[]): Fields => ({ attr: 'l', path, 'symlink path': to })

  it('lets links lead to files and folders of the torrent, from its folder or their own', () => {
    expect(target(link(['x'], ['dir', 'real']))).toEqual(['temp', 'dir', 'real'])
    expect(target(link(['x'], ['dir']))).toEqual(['temp', 'dir'])
    expect(target(link(['dir', 'x'], ['real']))).toEqual(['temp', 'dir', 'real'])
    expect(target(link(['x'], ['y', 'real']), link(['y'], ['dir']))).toEqual(['temp', 'y', 'real'])
  })

  it('gives links that leave the torrent, miss or go round no target', () => {
    expect(target(link(['x'], ['..', '..', 'etc', 'passwd']))).toEqual([])
    expect(target(link(['x'], ['/etc/passwd']))).toEqual([])
    expect(target(link(['x'], []))).toEqual([])
    expect(target(link(['x'], ['x']))).toEqual([])
    expect(target(link(['x'], ['y']), link(['y'], ['x']))).toEqual([])
  })

  it('counts a link as no bytes, whatever its length says, and takes one without a target for an empty file', () => {
    const bytes = folder([
      { length: 1, path: ['a'] },
      { attr: 'l', length: 99, path: ['b'] },
    ])
    expect(parse(bytes).info.files[1]).toEqual({ path: ['temp', 'b'], size: 0, offset: 1, pad: false })
  })
})

describe('around the info', () => {
  it('reads tiers (BEP 12), and announce only without them', () => {
    const tiers = [['', ' udp://a'], 'flat', ['http://b', 'http://c']]
    expect(parse(torrent({}, { announce: 'x', 'announce-list': tiers })).trackers).toEqual([
      ['udp://a'],
      ['http://b', 'http://c'],
    ])
    expect(parse(torrent({}, { announce: '\t udp://x', 'announce-list': [[]] })).trackers).toEqual([['udp://x']])
    expect(parse(torrent({})).trackers).toEqual([])
  })

  it('reads web seeds (BEP 17, 19) once each, escaped where they must be', () => {
    const list = ['http://a/b c', 'http://a/b c', 'http://a/b%20c', 7, '', 'x y']
    const outer = { 'url-list': list, httpseeds: 'http://h/%zz' }
    expect(parse(torrent({}, outer)).webSeeds).toEqual(['http://a/b%20c', 'x y', 'http://h/%zz'])
    const two = [
      { length: 1, path: ['a'] },
      { length: 1, path: ['b'] },
    ]
    expect(parse(folder(two, {}, outer)).webSeeds).toEqual(['http://a/b%20c/', 'x y/', 'http://h/%zz'])
    expect(parse(torrent({}, { 'url-list': -20 })).webSeeds).toEqual([])
  })

  it('reads private (BEP 27), nodes (BEP 5), comment, creator and date', () => {
    const nodes = [['127.0.0.1', 8080], ['x'], ['y', 70_000], 'z']
    const outer = { nodes, comment: Uint8Array.of(0x61, 0xff), 'created by': 'me', 'creation date': 7 }
    const metainfo = parse(torrent({ private: 1 }, outer))
    expect(metainfo.info.isPrivate).toBe(true)
    expect(metainfo).toMatchObject({ comment: 'a_', createdBy: 'me', creationDate: 7 })
    expect(metainfo.nodes).toEqual([{ host: '127.0.0.1', port: 8080 }])
    expect(parse(torrent({ private: 0 })).info.isPrivate).toBe(false)
  })
})

describe('BEP 52', () => {
  it('is recognised and refused for now', () => {
    const hybrid = torrent({ 'meta version': 2, 'file tree': {} })
    const parsed = parseTorrent(hybrid)
    expect(parsed).toMatchObject({
      ok: false,
      error: { code: 'v2-not-yet', recognised: { format: 'hybrid', name: 'temp' } },
    })
    expect(toInspectJson(parsed)).toMatchObject({
      accepted: false,
      reason: expect.stringContaining('not supported yet'),
    })
    const only = torrent({ 'meta version': 2, 'file tree': {}, pieces: undefined, length: undefined })
    expect(parseTorrent(only)).toMatchObject({ ok: false, error: { recognised: { format: 'v2' } } })
    expect(code(torrent({ 'meta version': 3 }))).toBe('v2-not-yet')
  })

  it('demands canonical bencoding where a version is named', () => {
    expect(code(fromLatin1('d4:infod4:name1:a12:meta versioni2eee'))).toBe('bad-bencoding')
    expect(code(torrent({ 'file tree': {} }))).toBe('bad-bencoding')
  })
})

describe('hostile sizes', () => {
  it('are refused before they cost much', () => {
    expect(code(fromLatin1('l'.repeat(10_000_000)))).toBe('bad-bencoding')
    expect(code(fromLatin1(`l${'le'.repeat(1_000_001)}e`))).toBe('bad-bencoding')
    expect(code(new Uint8Array(32 * 2 ** 20 + 1))).toBe('bad-bencoding')
  })

  it('do not make renaming or following links quadratic', () => {
    const same = folder(Array<Fields>(50_000).fill({ length: 1, path: ['a'] }), { 'piece length': 65_536 })
    expect(paths(same).at(-1)).toBe('temp/a.49999')
    const loop = { attr: 'l', path: ['x'], 'symlink path': Array<string>(250).fill('x') }
    const loops = folder([{ length: 1, path: ['a'] }, ...Array<Fields>(2000).fill(loop)])
    expect(parse(loops).info.files.at(-1)?.symlink).toEqual([])
  })
})

describe('BEP 9', () => {
  it('reads an info dictionary alone, and nothing beside it', () => {
    const infoBytes = encode(single)
    expect(parseInfo(infoBytes)).toMatchObject({ ok: true, value: { name: 'temp', totalSize: 425 } })
    expect(parseInfo(Uint8Array.of(...infoBytes, 0x65))).toMatchObject({ ok: false, error: { code: 'bad-bencoding' } })
    expect(parseInfo(encode([]))).toMatchObject({ ok: false, error: { code: 'no-info' } })
  })
})
