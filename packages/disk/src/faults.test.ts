import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { equalBytes } from '@millrace/base'
import { describe, expect, it, type TestContext } from 'vitest'
import { contentOfFile, put, Recorder, type Sample, sampleOf, withFolder } from '../test/sample.ts'
import { hasBit } from './bitfield.ts'
import type { DiskError } from './errors.ts'
import { openStorage, type StorageOptions } from './open-storage.ts'
import type { Storage } from './storage.ts'

const pieceLength = 65_536

async function open(
  sample: Sample,
  folder: string,
  extra: Partial<StorageOptions> = {},
): Promise<{ storage: Storage; recorder: Recorder }> {
  const recorder = new Recorder()
  const { info, infoHash } = sample
  const storage = await openStorage({ info, infoHash, folder, mode: 'leech', ...extra }, { events: recorder })
  return { storage, recorder }
}

async function putAll(storage: Storage, sample: Sample, recorder: Recorder, pieces: readonly number[]): Promise<void> {
  for (const piece of pieces) await put(storage, sample, piece, recorder)
}

function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i)
}

function codeOf(error: Error | undefined): string | undefined {
  return (error as DiskError | undefined)?.code // the storage reports DiskErrors only
}

/** Runs a command that needs rights; skips the test, saying so, where they are missing. */
function orSkip(context: TestContext, file: string, ...parameters: string[]): void {
  try {
    execFileSync(file, parameters, { stdio: 'pipe' })
  } catch {
    context.skip(`"${[file, ...parameters].join(' ')}" is not possible here: run as root on Linux`)
  }
}

describe('a full disk', () => {
  it('stops the storage with a clear error; after space was freed everything goes on', (context) =>
    withFolder(async (folder) => {
      orSkip(context, 'mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder)
      try {
        const sample = sampleOf([{ path: ['f'], size: 40 * pieceLength }], pieceLength)
        const { storage, recorder } = await open(sample, folder)
        await putAll(storage, sample, recorder, range(0, 8))
        await recorder.until(() => recorder.verified.length === 8)
        await writeFile(join(folder, 'filler'), new Uint8Array(3 * 1_048_576))
        await putAll(storage, sample, recorder, range(8, 40))
        await recorder.until(() => recorder.errors.length > 0)
        expect(recorder.errors.map(codeOf)).toEqual(['disk-full'])
        expect(recorder.errors[0]?.message).toContain('the disk is full')
        expect(storage.stats().state).toBe('stopped')
        const again = await storage.resume()
        expect(again.ok ? 'resumed' : again.error.code).toBe('disk-full')
        for (const piece of range(0, 8)) expect(hasBit(storage.verified, piece)).toBe(true)
        await rm(join(folder, 'filler'))
        expect(await storage.resume()).toEqual({ ok: true, value: { lost: [] } })
        await recorder.until(() => recorder.verified.length === 40)
        await storage.close()
        expect(recorder.errors).toHaveLength(1)
        expect(equalBytes(await readFile(join(folder, 'f')), sample.content)).toBe(true)
      } finally {
        execFileSync('umount', ['-l', folder])
      }
    }))

  it('is met while preallocating, before any piece', (context) =>
    withFolder(async (folder) => {
      orSkip(context, 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder)
      try {
        const sample = sampleOf([{ path: ['f'], size: 2 * 1_048_576 }], pieceLength)
        await expect(open(sample, folder, { allocation: 'full' })).rejects.toMatchObject({ code: 'disk-full' })
        await expect(open(sample, folder)).rejects.toThrow('2097152 bytes needed')
        expect(await readdir(folder)).toEqual([])
      } finally {
        execFileSync('umount', ['-l', folder])
      }
    }))
})

describe('missing permission', () => {
  it('stops the storage and goes on when it is given', (context) =>
    withFolder(async (folder) => {
      const sample = sampleOf([{ path: ['f'], size: 10 * pieceLength }], pieceLength)
      const { storage, recorder } = await open(sample, folder)
      const path = join(folder, 'f')
      try {
        orSkip(context, 'chattr', '+i', path)
        await putAll(storage, sample, recorder, range(0, 10))
        await recorder.until(() => recorder.errors.length > 0)
        expect(codeOf(recorder.errors[0])).toBe('permission')
        expect(recorder.errors[0]?.message).toContain(path)
        execFileSync('chattr', ['-i', path])
        expect((await storage.resume()).ok).toBe(true)
        await recorder.until(() => recorder.verified.length === 10)
        expect(equalBytes(await readFile(path), sample.content)).toBe(true)
      } finally {
        await storage.close()
      }
    }))
})

describe('a file that vanishes', () => {
  const sample = sampleOf(
    [
      { path: ['t', 'a'], size: 4 * pieceLength },
      { path: ['t', 'b'], size: 4 * pieceLength },
    ],
    pieceLength,
  )

  it('is noticed at the next save; resume makes it anew and names the lost pieces', () =>
    withFolder(async (folder) => {
      const { storage, recorder } = await open(sample, folder, { saveBytes: pieceLength * 2 })
      await putAll(storage, sample, recorder, [0, 1, 4])
      await recorder.until(() => recorder.verified.length === 3)
      await storage.flush()
      await rm(join(folder, 't', 'b'))
      await putAll(storage, sample, recorder, [2, 5])
      await recorder.until(() => recorder.errors.length > 0)
      expect(codeOf(recorder.errors[0])).toBe('file-gone')
      await recorder.until(() => recorder.verified.length === 5)
      expect(await storage.resume()).toEqual({ ok: true, value: { lost: [4, 5] } })
      for (const piece of range(0, 8)) storage.release(piece)
      await putAll(storage, sample, recorder, [3, 4, 5, 6, 7])
      await recorder.until(() => recorder.verified.length === 10)
      await storage.close()
      for (const index of [0, 1]) {
        const onDisk = await readFile(join(folder, 't', index === 0 ? 'a' : 'b'))
        expect(equalBytes(onDisk, contentOfFile(sample, index))).toBe(true)
      }
    }))

  it('stops an upload when it was cut; put back, it is served again', () =>
    withFolder(async (folder) => {
      await mkdir(join(folder, 't'))
      for (const index of [0, 1]) {
        await writeFile(join(folder, 't', index === 0 ? 'a' : 'b'), contentOfFile(sample, index))
      }
      const { storage, recorder } = await open(sample, folder, { mode: 'seed' })
      await truncate(join(folder, 't', 'b'), 100)
      storage.fetch(5, 0, 16_384)
      await recorder.until(() => recorder.errors.length > 0)
      expect(codeOf(recorder.errors[0])).toBe('file-gone')
      expect(recorder.fetched).toEqual([])
      await writeFile(join(folder, 't', 'b.new'), contentOfFile(sample, 1))
      await rename(join(folder, 't', 'b.new'), join(folder, 't', 'b'))
      expect(await storage.resume()).toEqual({ ok: true, value: { lost: [] } })
      await recorder.until(() => recorder.fetched.length === 1)
      expect(recorder.fetched).toEqual([5])
      storage.fetch(5, 0, 16_384)
      await recorder.until(() => recorder.fetched.length === 2)
      const extent = storage.lookup(5, 0, 16_384)
      expect(extent?.bytes[0]).toBe(sample.content[5 * pieceLength])
      await storage.close()
    }))

  it('is hashed when it comes back changed, and the lost pieces are named', () =>
    withFolder(async (folder) => {
      await mkdir(join(folder, 't'))
      for (const index of [0, 1]) {
        await writeFile(join(folder, 't', index === 0 ? 'a' : 'b'), contentOfFile(sample, index))
      }
      const { storage, recorder } = await open(sample, folder, { mode: 'seed' })
      await truncate(join(folder, 't', 'b'), 100)
      storage.fetch(5, 0, 16_384)
      await recorder.until(() => recorder.errors.length > 0)
      const cut = await storage.resume()
      expect(cut.ok ? 'resumed' : cut.error.code).toBe('wrong-size')
      const changed = contentOfFile(sample, 1).slice()
      changed.fill(0, pieceLength, pieceLength + 10)
      await writeFile(join(folder, 't', 'b'), changed)
      expect(await storage.resume()).toEqual({ ok: true, value: { lost: [5] } })
      expect(hasBit(storage.verified, 5)).toBe(false)
      await storage.close()
    }))

  it('is said by close when nobody noticed before, and found at the next start', () =>
    withFolder(async (folder) => {
      const { storage, recorder } = await open(sample, folder)
      await putAll(storage, sample, recorder, [0, 4])
      await recorder.until(() => recorder.verified.length === 2)
      await rm(join(folder, 't', 'b'))
      await expect(storage.close()).rejects.toMatchObject({ code: 'file-gone' })
      const next = await open(sample, folder)
      expect([hasBit(next.storage.verified, 0), hasBit(next.storage.verified, 4)]).toEqual([true, false])
      expect((await stat(join(folder, 't', 'b'))).size).toBe(4 * pieceLength)
      await next.storage.close()
    }))
})
