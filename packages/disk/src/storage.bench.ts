/**
 * Hash and write speed of the workers over the built package, on tmpfs where there is one, and reading back. Beside it
 * stands the ceiling of one thread: the same SHA-1 and the same writes of fresh pages, with nothing around them.
 */

import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { bytesPerMiB, concatBytes } from '@millrace/base'
import { openStorage, type Storage, type StoredInfo } from '@millrace/disk'

const totalBytes = 2048 * bytesPerMiB

const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

await ceiling()
for (const pieceLength of [bytesPerMiB, 4 * bytesPerMiB, 262_144, 16_384]) await bench(pieceLength, 1)
await bench(bytesPerMiB, 2)

async function ceiling(): Promise<void> {
  const folder = await mkdtemp(join(parent, 'millrace-bench-'))
  const memory = new Uint8Array(new SharedArrayBuffer(64 * bytesPerMiB)).fill(0xa5)
  const fd = openSync(join(folder, 'payload'), 'w')
  const started = performance.now()
  for (let offset = 0; offset < totalBytes; offset += bytesPerMiB) {
    const start = offset % memory.length
    const piece = memory.subarray(start, start + bytesPerMiB)
    createHash('sha1').update(piece).digest()
    writeSync(fd, piece, 0, piece.length, offset)
  }
  const seconds = (performance.now() - started) / 1000
  closeSync(fd)
  await rm(folder, { recursive: true })
  console.log(`ceiling of one thread, 1024 KiB: ${Math.round(totalBytes / seconds / 1e6)} MB/s`)
}

async function bench(pieceLength: number, hashWorkers: number): Promise<void> {
  const folder = await mkdtemp(join(parent, 'millrace-bench-'))
  const pieceCount = totalBytes / pieceLength
  const piece = new Uint8Array(pieceLength).fill(0xa5)
  const info = infoOf(piece)
  let next = 0
  let done = 0
  let finished = (): void => {}
  const waitFinished = new Promise<void>((resolve) => {
    finished = resolve
  })
  let fetched = (): void => {}
  const storage = await openStorage(
    { info, infoHash: new Uint8Array(20), folder, mode: 'leech', hashWorkers },
    {
      events: {
        onVerified(index) {
          storage.release(index)
          done++
          if (done === pieceCount) finished()
          feed()
        },
        onFailed: (index) => {
          throw new Error(`piece ${index} failed`)
        },
        onFetched: () => fetched(),
        onError: (error) => {
          throw error
        },
      },
    },
  )
  // The slots are filled once: the memory bus belongs to hashing and writing here, copying in is the network's part.
  const filled = new Set<number>()
  function feed(): void {
    while (next < pieceCount) {
      const memory = storage.acquire(next)
      if (memory === undefined) return
      if (!filled.has(memory.byteOffset)) memory.set(piece)
      filled.add(memory.byteOffset)
      storage.commit(next++)
    }
  }
  const started = performance.now()
  const cpu = process.cpuUsage()
  const loopBefore = performance.eventLoopUtilization()
  feed()
  await waitFinished
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const loopUse = performance.eventLoopUtilization(loopBefore).utilization
  console.log(
    `write piece=${pieceLength / 1024} KiB workers=${hashWorkers}: ${Math.round(totalBytes / seconds / 1e6)} MB/s, ` +
      `cpu ${((user + system) / 1e6 / seconds).toFixed(2)}, loop ${loopUse.toFixed(2)}`,
  )
  await readAll(storage, info, (listener) => {
    fetched = listener
  })
  await storage.close()
  await rm(folder, { recursive: true })
}

function infoOf(piece: Uint8Array): StoredInfo {
  const pieceCount = totalBytes / piece.length
  const hash = createHash('sha1').update(piece).digest()
  return {
    pieceLength: piece.length,
    pieceCount,
    totalSize: totalBytes,
    pieceHashes: concatBytes(Array.from({ length: pieceCount }, () => hash)),
    files: [{ path: ['payload'], size: totalBytes, offset: 0, pad: false }],
  }
}

async function readAll(storage: Storage, info: StoredInfo, onFetched: (listener: () => void) => void): Promise<void> {
  const began = performance.now()
  for (let index = 0; index < info.pieceCount; index++) {
    for (let begin = 0; begin < info.pieceLength; begin += 16_384) {
      let extent = storage.lookup(index, begin, 16_384)
      while (extent === undefined) {
        const waiting = new Promise<void>((resolve) => onFetched(resolve))
        storage.fetch(index, begin, 16_384)
        await waiting
        extent = storage.lookup(index, begin, 16_384)
      }
      storage.unpin(extent)
    }
  }
  const seconds = (performance.now() - began) / 1000
  console.log(`read  one sequential reader: ${Math.round(totalBytes / seconds / 1e6)} MB/s`)
}
