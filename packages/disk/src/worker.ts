/** The thread that hashes and writes: SHA-1 over shared memory, then contiguous writes from that same memory. */

import * as crypto from 'node:crypto'
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync, writevSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { assert, bytesPerMiB, defined, errnoOf } from '@millrace/base'
import { fileOf, type Span, sizeOfPiece, spansOfPiece } from './layout.ts'
import { FailedOperation, OpenFiles } from './open-files.ts'
import {
  digestBytes,
  type WorkerAnswer,
  type WorkerOrder,
  type WorkerReport,
  type WorkerSetup,
} from './worker-protocol.ts'

/** Verdicts are reported after this many bytes, so that small pieces share a message and large ones do not wait. */
const reportBytes = bytesPerMiB
/** Linux's IOV_MAX. */
const gatheredMax = 1024

const port = defined(parentPort, 'to run as a worker')
const setup = workerData as WorkerSetup // the pool that starts this thread passes nothing else
const { layout, slab, slotBytes, pieceHashes } = setup
const writing = new OpenFiles(layout, 'write', setup.openFilesMax)
const reading = new OpenFiles(layout, 'read', setup.openFilesMax)
const scratch = new Uint8Array(bytesPerMiB)
const zeros = new Uint8Array(bytesPerMiB)
let log: number | undefined

port.on('message', (order: WorkerOrder) => {
  if (order.type === 'commit') commit(order.slots, order.pieces)
  else report({ type: 'done', id: order.id, answer: attempt(order) })
})

function attempt(order: Exclude<WorkerOrder, { type: 'commit' }>): WorkerAnswer {
  try {
    switch (order.type) {
      case 'digest':
        return digestPieces(order.pieces)
      case 'fill':
        fill(order.fileIndex, order.from, order.to)
        return { kind: 'nothing' }
      case 'reset':
        reset()
        return { kind: 'nothing' }
    }
  } catch (thrown) {
    if (!(thrown instanceof FailedOperation)) throw thrown
    return { kind: 'failed', failure: thrown.failure }
  }
}

/** A piece whose slot was hashed and found right. */
interface RightPiece {
  readonly slot: number
  readonly piece: number
  readonly bytes: Uint8Array
}

function commit(slots: readonly number[], pieces: readonly number[]): void {
  let wrong: number[] = []
  let right: RightPiece[] = []
  let bytesHashed = 0
  const last = slots.length - 1
  slots.forEach((slot, i) => {
    const piece = defined(pieces[i], 'a piece for each slot')
    const bytes = new Uint8Array(slab, slot * slotBytes, sizeOfPiece(layout, piece))
    if (isRight(bytes, piece)) right.push({ slot, piece, bytes })
    else wrong.push(slot)
    bytesHashed += bytes.length
    if (bytesHashed < reportBytes && i < last) return
    settle(right, wrong)
    wrong = []
    right = []
    bytesHashed = 0
  })
}

function settle(right: readonly RightPiece[], wrong: readonly number[]): void {
  const slots = right.map((each) => each.slot)
  try {
    writePieces(right)
  } catch (thrown) {
    if (!(thrown instanceof FailedOperation)) throw thrown
    reset()
    report({ type: 'unwritten', slots, failure: thrown.failure })
    if (wrong.length > 0) report({ type: 'verdicts', slots: wrong, right: wrong.map(() => false) })
    return
  }
  report({
    type: 'verdicts',
    slots: [...slots, ...wrong],
    right: [...slots.map(() => true), ...wrong.map(() => false)],
  })
}

function isRight(bytes: Uint8Array, piece: number): boolean {
  const expected = pieceHashes.subarray(piece * digestBytes, (piece + 1) * digestBytes)
  return crypto.createHash('sha1').update(bytes).digest().equals(expected)
}

/** A run of buffers for one file, contiguous on disk. */
interface Run {
  readonly fileIndex: number
  readonly fileOffset: number
  length: number
  readonly buffers: Uint8Array[]
}

function writePieces(right: readonly RightPiece[]): void {
  if (right.length === 0) return
  const ordered = [...right].sort((a, b) => a.piece - b.piece)
  logPieces(ordered)
  let run: Run | undefined
  for (const { piece, bytes } of ordered) {
    let start = 0
    for (const span of spansOfPiece(layout, piece)) {
      const part = bytes.subarray(start, start + span.length)
      start += span.length
      if (fileOf(layout, span.fileIndex).kind !== 'file') continue
      if (run !== undefined && continues(run, span)) {
        run.buffers.push(part)
        run.length += part.length
        continue
      }
      if (run !== undefined) writeRun(run)
      run = { fileIndex: span.fileIndex, fileOffset: span.fileOffset, length: part.length, buffers: [part] }
    }
  }
  if (run !== undefined) writeRun(run)
}

function continues(run: Run, span: Span): boolean {
  return (
    run.fileIndex === span.fileIndex &&
    run.fileOffset + run.length === span.fileOffset &&
    run.buffers.length < gatheredMax
  )
}

function writeRun(run: Run): void {
  const fd = writing.descriptor(run.fileIndex)
  const { buffers } = run
  let position = run.fileOffset
  let next = 0
  try {
    while (next < buffers.length) {
      const rest = buffers.slice(next)
      let taken = writevSync(fd, rest, position)
      assert(taken > 0, 'a write to take at least one byte or to fail')
      position += taken
      // A short write ends inside a buffer: the rest of that buffer goes into the next call.
      while (next < buffers.length) {
        const buffer = defined(buffers[next], 'a buffer left')
        if (taken < buffer.length) {
          buffers[next] = buffer.subarray(taken)
          break
        }
        taken -= buffer.length
        next++
      }
    }
  } catch (thrown) {
    throw new FailedOperation(thrown, 'writing', fileOf(layout, run.fileIndex).path)
  }
}

/** Says which pieces are about to be written: after a kill only these need a new check. */
function logPieces(pieces: readonly RightPiece[]): void {
  const { logPath } = setup
  if (logPath === undefined) return
  const entry = Buffer.alloc(4 * pieces.length)
  pieces.forEach(({ piece }, i) => {
    entry.writeUInt32BE(piece, 4 * i)
  })
  try {
    log ??= openSync(logPath, 'a')
    if (writeSync(log, entry) === entry.length) return
    // A torn entry would shift all later ones.
    ftruncateSync(log, fstatSync(log).size & ~3)
    throw Object.assign(new Error('no space left for the log of written pieces'), { code: 'ENOSPC' })
  } catch (thrown) {
    throw new FailedOperation(thrown, 'writing', logPath)
  }
}

function digestPieces(pieces: readonly number[]): WorkerAnswer {
  const digests = new Uint8Array(pieces.length * digestBytes)
  const absent = pieces.map((piece, i) => {
    const digest = digestOnDisk(piece)
    if (digest !== undefined) digests.set(digest, i * digestBytes)
    return digest === undefined
  })
  return { kind: 'digests', digests, absent }
}

/** Undefined when a file is absent or ends before the piece does. */
function digestOnDisk(piece: number): Uint8Array | undefined {
  const hash = crypto.createHash('sha1')
  for (const span of spansOfPiece(layout, piece)) {
    if (!(fileOf(layout, span.fileIndex).kind === 'file' ? hashFile(hash, span) : hashZeros(hash, span)))
      return undefined
  }
  return hash.digest()
}

function hashZeros(hash: crypto.Hash, span: Span): true {
  for (let left = span.length; left > 0; left -= zeros.length)
    hash.update(zeros.subarray(0, Math.min(left, zeros.length)))
  return true
}

function hashFile(hash: crypto.Hash, span: Span): boolean {
  const { path } = fileOf(layout, span.fileIndex)
  try {
    const fd = reading.descriptor(span.fileIndex)
    for (let done = 0; done < span.length; ) {
      const wanted = Math.min(scratch.length, span.length - done)
      const count = readSync(fd, scratch, 0, wanted, span.fileOffset + done)
      if (count === 0) return false
      hash.update(scratch.subarray(0, count))
      done += count
    }
    return true
  } catch (thrown) {
    const cause = thrown instanceof FailedOperation ? thrown.cause : thrown
    if (errnoOf(cause) === 'ENOENT' || errnoOf(cause) === 'ENOTDIR') return false
    throw thrown instanceof FailedOperation ? thrown : new FailedOperation(thrown, 'reading', path)
  }
}

function fill(fileIndex: number, from: number, to: number): void {
  const fd = writing.descriptor(fileIndex)
  try {
    for (let position = from; position < to; ) {
      position += writeSync(fd, zeros, 0, Math.min(zeros.length, to - position), position)
    }
  } catch (thrown) {
    throw new FailedOperation(thrown, 'reserving space for', fileOf(layout, fileIndex).path)
  }
}

function reset(): void {
  writing.closeAll()
  reading.closeAll()
  if (log !== undefined) closeSync(log)
  log = undefined
}

function report(message: WorkerReport): void {
  port.postMessage(message)
}
