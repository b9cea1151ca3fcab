import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { equalBytes, seededRandom, shuffle } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { contentOfFile, pieceOf, put, Recorder, type Sample, sampleOf, withFolder } from '../test/sample.ts'
import { countBits, hasBit } from './bitfield.ts'
import { openStorage, type StorageOptions } from './open-storage.ts'
import type { Storage } from './storage.ts'

type Extra = Partial<StorageOptions>

function open(sample: Sample, folder: string, recorder: Recorder, extra: Extra = {}): Promise<Storage> {
  const { info, infoHash } = sample
  return openStorage({ info, infoHash, folder, mode: 'leech', ...extra }, { events: recorder })
}

async function fill(storage: Storage, sample: Sample, recorder: Recorder, pieces: readonly number[]): Promise<void> {
  const before = recorder.verified.length
  for (const piece of pieces) await put(storage, sample, piece, recorder)
  await recorder.until(() => recorder.verified.length === before + pieces.length)
  for (const piece of pieces) storage.release(piece)
}

function everyPiece(sample: Sample): number[] {
  return Array.from({ length: sample.info.pieceCount }, (_, piece) => piece)
}

const threeFiles = sampleOf(
  [
    { path: ['t', 'a.bin'], size: 100_000 },
    { path: ['t', '.pad', '1'], size: 31_072, pad: true },
    { path: ['t', 'empty'], size: 0 },
    { path: ['t', 'deep', 'er', 'b.bin'], size: 300_001 },
    { path: ['t', 'c'], size: 5 },
  ],
  32_768,
)

describe('writing', () => {
  it('puts pieces that span files, committed in any order, where they belong, and writes no pad file', () =>
    withFolder(async (folder) => {
      const recorder = new Recorder()
      const storage = await open(threeFiles, folder, recorder)
      await fill(storage, threeFiles, recorder, shuffle(everyPiece(threeFiles), seededRandom(3)))
      await storage.close()
      for (const index of [0, 2, 3, 4]) {
        const path = join(folder, ...(threeFiles.info.files[index]?.path ?? []))
        expect(equalBytes(await readFile(path), contentOfFile(threeFiles, index))).toBe(true)
      }
      expect((await readdir(join(folder, 't'))).sort()).toEqual(['a.bin', 'c', 'deep', 'empty'])
      expect(recorder.errors).toEqual([])
    }))

  it('reports a corrupt piece, leaves the file untouched and takes the right bytes afterwards', () =>
    withFolder(async (folder) => {
      const sample = sampleOf([{ path: ['f'], size: 100_000 }], 65_536)
      const recorder = new Recorder()
      const storage = await open(sample, folder, recorder)
      const memory = storage.acquire(0)
      memory?.set(pieceOf(sample, 0))
      memory?.fill(0xff, 100, 200)
      storage.commit(0)
      await recorder.until(() => recorder.failed.length === 1)
      expect(recorder.verified).toEqual([])
      expect(hasBit(storage.verified, 0)).toBe(false)
      expect((await readFile(join(folder, 'f'))).every((byte) => byte === 0)).toBe(true)
      expect(memory?.[150]).toBe(0xff)
      memory?.set(pieceOf(sample, 0))
      storage.commit(0)
      await recorder.until(() => recorder.verified.length === 1)
      await storage.close()
      expect(equalBytes((await readFile(join(folder, 'f'))).subarray(0, 65_536), pieceOf(sample, 0))).toBe(true)
    }))

  it('gives memory up to its budget only, and again after release', () =>
    withFolder(async (folder) => {
      const sample = sampleOf([{ path: ['f'], size: 160_000 }], 16_384)
      const storage = await open(sample, folder, new Recorder(), { memoryBytes: 4 * 16_384 })
      for (const piece of [0, 1, 2, 3]) expect(storage.acquire(piece)?.length).toBe(16_384)
      expect(storage.acquire(9)).toBeUndefined()
      storage.release(2)
      expect(storage.acquire(9)?.length).toBe(160_000 - 9 * 16_384)
      expect(storage.stats().slotsUsed).toBe(4)
      await storage.close()
    }))

  it('takes the space at once with allocation full, and none with sparse', () =>
    withFolder(async (folder) => {
      const sample = sampleOf([{ path: ['f'], size: 1_000_000 }], 65_536)
      await (await open(sample, join(folder, 'full'), new Recorder(), { allocation: 'full' })).close()
      await (await open(sample, join(folder, 'sparse'), new Recorder(), { allocation: 'sparse' })).close()
      const full = await stat(join(folder, 'full', 'f'))
      const sparse = await stat(join(folder, 'sparse', 'f'))
      expect([full.size, sparse.size]).toEqual([1_000_000, 1_000_000])
      expect(full.blocks * 512).toBeGreaterThanOrEqual(1_000_000)
      expect(sparse.blocks).toBe(0)
    }))
})

describe('reading for upload', () => {
  it('answers any range of a verified piece with its bytes, also across extents, pads and files', () =>
    withFolder(async (folder) => {
      const sample = sampleOf(
        [
          { path: ['t', 'a'], size: 700_000 },
          { path: ['t', '.pad', 'x'], size: 50_000, pad: true },
          { path: ['t', 'b'], size: 900_000 },
        ],
        1_048_576,
      )
      const recorder = new Recorder()
      const storage = await open(sample, folder, recorder, { extentBytes: 262_144, cacheBytes: 4 * 262_144 })
      await fill(storage, sample, recorder, [0, 1])
      const random = seededRandom(5)
      for (let i = 0; i < 200; i++) {
        const piece = random.below(2)
        const size = pieceOf(sample, piece).length
        const length = 1 + random.below(Math.min(131_072, size))
        const begin = random.below(size - length + 1)
        let extent = storage.lookup(piece, begin, length)
        while (extent === undefined) {
          const before = recorder.fetched.length
          storage.fetch(piece, begin, length)
          await recorder.until(() => recorder.fetched.length > before)
          extent = storage.lookup(piece, begin, length)
        }
        const got = extent.bytes.subarray(begin - extent.begin, begin - extent.begin + length)
        expect(equalBytes(got, pieceOf(sample, piece).subarray(begin, begin + length))).toBe(true)
        storage.unpin(extent)
      }
      expect(storage.stats().cacheBytes).toBeLessThanOrEqual(4 * 262_144)
      await storage.close()
    }))

  it('reads neighbouring small pieces at once and never serves one that was unverified when its group was read', () =>
    withFolder(async (folder) => {
      const sample = sampleOf([{ path: ['f'], size: 16 * 16_384 }], 16_384)
      const recorder = new Recorder()
      const storage = await open(sample, folder, recorder)
      await fill(storage, sample, recorder, [1, 3])
      storage.fetch(1, 0, 16_384)
      await recorder.until(() => recorder.fetched.length === 1)
      expect(storage.lookup(3, 0, 16_384)?.bytes.length).toBe(16_384)
      expect(storage.lookup(2, 0, 16_384)).toBeUndefined()
      await fill(storage, sample, recorder, [2])
      expect(storage.lookup(2, 0, 16_384)).toBeUndefined()
      storage.fetch(2, 0, 16_384)
      await recorder.until(() => recorder.fetched.length === 2)
      const extent = storage.lookup(2, 0, 16_384)
      expect(extent !== undefined && equalBytes(extent.bytes, pieceOf(sample, 2))).toBe(true)
      await storage.close()
    }))

  it('never touches the bytes of a pinned extent, however much else is read', () =>
    withFolder(async (folder) => {
      const sample = sampleOf([{ path: ['f'], size: 8 * 262_144 }], 262_144)
      const recorder = new Recorder()
      const storage = await open(sample, folder, recorder, { extentBytes: 262_144, cacheBytes: 2 * 262_144 })
      await fill(storage, sample, recorder, everyPiece(sample))
      const fetch = async (piece: number): Promise<void> => {
        const before = recorder.fetched.length
        storage.fetch(piece, 0, 16_384)
        await recorder.until(() => recorder.fetched.length > before)
      }
      await fetch(0)
      const pinned = storage.lookup(0, 0, 16_384)
      for (const piece of [1, 2, 3, 4, 5, 6, 7]) await fetch(piece)
      expect(pinned !== undefined && equalBytes(pinned.bytes, pieceOf(sample, 0))).toBe(true)
      if (pinned !== undefined) storage.unpin(pinned)
      await storage.close()
    }))
})

describe('before the first byte', () => {
  it('adopts what is right in existing files', () =>
    withFolder(async (folder) => {
      const sample = sampleOf([{ path: ['f'], size: 300_000 }], 65_536)
      const damaged = sample.content.slice()
      damaged.fill(1, 70_000, 70_010)
      await writeFile(join(folder, 'f'), damaged.subarray(0, 290_000))
      const storage = await open(sample, folder, new Recorder())
      expect(everyPiece(sample).filter((piece) => hasBit(storage.verified, piece))).toEqual([0, 2, 3])
      await storage.close()
    }))

  it.each([
    ['larger than the torrent has it', 400_000],
    ['without one right piece', 1000],
  ])('refuses to overwrite a file %s, unless allowed', (_, size) =>
    withFolder(async (folder) => {
      const sample = sampleOf([{ path: ['f'], size: 300_000 }], 65_536)
      const precious = new Uint8Array(size).fill(7)
      await writeFile(join(folder, 'f'), precious)
      await expect(open(sample, folder, new Recorder())).rejects.toMatchObject({ code: 'exists' })
      expect(equalBytes(await readFile(join(folder, 'f')), precious)).toBe(true)
      expect(await readdir(folder)).toEqual(['f'])
      const storage = await open(sample, folder, new Recorder(), { overwrite: true })
      await storage.close()
      expect((await stat(join(folder, 'f'))).size).toBe(300_000)
    }),
  )

  it('says how much space is needed and free, and creates nothing', () =>
    withFolder(async (folder) => {
      const sample = sampleOf([{ path: ['f'], size: 10 }], 16_384)
      const huge = {
        ...sample.info,
        totalSize: 2 ** 50,
        files: [{ path: ['f'], size: 2 ** 50, offset: 0, pad: false }],
      }
      const opening = openStorage(
        { info: { ...huge, pieceCount: 1, pieceLength: 2 ** 24 }, infoHash: sample.infoHash, folder, mode: 'leech' },
        { events: new Recorder() },
      )
      await expect(opening).rejects.toMatchObject({ code: 'disk-full' })
      await expect(opening).rejects.toThrow(`${2 ** 50} bytes needed`)
      expect(await readdir(folder)).toEqual([])
    }))

  it('writes through no symbolic link, neither a folder nor a file', () =>
    withFolder(async (folder) => {
      const outside = join(folder, 'outside')
      const inside = join(folder, 'inside')
      await mkdir(outside)
      await mkdir(join(inside, 't'), { recursive: true })
      await symlink(outside, join(inside, 't', 'deep'))
      await expect(open(threeFiles, inside, new Recorder())).rejects.toMatchObject({ code: 'unsafe-path' })
      const single = sampleOf([{ path: ['f'], size: 10 }], 16_384)
      await symlink(join(outside, 'f'), join(inside, 'f'))
      await expect(open(single, inside, new Recorder())).rejects.toMatchObject({ code: 'unsafe-path' })
      expect(await readdir(outside)).toEqual([])
    }))

  it.each([[['..', 'f']], [['t', '']], [['a/b']], [['.']], [['nul\0']], [['.millrace', 'f']]])(
    'refuses the path %j',
    (path) =>
      withFolder(async (folder) => {
        const sample = sampleOf([{ path, size: 10 }], 16_384)
        await expect(open(sample, folder, new Recorder())).rejects.toMatchObject({ code: 'unsafe-path' })
      }),
  )
})

describe('seeding', () => {
  it('serves existing files under another name and writes nothing', () =>
    withFolder(async (folder) => {
      const sample = sampleOf([{ path: ['f'], size: 300_000 }], 65_536)
      const contentPath = join(folder, 'renamed')
      await writeFile(contentPath, sample.content)
      const recorder = new Recorder()
      const storage = await open(sample, folder, recorder, { mode: 'seed', contentPath })
      expect(countBits(storage.verified, sample.info.pieceCount)).toBe(sample.info.pieceCount)
      storage.fetch(4, 0, 100)
      await recorder.until(() => recorder.fetched.length === 1)
      expect(
        equalBytes(
          storage.lookup(4, 0, 100)?.bytes.subarray(0, 100) ?? new Uint8Array(0),
          pieceOf(sample, 4).subarray(0, 100),
        ),
      ).toBe(true)
      await storage.close()
      expect(await readdir(folder)).toEqual(['renamed'])
    }))

  it('refuses absent files and files of another size', () =>
    withFolder(async (folder) => {
      const sample = sampleOf([{ path: ['f'], size: 300_000 }], 65_536)
      await expect(open(sample, folder, new Recorder(), { mode: 'seed' })).rejects.toMatchObject({ code: 'file-gone' })
      await writeFile(join(folder, 'f'), 'short')
      await expect(open(sample, folder, new Recorder(), { mode: 'seed' })).rejects.toMatchObject({ code: 'wrong-size' })
    }))
})
