/** A block as consensus names it, before it is executed: what ABCI's calls about one have in common. */

import { createHash } from 'node:crypto'
import { concatBytes, writeUint32 } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainBlock } from '../block.ts'
import { type ConsensusReport, reportRoot } from '../consensus-report.ts'
import { fixedBytes } from '../hex.ts'

/** A validator's part in the commit of the block before. */
export interface CommitVote {
  /** The consensus address, 20 bytes in lower-case hex. */
  readonly validator: Hex
  /** Whether it voted for the block: not for none, and not absent. */
  readonly committed: boolean
}

export interface BlockInput {
  readonly height: number
  /** Unix seconds by consensus, fractions dropped. */
  readonly seconds: number
  /** At most one record of votes, and it first; then signed transactions. */
  readonly items: readonly Uint8Array[]
  /** Empty for a solo chain and for the first block. */
  readonly lastCommit: readonly CommitVote[]
  /** What consensus itself says, not the proposer: nobody can lie in it. Absent on a solo chain. */
  readonly report?: ConsensusReport
}

/** The header's timestamp: that of consensus, or a second above the parent's where blocks come faster than that. */
export function timestampOf(parent: ChainBlock, seconds: number): number {
  return Math.max(seconds, Number(parent.header.timestamp) + 1)
}

/** Equal for two inputs exactly when they execute to the same block. */
export function inputKey(
  parent: ChainBlock,
  timestamp: number,
  items: readonly Uint8Array[],
  report?: ConsensusReport,
): string {
  const lengths = new Uint8Array(4 * items.length)
  for (const [index, { length }] of items.entries()) writeUint32(lengths, 4 * index, length)
  return createHash('sha256')
    .update(parent.hash)
    .update(fixedBytes(BigInt(timestamp), 8))
    .update(reportRoot(report))
    .update(fixedBytes(BigInt(items.length), 8))
    .update(lengths)
    .update(concatBytes(items))
    .digest('hex')
}
