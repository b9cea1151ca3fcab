/** The records of a snapshot out of the store of a chain that has the block. */

import type { Common } from '@ethereumjs/common'
import { defined, toHex } from '@millrace/base'
import { rawTransaction } from '../block.ts'
import { encodeReport } from '../consensus-report.ts'
import { codeKey } from '../execution/state/state-reader.ts'
import { encodeRlp } from '../rlp.ts'
import { decodeBody, decodeHeader, numberKey } from '../store/codec.ts'
import type { ChainStore } from '../store/store.ts'
import { ancestorsMax, recordKinds, type SnapshotRecord } from './format.ts'
import { frontierOf } from './frontier.ts'

/** What of the store is read: it may be another thread's, as trie nodes are never changed or taken away. */
export type SnapshotSource = Pick<ChainStore, 'get'>

/**
 * The records of the snapshot of block `height`, read as they are asked for.
 *
 * @param record of the application after the block before
 * @example for (const chunk of chunksOf(contentsOf(store, common, 1000, record))) send(chunk)
 */
export function* contentsOf(
  store: SnapshotSource,
  common: Common,
  height: number,
  record: Uint8Array,
): Generator<SnapshotRecord> {
  const header = (number: number) => defined(store.get('header', numberKey(number)), 'the headers of a stored block')
  const body = (number: number) => {
    const bytes = defined(store.get('body', numberKey(number)), 'the body of a stored block')
    return decodeBody(bytes, decodeHeader(header(number), common).common)
  }
  const { transactions, report } = body(height)
  yield { kind: recordKinds.head, bytes: header(height) }
  for (let number = height - 1; number >= Math.max(0, height - ancestorsMax); number--) {
    yield { kind: recordKinds.ancestor, bytes: header(number) }
  }
  yield { kind: recordKinds.report, bytes: encodeReport(defined(report, 'a report with each block of validators')) }
  if (height > 1) {
    const before = defined(body(height - 1).report, 'a report with each block of validators')
    yield { kind: recordKinds.report, bytes: encodeReport(before) }
  }
  yield { kind: recordKinds.record, bytes: record }
  yield { kind: recordKinds.transactions, bytes: encodeRlp(transactions.map(({ tx }) => rawTransaction(tx))) }
  yield* stateOf(store, decodeHeader(header(height - 1), common).stateRoot)
}

function* stateOf(store: SnapshotSource, root: Uint8Array): Generator<SnapshotRecord> {
  const frontier = frontierOf(root)
  for (let next = frontier.wanted(); next !== undefined; next = frontier.wanted()) {
    const key = next.kind === 'code' ? codeKey(next.hash) : toHex(next.hash)
    const bytes = defined(store.get('node', key), 'every node of a stored state')
    yield { kind: next.kind === 'code' ? recordKinds.code : recordKinds.node, bytes }
    frontier.take(bytes)
  }
}
