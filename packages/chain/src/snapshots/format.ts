/**
 * A snapshot, format 1: what a node needs to go on at a height without the blocks before it. It is a stream of records,
 * cut between records into chunks. Numbers are big-endian.
 *
 *     record   = kind (1 byte) || length (4 bytes) || payload
 *     chunk    = record ...                      closed by the record with which it has 1 MiB; the last one may have less
 *     metadata = rlp([ hash of the block, genesis hash, keccak256(chunk 0) || keccak256(chunk 1) || ... ])
 *     hash     = keccak256(rlp([ format, height, metadata ]))
 *
 * Records of the snapshot of block H, whose parent is P = H - 1, in this order:
 *
 *     kind  payload                                         proven by
 *     1     the header of H                                 its hash is the app hash that consensus trusts for H
 *     2     headers H-1, H-2, ... 256 or down to block 0    each is the parent of the one before
 *     3     the report of H (consensus-report.ts)           the header of H commits to it (parentBeaconBlockRoot)
 *     3     the report of P, unless P is block 0            likewise that of P
 *     4     the application's record after P (app-record)   the report of H commits to it; names our genesis
 *     5     rlp([ signed transaction of H, ... ])           transactionsRoot of H
 *     6     nodes of P's state, as `frontier.ts` goes       the first is P's stateRoot, each other a hash in one before
 *     7     code of an account, likewise                    codeHash of the account
 *
 * The node that restores it executes H on the state of P and has a head whose every root it has computed itself. So
 * receipts, withdrawals, elections and sums need not be sent, and nothing is believed that no hash leads to.
 */

import { RLP } from '@ethereumjs/rlp'
import { concatBytes, equalBytes, ok, type Result, readUint32, refuse, toBigEndian, writeUint32 } from '@millrace/base'
import type { Hex } from 'viem'
import { keccak } from '../crypto.ts'
import { bytesOf, hexOf } from '../hex.ts'
import { encodeRlp } from '../rlp.ts'

export const snapshotFormat = 1
/** A chunk is closed by the record that fills it. */
export const chunkBytesMin = 1_048_576
/** Of one record: a block's transactions are at most the 4 MiB of a block of consensus. */
export const recordBytesMax = 4_718_592
const recordHeadBytes = 5
/** CometBFT carries chunks of up to 16 MB. */
export const chunkBytesMax = chunkBytesMin + recordHeadBytes + recordBytesMax
/** 64 GiB at least; their hashes come to 2 MiB, where CometBFT carries 4 MB. */
export const chunksMax = 65_536
/** Headers below H: what BLOCKHASH can ask for in H and above. */
export const ancestorsMax = 256

export const recordKinds = {
  head: 1,
  ancestor: 2,
  report: 3,
  record: 4,
  transactions: 5,
  node: 6,
  code: 7,
} as const
export type RecordKind = (typeof recordKinds)[keyof typeof recordKinds]

export interface SnapshotRecord {
  readonly kind: RecordKind
  readonly bytes: Uint8Array
}

/** What a snapshot is before any of it is seen. */
export interface Manifest {
  readonly height: number
  readonly blockHash: Hex
  readonly genesisHash: Hex
  /** 32 bytes a chunk. */
  readonly chunkHashes: readonly Uint8Array[]
}

/** A snapshot as consensus names it (ABCI's Snapshot). */
export interface SnapshotName {
  readonly height: number
  readonly format: number
  readonly chunks: number
  readonly hash: Uint8Array
  readonly metadata: Uint8Array
}

export function nameOf({ height, blockHash, genesisHash, chunkHashes }: Manifest): SnapshotName {
  const metadata = encodeRlp([bytesOf(blockHash), bytesOf(genesisHash), concatBytes(chunkHashes)])
  return {
    height,
    format: snapshotFormat,
    chunks: chunkHashes.length,
    hash: hashOf(snapshotFormat, height, metadata),
    metadata,
  }
}

/** The manifest in a name that somebody else made up, or what is wrong with it. Of another format nothing is read. */
export function readName({ height, format, chunks, hash, metadata }: SnapshotName): Result<Manifest, string> {
  if (format !== snapshotFormat) return refuse(`format ${format}: expected ${snapshotFormat}`)
  if (height < 1) return refuse('a snapshot of block 0')
  if (chunks < 1 || chunks > chunksMax) return refuse(`${chunks} chunks: expected 1 to ${chunksMax}`)
  if (!equalBytes(hash, hashOf(format, height, metadata))) return refuse('its hash is not that of its metadata')
  const item = decodeItem(metadata)
  const [blockHash, genesisHash, hashes] = Array.isArray(item) && item.length === 3 ? item : []
  if (
    !(blockHash instanceof Uint8Array && blockHash.length === hashBytes) ||
    !(genesisHash instanceof Uint8Array && genesisHash.length === hashBytes) ||
    !(hashes instanceof Uint8Array && hashes.length === chunks * hashBytes)
  ) {
    return refuse('metadata of another form')
  }
  const chunkHashes = Array.from({ length: chunks }, (_item, index) =>
    hashes.subarray(index * hashBytes, (index + 1) * hashBytes),
  )
  const manifest = { height, blockHash: hexOf(blockHash), genesisHash: hexOf(genesisHash), chunkHashes }
  // One name for one manifest: RLP that is not canonical has another one.
  return equalBytes(nameOf(manifest).metadata, metadata) ? ok(manifest) : refuse('metadata that is not canonical RLP')
}

function hashOf(format: number, height: number, metadata: Uint8Array): Uint8Array {
  return keccak(encodeRlp([toBigEndian(BigInt(format)), toBigEndian(BigInt(height)), metadata]))
}

const hashBytes = 32

/** RLP of foreign bytes; undefined where it is none. */
export function decodeItem(bytes: Uint8Array): unknown {
  try {
    return RLP.decode(bytes)
  } catch {
    return undefined
  }
}

/** The records as chunks, of which only one is in memory at a time. */
export function* chunksOf(records: Iterable<SnapshotRecord>, bytesMin = chunkBytesMin): Generator<Uint8Array> {
  let parts: Uint8Array[] = []
  let length = 0
  for (const { kind, bytes } of records) {
    if (bytes.length > recordBytesMax) throw new TypeError(`a record of ${bytes.length} bytes: no snapshot can hold it`)
    const head = new Uint8Array(recordHeadBytes)
    head[0] = kind
    writeUint32(head, 1, bytes.length)
    parts.push(head, bytes)
    length += recordHeadBytes + bytes.length
    if (length < bytesMin) continue
    yield concatBytes(parts)
    parts = []
    length = 0
  }
  if (length > 0) yield concatBytes(parts)
}

/** The records of a chunk that somebody else made, views into its bytes. */
export function readChunk(chunk: Uint8Array): Result<readonly SnapshotRecord[], string> {
  if (chunk.length > chunkBytesMax) return refuse(`a chunk of ${chunk.length} bytes: expected at most ${chunkBytesMax}`)
  const records: SnapshotRecord[] = []
  for (let at = 0; at < chunk.length; ) {
    if (at + recordHeadBytes > chunk.length) return refuse('a record that is cut off')
    const kind = kinds.get(chunk[at] ?? 0)
    if (kind === undefined) return refuse(`a record of kind ${chunk[at]}`)
    const length = readUint32(chunk, at + 1)
    const start = at + recordHeadBytes
    if (length > recordBytesMax) return refuse(`a record of ${length} bytes: expected at most ${recordBytesMax}`)
    if (start + length > chunk.length) return refuse('a record that is cut off')
    records.push({ kind, bytes: chunk.subarray(start, start + length) })
    at = start + length
  }
  return records.length === 0 ? refuse('an empty chunk') : ok(records)
}

const kinds: ReadonlyMap<number, RecordKind> = new Map(Object.values(recordKinds).map((kind) => [kind, kind]))
