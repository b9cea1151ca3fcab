import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { equalBytes, seededRandom, shuffle } from '@millrace/base'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { contentOfFile, pieceOf, Recorder, type Sample, sampleOf, withFolder } from '../test/sample.ts'
import { countBits, hasBit } from './bitfield.ts'
import { openStorage } from './open-storage.ts'
import type { Storage } from './storage.ts'

const blockBytes = 16_384

const files = fc.array(
  fc.record({ size: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 90_000 })), pad: fc.boolean() }),
  { minLength: 1, maxLength: 12 },
)
const pieceLengths = fc.constantFrom(1000, 16_384, 32_768, 50_000, 262_144)

/** Copies blocks in a random order over as many pieces at once as memory allows; one piece in four is wrong at first. */
async function download(storage: Storage, sample: Sample, recorder: Recorder, seed: number): Promise<void> {
  const random = seededRandom(seed)
  // Pieces of nothing but padding are right from the beginning.
  const missing = Array.from({ length: sample.info.pieceCount }, (_, i) => i).filter(
    (i) => !hasBit(storage.verified, i),
  )
  const todo = shuffle([...missing], random)
  let released = 0
  const open = new Map<number, number[]>()
  while (recorder.verified.length < missing.length) {
    while (todo.length > 0) {
      const piece = todo[todo.length - 1] ?? 0
      if (storage.acquire(piece) === undefined) break
      todo.pop()
      const blocks = Math.ceil(pieceOf(sample, piece).length / blockBytes)
      open.set(
        piece,
        shuffle(
          Array.from({ length: blocks }, (_, block) => block),
          random,
        ),
      )
    }
    while (open.size > 0) {
      const piece = [...open.keys()][random.below(open.size)] ?? 0
      const memory = storage.acquire(piece)
      const block = open.get(piece)?.pop()
      if (memory === undefined || block === undefined) throw new Error('an open piece has memory and blocks')
      memory.set(pieceOf(sample, piece).subarray(block * blockBytes, (block + 1) * blockBytes), block * blockBytes)
      if (open.get(piece)?.length !== 0) continue
      open.delete(piece)
      if (random.below(4) === 0) memory[random.below(memory.length)] = (memory[0] ?? 0) ^ 0xff
      storage.commit(piece)
    }
    await recorder.until(() => recorder.verified.length > released || recorder.failed.length > 0)
    released = recorder.verified.length
    for (const piece of recorder.verified) storage.release(piece)
    for (const piece of recorder.failed.splice(0)) {
      storage.release(piece)
      todo.push(piece)
    }
  }
}

it('gives the exact content for any layout of files and any order of blocks, and finds it whole again', () =>
  fc.assert(
    fc.asyncProperty(files, pieceLengths, fc.integer({ min: 0, max: 2 ** 31 - 1 }), (layout, pieceLength, seed) =>
      withFolder(async (folder) => {
        const named = layout.map(({ size, pad }, i) => ({ path: ['t', `d${i % 3}`, `f${i}`], size, pad }))
        const sample = sampleOf(named, pieceLength, seed)
        const { info, infoHash } = sample
        const recorder = new Recorder()
        const options = {
          info,
          infoHash,
          folder,
          mode: 'leech',
          memoryBytes: 5 * pieceLength,
          openFilesMax: 2,
          hashWorkers: 1 + (seed % 2),
        } as const
        const storage = await openStorage(options, { events: recorder })
        await download(storage, sample, recorder, seed)
        await storage.close()
        expect(recorder.errors).toEqual([])
        for (const [i, file] of info.files.entries()) {
          if (file.pad) continue
          expect(equalBytes(await readFile(join(folder, ...file.path)), contentOfFile(sample, i))).toBe(true)
        }
        const seeding = await openStorage({ ...options, mode: 'seed' }, { events: new Recorder() })
        expect(countBits(seeding.verified, info.pieceCount)).toBe(info.pieceCount)
        await seeding.close()
      }),
    ),
    { numRuns: 12, interruptAfterTimeLimit: 5000 },
  ))
