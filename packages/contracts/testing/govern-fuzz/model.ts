/** Governance reckoned plainly: who voted for what with which part of the stake of the snapshot. */

import type { Hex } from 'viem'
import type { Choice } from '../govern-world.ts'

/** Stake at the end of a block. */
export interface Snapshot {
  readonly total: bigint
  readonly pools: ReadonlyMap<Hex, bigint>
  /** By validator, then by delegator. */
  readonly parts: ReadonlyMap<Hex, ReadonlyMap<Hex, bigint>>
}

export interface Terms {
  readonly deposit: bigint
  readonly quorumBps: bigint
  readonly passBps: bigint
  readonly vetoBps: bigint
}

export interface ModelProposal {
  readonly id: bigint
  readonly proposer: Hex
  readonly terms: Terms
  readonly snapshotBlock: bigint
  readonly deadlineBlock: bigint
  /** Undefined until its block is over. */
  snapshot: Snapshot | undefined
  /** Choices by validator, and by delegator and validator. */
  readonly votes: Map<Hex, Choice>
  readonly overrides: Map<Hex, Map<Hex, Choice>>
  isCanceled: boolean
  /** Chain time from which it can be executed. */
  etaSeconds: bigint | undefined
  isExecuted: boolean
  isSettled: boolean
}

export type Tally = Record<Choice, bigint>

const whole = 10_000n

/** Added up anew from the votes, in no order. */
export function tallyOf({ snapshot, votes, overrides }: ModelProposal): Tally {
  const tally: Tally = { against: 0n, for: 0n, abstain: 0n, veto: 0n }
  if (snapshot === undefined) return tally
  const left = new Map(snapshot.pools)
  for (const [validator, byDelegator] of overrides) {
    for (const [delegator, choice] of byDelegator) {
      const part = snapshot.parts.get(validator)?.get(delegator) ?? 0n
      tally[choice] += part
      left.set(validator, (left.get(validator) ?? 0n) - part)
    }
  }
  for (const [validator, choice] of votes) tally[choice] += left.get(validator) ?? 0n
  return tally
}

/** What the vote came to, when it is over. */
export function verdictOf(proposal: ModelProposal): 'passed' | 'voted-down' | 'vetoed' | 'no-quorum' {
  const { terms, snapshot } = proposal
  const tally = tallyOf(proposal)
  const all = tally.against + tally.for + tally.abstain + tally.veto
  if (all === 0n || all * whole < (snapshot?.total ?? 0n) * terms.quorumBps) return 'no-quorum'
  if (tally.veto * whole > all * terms.vetoBps) return 'vetoed'
  return tally.for * whole > (all - tally.abstain) * terms.passBps ? 'passed' : 'voted-down'
}

const executeSeconds = 30n * 86_400n
const queueBlocks = 1_000_000n

export function stateOf(proposal: ModelProposal, block: bigint, seconds: bigint): string {
  if (proposal.isExecuted) return 'executed'
  if (proposal.isCanceled) return 'canceled'
  if (block <= proposal.snapshotBlock) return 'pending'
  if (block <= proposal.deadlineBlock) return 'active'
  if (verdictOf(proposal) !== 'passed') return 'defeated'
  if (proposal.etaSeconds === undefined) {
    return block > proposal.deadlineBlock + queueBlocks ? 'expired' : 'succeeded'
  }
  return seconds > proposal.etaSeconds + executeSeconds ? 'expired' : 'queued'
}
