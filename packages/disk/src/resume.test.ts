import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open as openFile, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { equalBytes, type LogFields, type Logger, toHex } from '@millrace/base'
import { encode } from '@millrace/bencode'
import { describe, expect, it } from 'vitest'
import { contentOfFile, pieceOf, put, Recorder, type Sample, sampleOf, withFolder } from '../test/sample.ts'
import { countBits, hasBit } from './bitfield.ts'
import { openStorage, type StorageOptions } from './open-storage.ts'
import { decodeResume } from './resume-data.ts'
import type { Storage } from './storage.ts'

interface Opened {
  readonly storage: Storage
  readonly recorder: Recorder
  /** Pieces that were hashed while opening. */
  readonly checked: number
  readonly warnings: readonly string[]
}

async function open(sample: Sample, folder: string, extra: Partial<StorageOptions> = {}): Promise<Opened> {
  const recorder = new Recorder()
  const warnings: string[] = []
  const logger: Logger = {
    log: (level, message, fields?: LogFields) => {
      if (level === 'warn') warnings.push(`${message}: ${fields?.why}`)
    },
  }
  let checked = 0
  const onProgress = (_: number, total: number): void => {
    checked = total
  }
  const { info, infoHash } = sample
  const components = { events: recorder, logger, onProgress }
  const storage = await openStorage({ info, infoHash, folder, mode: 'leech', ...extra }, components)
  return { storage, recorder, checked, warnings }
}

async function fill({ storage, recorder }: Opened, sample: Sample, pieces: readonly number[]): Promise<void> {
  const before = recorder.verified.length
  for (const piece of pieces) await put(storage, sample, piece, recorder)
  await recorder.until(() => recorder.verified.length === before + pieces.length)
  for (const piece of pieces) storage.release(piece)
}

function verifiedOf(storage: Storage, sample: Sample): number[] {
  return Array.from({ length: sample.info.pieceCount }, (_, i) => i).filter((piece) => hasBit(storage.verified, piece))
}

const sample = sampleOf(
  [
    { path: ['t', 'a'], size: 200_000 },
    { path: ['t', 'b'], size: 200_000 },
    { path: ['t', 'c'], size: 100_000 },
  ],
  32_768,
)

describe('after a clean stop', () => {
  it('starts without a check and goes on', () =>
    withFolder(async (folder) => {
      const first = await open(sample, folder)
      await fill(first, sample, [0, 5, 9])
      await first.storage.close()
      expect(await readdir(join(folder, '.millrace'))).toEqual([`${toHex(sample.infoHash)}.resume`])
      const second = await open(sample, folder)
      expect(second.checked).toBe(0)
      expect(verifiedOf(second.storage, sample)).toEqual([0, 5, 9])
      await fill(second, sample, [1, 2, 3, 4, 6, 7, 8, 10, 11, 12, 13, 14, 15])
      await second.storage.close()
      expect(equalBytes(await readFile(join(folder, 't', 'b')), contentOfFile(sample, 1))).toBe(true)
      expect((await open(sample, folder)).checked).toBe(0)
    }))

  it('checks only the pieces of a file that changed since', () =>
    withFolder(async (folder) => {
      const first = await open(sample, folder)
      await fill(
        first,
        sample,
        Array.from({ length: 16 }, (_, i) => i),
      )
      await first.storage.close()
      const file = await openFile(join(folder, 't', 'b'), 'r+')
      await file.write(Buffer.from('changed'), 0, 7, 100_000)
      await file.close()
      const second = await open(sample, folder)
      // b lies at 200,000 to 400,000: pieces 6 to 12; the changed byte 300,000 is in piece 9.
      expect(second.checked).toBe(7)
      expect(verifiedOf(second.storage, sample)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15])
      await second.storage.close()
    }))

  it('notices a changed time alone, and a file that is gone', () =>
    withFolder(async (folder) => {
      const first = await open(sample, folder)
      await fill(first, sample, [0, 1, 14, 15])
      await first.storage.close()
      await utimes(join(folder, 't', 'c'), 1, 1)
      const second = await open(sample, folder)
      expect(second.checked).toBeGreaterThan(0)
      expect(verifiedOf(second.storage, sample)).toEqual([0, 1, 14, 15])
      await second.storage.close()
      await rm(join(folder, 't', 'a'))
      const third = await open(sample, folder)
      expect(verifiedOf(third.storage, sample)).toEqual([14, 15])
      await third.storage.close()
    }))

  it('lets a seed trust its resume data only when sizes and times agree', () =>
    withFolder(async (folder) => {
      const first = await open(sample, folder)
      await fill(
        first,
        sample,
        Array.from({ length: 16 }, (_, i) => i),
      )
      await first.storage.close()
      const seed = await open(sample, folder, { mode: 'seed', trust: true })
      expect([seed.checked, countBits(seed.storage.verified, 16)]).toEqual([0, 16])
      await seed.storage.close()
      const careful = await open(sample, folder, { mode: 'seed' })
      expect(careful.checked).toBe(16)
      await careful.storage.close()
      await utimes(join(folder, 't', 'a'), 1, 1)
      const suspicious = await open(sample, folder, { mode: 'seed', trust: true })
      expect([suspicious.checked, countBits(suspicious.storage.verified, 16)]).toEqual([7, 16])
      await suspicious.storage.close()
    }))
})

describe('resume data that cannot be used', () => {
  it.each([
    ['damaged', new Uint8Array([100, 1, 2, 3])],
    ['newer', encode({ format: 99 })],
    ['empty', new Uint8Array(0)],
  ])('is ignored with a warning and a full check when %s', (_, bytes) =>
    withFolder(async (folder) => {
      const first = await open(sample, folder)
      await fill(
        first,
        sample,
        Array.from({ length: 16 }, (_, i) => i),
      )
      await first.storage.close()
      await writeFile(join(folder, '.millrace', `${toHex(sample.infoHash)}.resume`), bytes)
      const second = await open(sample, folder)
      expect(second.warnings).toHaveLength(1)
      expect([second.checked, countBits(second.storage.verified, 16)]).toEqual([16, 16])
      await second.storage.close()
    }),
  )

  it('is refused wherever it is cut, and for another torrent', () =>
    withFolder(async (folder) => {
      const first = await open(sample, folder)
      await first.storage.close()
      const bytes = await readFile(join(folder, '.millrace', `${toHex(sample.infoHash)}.resume`))
      const { infoHash, info } = sample
      const subject = { infoHash, pieceLength: info.pieceLength, pieceCount: info.pieceCount, fileCount: 3 }
      expect(decodeResume(bytes, subject).ok).toBe(true)
      for (let length = 0; length < bytes.length; length++) {
        expect(decodeResume(bytes.subarray(0, length), subject).ok).toBe(false)
      }
      expect(decodeResume(bytes, { ...subject, infoHash: new Uint8Array(20) }).ok).toBe(false)
      expect(decodeResume(bytes, { ...subject, fileCount: 2 }).ok).toBe(false)
      expect(decodeResume(bytes, { ...subject, pieceCount: 17 }).ok).toBe(false)
    }))
})

describe('after kill -9', () => {
  it.each([
    ['no save', 2 ** 40, 8],
    ['saves now and then', 5 * 65_536, 0],
  ])('with %s checks only what was written since and loses nothing', (_, saveBytes, checkedMin) =>
    withFolder(async (folder) => {
      const big = sampleOf([{ path: ['big'], size: 64 * 65_536 }], 65_536)
      const first = await open(big, folder)
      await fill(
        first,
        big,
        Array.from({ length: 32 }, (_, i) => i),
      )
      await first.storage.close()
      const written = await writeUntilKilled(big, folder, { first: 32, count: 8, saveBytes })
      const second = await open(big, folder)
      expect(second.checked).toBeGreaterThanOrEqual(checkedMin)
      expect(second.checked).toBeLessThanOrEqual(32)
      const verified = verifiedOf(second.storage, big)
      expect(verified.slice(0, 32)).toEqual(Array.from({ length: 32 }, (_, i) => i))
      for (const piece of written) expect(verified).toContain(piece)
      const content = await readFile(join(folder, 'big'))
      for (const piece of verified) {
        const onDisk = content.subarray(piece * 65_536, (piece + 1) * 65_536)
        expect(equalBytes(onDisk, pieceOf(big, piece))).toBe(true)
      }
      const missing = Array.from({ length: 64 }, (_, i) => i).filter((piece) => !verified.includes(piece))
      await fill(second, big, missing)
      await second.storage.close()
      expect(equalBytes(await readFile(join(folder, 'big')), big.content)).toBe(true)
      expect((await open(big, folder)).checked).toBe(0)
    }),
  )
})

/** Another process writes pieces from `first` on, says each, and is killed without warning after `count` of them. */
async function writeUntilKilled(
  big: Sample,
  folder: string,
  options: { readonly first: number; readonly count: number; readonly saveBytes: number },
): Promise<number[]> {
  const { first, count, saveBytes } = options
  const { info, infoHash, content } = big
  const job = join(folder, 'job.json')
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  const described = { ...info, pieceHashes: base64(info.pieceHashes) }
  await writeFile(
    job,
    JSON.stringify({ info: described, infoHash: base64(infoHash), content: base64(content), folder, first, saveBytes }),
  )
  const script = new URL('../test/write-pieces.js', import.meta.url)
  const child = spawn(process.execPath, [script.pathname, job], { stdio: ['ignore', 'pipe', 'inherit'] })
  const written: number[] = []
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    written.push(...lines.map(Number))
    if (written.length >= count) child.kill('SIGKILL')
  })
  const [, signal] = await once(child, 'close')
  expect(signal).toBe('SIGKILL')
  return written
}
