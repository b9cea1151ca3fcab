/** Proposals and votes in words. */

import { type Btt, formatBtt } from '@millrace/base'
import { type Proposal, verdictOf, voteChoices } from '@millrace/node'
import { formatTime } from '../wallet/access.ts'
import { actionTable, plain } from './sentence.ts'

const titleWidthMax = 40

/** The first line of a description, cut for a table. */
export function titleOf({ description }: Pick<Proposal, 'description'>): string {
  const [line = ''] = description.split('\n', 1)
  const title = plain(line).trim()
  return title.length > titleWidthMax ? `${title.slice(0, titleWidthMax - 1)}…` : title
}

/** Parts of all votes, in percent with one decimal. */
export function shareOf(votes: Btt, all: bigint): string {
  if (all === 0n) return '-'
  const permille = (votes * 1000n) / all // down: for the eye
  return `${permille / 10n}.${permille % 10n} %`
}

export function allVotes({ votes }: Pick<Proposal, 'votes'>): bigint {
  return voteChoices.reduce((sum, choice) => sum + votes[choice], 0n)
}

const verdicts = {
  passed: 'passes',
  'voted-down': 'fails',
  vetoed: 'is vetoed, its deposit burned',
  'no-quorum': 'fails for want of votes, its deposit burned',
} as const

/** What the vote comes to with these sums. */
export function verdictWords(verdict: ReturnType<typeof verdictOf>): string {
  return verdicts[verdict]
}

/** All of one proposal. */
export function linesOf(proposal: Proposal): readonly string[] {
  const { number, id, state, proposer, description, actions, votes, stake, quorum, deposit, etaSeconds } = proposal
  const all = allVotes(proposal)
  const turnout = stake === undefined ? '' : `, ${shareOf(all as Btt, stake)} of the stake` // a sum of amounts
  return [
    `proposal ${number}, ${state}: ${titleOf({ description })}`,
    `id ${id}`,
    `by ${proposer}, deposit ${formatBtt(deposit)} BTT`,
    ...actionTable(actions),
    `votes from block ${proposal.snapshotBlock + 1} to ${proposal.deadlineBlock}`,
    ...voteChoices.map(
      (choice) => `  ${choice.padEnd(8)}${shareOf(votes[choice], all).padStart(8)}  ${formatBtt(votes[choice])} BTT`,
    ),
    `  in all ${formatBtt(all as Btt)} BTT${turnout}`,
    ...(quorum === undefined
      ? []
      : [`  needed ${formatBtt(quorum)} BTT; as it stands it ${verdictWords(verdictOf(proposal, votes))}`]),
    ...(etaSeconds === undefined ? [] : [`can be carried out from ${formatTime(etaSeconds)}`]),
    '',
    ...description.split('\n').map(plain),
  ]
}
