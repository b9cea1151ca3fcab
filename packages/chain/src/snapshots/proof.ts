/** Holds the records of a snapshot to the one hash that consensus trusts, in the order in which they come. */

import type { BlockHeader } from '@ethereumjs/block'
import type { Common } from '@ethereumjs/common'
import { equalBytes, ok, type Result, refuse, toHex } from '@millrace/base'
import type { Hex } from 'viem'
import { type AppRecord, decodeRecord } from '../app/app-record.ts'
import { type ConsensusReport, reportOfItem } from '../consensus-report.ts'
import { keccak } from '../crypto.ts'
import { codeKey } from '../execution/state/state-reader.ts'
import { bytesOf } from '../hex.ts'
import { decodeHeader, numberKey } from '../store/codec.ts'
import type { Put } from '../store/store.ts'
import { listRoot } from '../trie/list-root.ts'
import { ancestorsMax, decodeItem, type RecordKind, recordKinds, type SnapshotRecord } from './format.ts'
import { frontierOf } from './frontier.ts'

/** What a snapshot is held to. */
export interface Trusted {
  readonly common: Common
  readonly height: number
  /** The hash of the block's header, as consensus has agreed on it. */
  readonly blockHash: Hex
  /** Of the chain that this node's genesis file makes. */
  readonly genesisHash: Hex
}

/** The block of a snapshot and what it stands on, all proven but not executed. */
export interface ProvenBlock {
  readonly header: BlockHeader
  readonly report: ConsensusReport
  readonly transactions: readonly Uint8Array[]
  readonly parent: { readonly header: BlockHeader; readonly report: ConsensusReport | undefined }
  /** Of the application, after the parent. */
  readonly record: AppRecord
}

/**
 * Takes one record after another; ends with the last one, or at the first that is not what must come. What was proven is
 * handed to `keep` as the store keeps it: headers and nodes, which belong to the trusted chain whatever comes of the rest.
 */
export type Proof = Generator<undefined, Result<ProvenBlock, string>, SnapshotRecord>

export function* proveRecords(trusted: Trusted, keep: (put: Put) => void): Proof {
  const { height, genesisHash } = trusted
  const head: Result<BlockHeader, string> = yield* provenHeader(trusted, recordKinds.head, bytesOf(trusted.blockHash))
  if (!head.ok) return head
  const header = head.value
  if (Number(header.number) !== height) return refuse(`the trusted hash is of block ${header.number}, not of ${height}`)
  const ancestors = yield* provenAncestors(trusted, header, keep)
  if (!ancestors.ok) return ancestors
  const parentHeader = ancestors.value
  const report: Result<ConsensusReport, string> = yield* provenReport(header)
  if (!report.ok) return report
  let parentReport: ConsensusReport | undefined
  if (height > 1) {
    const before: Result<ConsensusReport, string> = yield* provenReport(parentHeader)
    if (!before.ok) return before
    parentReport = before.value
  }
  const recordBytes = yield* provenBytes(recordKinds.record, report.value.record)
  if (recordBytes === undefined) return refuse('a record of the application that the block does not commit to')
  const record = decodeRecord(recordBytes)
  if (record.genesisHash !== genesisHash) {
    return refuse(`a chain whose genesis is ${record.genesisHash}, not ours: take the network's genesis.json`)
  }
  const transactions = provenTransactions(header, yield)
  if (transactions === undefined) return refuse('transactions that the block does not commit to')
  const missed: string | undefined = yield* provenState(parentHeader.stateRoot, keep)
  if (missed !== undefined) return refuse(missed)
  const parent = { header: parentHeader, report: parentReport }
  return ok({ header, report: report.value, transactions, parent, record })
}

type Part<T> = Generator<undefined, T, SnapshotRecord>

/** The next record's bytes, if it is of this kind and has this hash. */
function* provenBytes(kind: RecordKind, hash: Uint8Array | Hex | undefined): Part<Uint8Array | undefined> {
  const next: SnapshotRecord = yield
  const wanted = typeof hash === 'string' ? bytesOf(hash) : hash
  if (next.kind !== kind || wanted === undefined) return undefined
  return equalBytes(keccak(next.bytes), wanted) ? next.bytes : undefined
}

function* provenHeader({ common }: Trusted, kind: RecordKind, hash: Uint8Array): Part<Result<BlockHeader, string>> {
  const bytes = yield* provenBytes(kind, hash)
  return bytes === undefined ? refuse('a header that is not the one in its place') : ok(decodeHeader(bytes, common))
}

/** Keeps the headers below; answers the parent's. */
function* provenAncestors(
  trusted: Trusted,
  header: BlockHeader,
  keep: (put: Put) => void,
): Part<Result<BlockHeader, string>> {
  let child = header
  let parent: BlockHeader | undefined
  for (let number = trusted.height - 1; number >= Math.max(0, trusted.height - ancestorsMax); number--) {
    const found: Result<BlockHeader, string> = yield* provenHeader(trusted, recordKinds.ancestor, child.parentHash)
    if (!found.ok) return found
    child = found.value
    parent ??= child
    // Block 0 every node has made itself.
    if (number > 0) keep({ table: 'header', key: numberKey(number), value: child.serialize() })
  }
  return parent === undefined ? refuse('a block without a parent') : ok(parent)
}

function* provenReport({ parentBeaconBlockRoot }: BlockHeader): Part<Result<ConsensusReport, string>> {
  const bytes = yield* provenBytes(recordKinds.report, parentBeaconBlockRoot)
  if (bytes === undefined) return refuse('a report that the block does not commit to')
  // The header's own hash leads to these bytes: they are what validators have written.
  return ok(reportOfItem(decodeItem(bytes) as Parameters<typeof reportOfItem>[0]))
}

function provenTransactions(header: BlockHeader, { kind, bytes }: SnapshotRecord): readonly Uint8Array[] | undefined {
  const list = kind === recordKinds.transactions ? decodeItem(bytes) : undefined
  if (!Array.isArray(list)) return undefined
  const items = list.filter((item): item is Uint8Array => item instanceof Uint8Array)
  if (items.length !== list.length) return undefined
  return equalBytes(listRoot(items), header.transactionsTrie) ? items : undefined
}

/** Keeps each node and code; answers what was wrong. */
function* provenState(root: Uint8Array, keep: (put: Put) => void): Part<string | undefined> {
  const frontier = frontierOf(root)
  for (let next = frontier.wanted(); next !== undefined; next = frontier.wanted()) {
    const isCode = next.kind === 'code'
    const bytes: Uint8Array | undefined = yield* provenBytes(isCode ? recordKinds.code : recordKinds.node, next.hash)
    if (bytes === undefined) return 'a node or code that is not the one in its place'
    keep({ table: 'node', key: isCode ? codeKey(next.hash) : toHex(next.hash), value: bytes })
    frontier.take(bytes)
  }
  return undefined
}
