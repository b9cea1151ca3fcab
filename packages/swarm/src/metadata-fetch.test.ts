import { createHash } from 'node:crypto'
import { seededRandom } from '@millrace/base'
import { metadataPieceBytes } from '@millrace/wire'
import { expect, test } from 'vitest'
import { MetadataFetch, metadataPiece, sizeMillisecondsMax } from './metadata-fetch.ts'

const infoBytes = seededRandom(4).bytes(2 * metadataPieceBytes + 100)
const infoHash = new Uint8Array(createHash('sha1').update(infoBytes).digest())

function piece(index: number): Uint8Array {
  return metadataPiece(infoBytes, index) ?? new Uint8Array(0)
}

test('pieces from two peers make the dictionary', () => {
  const fetch = new MetadataFetch(infoHash)
  expect(fetch.plan(1, infoBytes.length, 0)).toEqual([0, 1, 2])
  fetch.lose(1)
  expect(fetch.plan(2, infoBytes.length, 0)).toEqual([0, 1, 2])
  expect(fetch.receive(2, 2, piece(2), 0)).toBeUndefined()
  expect(fetch.receive(1, 0, piece(0), 0)).toBeUndefined()
  expect(fetch.receive(2, 0, piece(0), 0)).toBeUndefined()
  expect(fetch.receive(2, 1, piece(1), 0)).toEqual({ ok: true, value: infoBytes })
})

test('a liar is named and not asked again, and the fetch goes on with another', () => {
  const fetch = new MetadataFetch(infoHash)
  fetch.plan(1, infoBytes.length, 0)
  for (const index of [0, 1]) fetch.receive(1, index, piece(index), 0)
  expect(fetch.receive(1, 2, new Uint8Array(100), 0)).toEqual({ ok: false, error: [1] })
  expect(fetch.plan(1, infoBytes.length, 0)).toEqual([])
  expect(fetch.plan(2, infoBytes.length, 0)).toEqual([0, 1, 2])
})

test('a size above the limit is not believed', () => {
  const fetch = new MetadataFetch(infoHash)
  expect(fetch.plan(1, 2 ** 31, 0)).toEqual([])
  expect(fetch.plan(1, 0, 0)).toEqual([])
})

test('a peer that answers nothing loses its turn to another', () => {
  const fetch = new MetadataFetch(infoHash)
  expect(fetch.plan(1, infoBytes.length, 0)).toHaveLength(3)
  expect(fetch.plan(2, infoBytes.length, 5_000)).toEqual([])
  expect(fetch.plan(2, infoBytes.length, 11_000)).toHaveLength(3)
})

test('a peer that claims another size does not disturb an honest fetch, and gets its turn only when that fails', () => {
  const fetch = new MetadataFetch(infoHash)
  expect(fetch.plan(1, infoBytes.length, 0)).toEqual([0, 1, 2])
  expect(fetch.plan(2, 500_000, 1_000)).toEqual([])
  for (const index of [0, 1]) expect(fetch.receive(1, index, piece(index), 9_000)).toBeUndefined()
  expect(fetch.plan(2, 500_000, 9_000 + sizeMillisecondsMax)).toEqual([])
  expect(fetch.receive(1, 2, piece(2), 19_000)).toEqual({ ok: true, value: infoBytes })
})

test('a claimed size of which nothing more comes gives way, even after a first piece', () => {
  const fetch = new MetadataFetch(infoHash)
  expect(fetch.plan(1, 500_000, 0)).toHaveLength(4)
  expect(fetch.receive(1, 0, new Uint8Array(metadataPieceBytes), 1_000)).toBeUndefined()
  expect(fetch.plan(2, infoBytes.length, 2_000)).toEqual([])
  expect(fetch.plan(2, infoBytes.length, 1_001 + sizeMillisecondsMax)).toEqual([0, 1, 2])
  expect(fetch.plan(1, 500_000, 1_002 + sizeMillisecondsMax)).toEqual([])
  for (const index of [0, 1]) expect(fetch.receive(2, index, piece(index), 12_000)).toBeUndefined()
  expect(fetch.receive(2, 2, piece(2), 12_000)).toEqual({ ok: true, value: infoBytes })
})
