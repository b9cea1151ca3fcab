import { toLatin1 } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { choosePieceLength, createTorrent, type TorrentToCreate } from './create.ts'
import { pieceCountMax } from './parse-info.ts'
import { parseTorrent } from './parse-torrent.ts'

const pieceHashes = new Uint8Array(20).fill(0x68)
const file: TorrentToCreate = {
  name: 'a',
  isSingleFile: true,
  files: [{ path: ['a'], size: 5 }],
  pieceLength: 32768,
  pieceHashes,
}

describe('a created torrent', () => {
  it('of one file is the shortest that says it', () => {
    const info = `d6:lengthi5e4:name1:a12:piece lengthi32768e6:pieces20:${'h'.repeat(20)}e`
    expect(toLatin1(createTorrent(file))).toBe(`d4:info${info}e`)
  })

  it('of a folder reads back as it was made', () => {
    const parsed = parseTorrent(
      createTorrent({
        ...file,
        isSingleFile: false,
        files: [
          { path: ['x', 'ü'], size: 5 },
          { path: ['.pad', '3'], size: 3, pad: true },
          { path: ['y'], size: 7 },
        ],
        trackers: [['udp://a', 'udp://b'], [], ['http://c']],
        webSeeds: ['http://w/'],
        isPrivate: true,
        comment: 'c',
        createdBy: 'me',
        creationDate: 9,
        source: 's',
      }),
    )
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        trackers: [['udp://a', 'udp://b'], ['http://c']],
        webSeeds: ['http://w/'],
        comment: 'c',
        createdBy: 'me',
        creationDate: 9,
        warnings: [],
        info: {
          name: 'a',
          isPrivate: true,
          isMultiFile: true,
          totalSize: 15,
          pieceHashes,
          files: [
            { path: ['a', 'x', 'ü'], size: 5, offset: 0, pad: false },
            { path: ['a', '.pad', '3'], size: 3, offset: 5, pad: true },
            { path: ['a', 'y'], size: 7, offset: 8, pad: false },
          ],
        },
      },
    })
  })

  it.each<[string, Partial<TorrentToCreate>]>([
    ['no bytes', { files: [{ path: ['a'], size: 0 }] }],
    ['a hash missing', { pieceHashes: new Uint8Array(0) }],
    ['a name with a slash', { name: 'a/b' }],
    ['a name of dots', { name: '..' }],
    ['two files as one', { files: [...file.files, ...file.files] }],
  ])('with %s is a bug', (_, change) => {
    expect(() => createTorrent({ ...file, ...change })).toThrow('assertion failed')
  })
})

it.each([
  [1, 32_768],
  [1500 * 32_768, 32_768],
  [1500 * 32_768 + 1, 65_536],
  [256 * 2 ** 20, 262_144],
  [2 * 2 ** 30, 2 * 2 ** 20],
  [2 ** 40, 16 * 2 ** 20],
  [2 ** 46, 32 * 2 ** 20],
])('%i bytes are cut into pieces of %i', (size, expected) => {
  expect(choosePieceLength(size)).toBe(expected)
  expect(Math.ceil(size / choosePieceLength(size))).toBeLessThanOrEqual(pieceCountMax)
})
