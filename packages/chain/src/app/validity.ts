/** The one rule of what a proposal may hold: what we propose ourselves passes it, and what others propose must. */

import { equalBytes } from '@millrace/base'
import type { Validator } from '../genesis/validators.ts'
import type { BlockInput } from './block-input.ts'
import type { ItemResult } from './execution.ts'
import type { Network } from './milestone.ts'
import { checkRecord, isVoteRecord } from './vote-record.ts'

export interface ProposalContext {
  /** What executing the items gave. */
  readonly results: readonly ItemResult[]
  /** Transactions that must come before any other: the deployments of block 1. */
  readonly first: readonly Uint8Array[]
  readonly network: Network
  /** Who voted for the block before, by our own record. */
  readonly voters: readonly Validator[]
}

/** Why no honest validator votes for the block, or undefined where it is as it must be. */
export function proposalFault(input: BlockInput, context: ProposalContext): string | undefined {
  const { record, transactions } = parted(input)
  const votes = input.lastCommit.some(({ committed }) => committed)
  if (votes !== (record !== undefined))
    return votes ? 'the record of votes is missing' : 'a record of votes without votes'
  if (record !== undefined) {
    const { network, voters } = context
    const place = { network, height: input.height - 1, validators: voters, lastCommit: input.lastCommit }
    const checked = checkRecord(record, place)
    if (!checked.ok) return checked.error
  }
  const missing = context.first.findIndex((raw, index) => !equalBytes(raw, transactions[index] ?? new Uint8Array(0)))
  if (missing >= 0) return `transaction ${missing} is not the deployment that must be there`
  const failed = context.results.findIndex(({ code }) => code !== 0)
  return failed < 0 ? undefined : `item ${failed}: ${context.results[failed]?.log}`
}

function parted({ items }: BlockInput): {
  readonly record: Uint8Array | undefined
  readonly transactions: readonly Uint8Array[]
} {
  const [head] = items
  if (head === undefined || !isVoteRecord(head)) return { record: undefined, transactions: items }
  return { record: head, transactions: items.slice(1) }
}
