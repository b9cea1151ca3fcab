/**
 * Snapshots on disk: a folder each, named by its height, with a file a chunk and one for the name. A folder is written under
 * another name and gets its own when everything in it is durable, so that one that is there is whole.
 */

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fromBigEndian, toBigEndian } from '@millrace/base'
import { keccak } from '../crypto.ts'
import { encodeRlp } from '../rlp.ts'
import { syncFolder } from '../sync-folder.ts'
import { decodeItem, type Manifest, nameOf, readName, type SnapshotName } from './format.ts'

const nameFile = 'name'
const partialSuffix = '.partial'

/**
 * Writes a snapshot into `folder` and answers its name. Blocks the thread: it is for one of its own.
 *
 * @throws of the file system; what was written so far is taken away
 */
export function writeSnapshot(
  folder: string,
  what: Omit<Manifest, 'chunkHashes'>,
  chunks: Iterable<Uint8Array>,
): SnapshotName {
  const place = join(folder, String(what.height))
  const partial = `${place}${partialSuffix}`
  rmSync(partial, { recursive: true, force: true })
  try {
    mkdirSync(partial, { recursive: true })
    const chunkHashes: Uint8Array[] = []
    for (const chunk of chunks) {
      writeDurably(join(partial, String(chunkHashes.length)), chunk)
      chunkHashes.push(keccak(chunk))
    }
    const name = nameOf({ ...what, chunkHashes })
    writeDurably(join(partial, nameFile), encodeName(name))
    syncFolder(partial)
    rmSync(place, { recursive: true, force: true })
    renameSync(partial, place)
    syncFolder(folder)
    return name
  } catch (thrown) {
    rmSync(partial, { recursive: true, force: true })
    throw thrown
  }
}

/** The whole snapshots in `folder`, the newest first. What a killed process has left half written is taken away. */
export function readSnapshots(folder: string): readonly SnapshotName[] {
  mkdirSync(folder, { recursive: true })
  const names: SnapshotName[] = []
  for (const entry of readdirSync(folder)) {
    const name = /^\d+$/.test(entry) ? readNameFile(join(folder, entry, nameFile)) : undefined
    if (name !== undefined && String(name.height) === entry) names.push(name)
    else if (/^\d+(\.partial)?$/.test(entry)) rmSync(join(folder, entry), { recursive: true, force: true })
  }
  return names.sort((a, b) => b.height - a.height)
}

/** Off the loop: there may be thousands of files. */
export function removeSnapshot(folder: string, height: number): Promise<void> {
  return rm(join(folder, String(height)), { recursive: true, force: true })
}

/** Undefined where it can't be read: it was taken away meanwhile. */
export async function readSnapshotChunk(
  folder: string,
  height: number,
  index: number,
): Promise<Uint8Array | undefined> {
  return readFile(join(folder, String(height), String(index))).catch(() => undefined)
}

function encodeName({ height, format, chunks, hash, metadata }: SnapshotName): Uint8Array {
  return encodeRlp([...[height, format, chunks].map((number) => toBigEndian(BigInt(number))), hash, metadata])
}

function readNameFile(path: string): SnapshotName | undefined {
  let item: unknown
  try {
    item = decodeItem(readFileSync(path))
  } catch {
    return undefined
  }
  const parts = Array.isArray(item) ? item.filter((part): part is Uint8Array => part instanceof Uint8Array) : []
  const [height, format, chunks, hash, metadata] = parts
  if (!(height && format && chunks && hash && metadata)) return undefined
  const [heightNumber, formatNumber, chunksNumber] = [height, format, chunks].map((part) => Number(fromBigEndian(part)))
  if (heightNumber === undefined || formatNumber === undefined || chunksNumber === undefined) return undefined
  const name = { height: heightNumber, format: formatNumber, chunks: chunksNumber, hash, metadata }
  return readName(name).ok ? name : undefined
}

function writeDurably(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
