/** Chunks and names that a stranger made up are read or refused, never thrown on; what we wrote is read back. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCommon } from '../common.ts'
import { keccak } from '../crypto.ts'
import { hexOf } from '../hex.ts'
import { chunksOf, nameOf, readChunk, readName, recordBytesMax, recordKinds, type SnapshotRecord } from './format.ts'
import { startRestore } from './restore.ts'

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const kind = fc.constantFrom(...Object.values(recordKinds))
const records = fc.array(fc.record({ kind, bytes: bytes(300) }), { minLength: 1, maxLength: 30 })
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const hex = (list: readonly SnapshotRecord[]) => list.map((one) => `${one.kind} ${hexOf(one.bytes)}`)

test('records come out of their chunks as they went in, wherever these are cut', () => {
  fc.assert(
    fc.property(records, fc.integer({ min: 1, max: 2_000 }), (list, bytesMin) => {
      const found = [...chunksOf(list, bytesMin)].flatMap((chunk) => {
        const read = readChunk(chunk)
        if (!read.ok) throw new Error(read.error)
        return read.value
      })
      expect(hex(found)).toEqual(hex(list))
    }),
    { numRuns: 300 },
  )
})

test('any bytes are a chunk or a refusal, and those of a chunk are its own', () => {
  const nearly = records.chain((list) => {
    const [whole = new Uint8Array(0)] = chunksOf(list, 1_000_000)
    return fc.tuple(fc.nat(whole.length), fc.nat(255), fc.nat(whole.length)).map(([at, value, end]) => {
      const copy = Uint8Array.from(whole)
      copy[at] = value
      return copy.subarray(0, end)
    })
  })
  fc.assert(
    fc.property(fc.oneof(bytes(200), nearly), (raw) => {
      const read = readChunk(raw)
      if (!read.ok) return
      expect(hexOf([...chunksOf(read.value, raw.length)][0] ?? new Uint8Array(0))).toBe(hexOf(raw))
    }),
    { numRuns: 2_000 },
  )
})

test('a record above the limit is refused by its length alone', () => {
  const length = recordBytesMax + 1
  const head = Uint8Array.of(1, length >>> 24, length >>> 16, length >>> 8, length)
  expect(readChunk(head)).toEqual({
    ok: false,
    error: `a record of ${length} bytes: expected at most ${recordBytesMax}`,
  })
})

const manifest = fc
  .record({
    height: fc.integer({ min: 1, max: 2 ** 48 }),
    block: hash,
    genesis: hash,
    chunkHashes: fc.array(hash, { minLength: 1, maxLength: 9 }),
  })
  .map(({ height, block, genesis, chunkHashes }) => {
    return { height, blockHash: hexOf(block), genesisHash: hexOf(genesis), chunkHashes }
  })

test('a name says its manifest, and with anything changed it is refused', () => {
  fc.assert(
    fc.property(manifest, bytes(120), fc.nat(400), (made, noise, at) => {
      const name = nameOf(made)
      const read = readName(name)
      expect(read.ok && nameOf(read.value)).toEqual(name)
      expect(readName({ ...name, chunks: name.chunks + 1 }).ok).toBe(false)
      expect(readName({ ...name, height: name.height + 1 }).ok).toBe(false)
      const metadata = Uint8Array.from(name.metadata)
      metadata[at % metadata.length] = (metadata[at % metadata.length] ?? 0) ^ 1
      expect(readName({ ...name, metadata }).ok).toBe(false)
      expect(readName({ ...name, hash: noise, metadata: noise }).ok).toBe(false)
    }),
    { numRuns: 300 },
  )
})

test('whatever a chunk holds that a manifest promises, a restore takes it or calls it a lie, and keeps nothing of it', async () => {
  const common = createCommon(1)
  await fc.assert(
    fc.asyncProperty(records, bytes(200), hash, async (list, noise, blockHash) => {
      for (const chunk of [noise, ...chunksOf(list, 1_000_000)]) {
        const made = {
          height: 5,
          blockHash: hexOf(blockHash),
          genesisHash: hexOf(blockHash),
          chunkHashes: [keccak(chunk)],
        }
        let written = 0
        const restore = startRestore(made, { common, ...made }, async (puts) => {
          written += puts.length
        })
        expect((await restore.apply(0, chunk)).kind).toBe('lie')
        expect(written).toBe(0)
      }
    }),
    { numRuns: 200 },
  )
})
