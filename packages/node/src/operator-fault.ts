/** Why the contracts would refuse what an operator asks for its validator, in their own figures: before anything is paid for. */

import { formatBtt } from '@millrace/base'
import type { StakingView, ValidatorView } from '@millrace/ledger'

export type OperatorRequest =
  /** Stands for elections, again or no longer. */
  | { readonly type: 'enter' }
  | { readonly type: 'leave' }
  | { readonly type: 'plan-commission'; readonly rateBps: number }

type Rules = Pick<StakingView, 'timestampSeconds' | 'selfStakeMin' | 'commissionNoticeSeconds'>

/** @param own the validator of who asks; undefined: it has none */
export function operatorFault(
  rules: Rules,
  own: ValidatorView | undefined,
  request: OperatorRequest,
): string | undefined {
  if (own === undefined) return 'this account is no validator: expected the key that registered it'
  if (request.type === 'enter') return enterFault(rules, own)
  if (request.type === 'leave') return own.isCandidate ? undefined : 'the validator stands for no election'
  return commissionFault(rules, own, request.rateBps)
}

/** From when on a commission would hold that is announced now: seconds since 1970, or later. */
export function noticeEnds({ timestampSeconds, commissionNoticeSeconds }: Rules): number {
  return timestampSeconds + commissionNoticeSeconds
}

function enterFault({ selfStakeMin }: Rules, own: ValidatorView): string | undefined {
  const { status, isCandidate, ownStake, jailedUntilSeconds } = own
  if (status === 'tombstoned') return 'the validator has signed twice: it is out for good'
  if (status === 'jailed') return `the validator is jailed until ${isoOf(jailedUntilSeconds)}: it comes back by unjail`
  if (isCandidate) return 'the validator stands for the next election already'
  if (ownStake >= selfStakeMin) return undefined
  const [has, needs] = [ownStake, selfStakeMin].map((amount) => `${formatBtt(amount)} BTT`)
  return `the validator has ${has} of its own and needs ${needs} to stand: add to its stake first`
}

function commissionFault({ timestampSeconds }: Rules, own: ValidatorView, rateBps: number): string | undefined {
  const { commissionBps, commissionMostBps, commissionStepBps, commissionPlan, commissionRestsUntilSeconds } = own
  if (timestampSeconds < commissionRestsUntilSeconds) {
    const planned =
      commissionPlan && `; ${percentOf(commissionPlan.bps)} hold from ${isoOf(commissionPlan.fromSeconds)}`
    return `the next change of the commission can be announced from ${isoOf(commissionRestsUntilSeconds)} on${planned ?? ''}`
  }
  if (rateBps === commissionBps) return `the commission is ${percentOf(commissionBps)} already`
  const least = Math.max(0, commissionBps - commissionStepBps)
  const most = Math.min(commissionMostBps, commissionBps + commissionStepBps)
  if (rateBps >= least && rateBps <= most) return undefined
  const limits = `it changes by at most ${percentOf(commissionStepBps)} and never goes above ${percentOf(commissionMostBps)}`
  return `the commission is ${percentOf(commissionBps)}: expected ${percentOf(least)} to ${percentOf(most)}, since ${limits}`
}

function percentOf(bps: number): string {
  return `${bps / 100} %`
}

function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
