/** Proposals and votes in words and tables. */

import { type Btt, formatBtt } from '@millrace/base'
import { type Proposal, type ProposalAction, verdictOf, voteChoices } from '@millrace/node'
import { formatTime } from '../wallet/access.ts'

const titleWidthMax = 40

/** The first line of a description, cut for a table. */
export function titleOf({ description }: Pick<Proposal, 'description'>): string {
  const [line = ''] = description.split('\n', 1)
  // What others wrote must not move the cursor.
  const plain = line.replace(/\p{Cc}/gu, ' ').trim()
  return plain.length > titleWidthMax ? `${plain.slice(0, titleWidthMax - 1)}…` : plain
}

export function sentenceOfAction(action: ProposalAction): string {
  switch (action.kind) {
    case 'text':
      return 'does nothing: it is its words'
    case 'parameter':
      return `sets ${action.name} to ${action.value}`
    case 'spend':
      return `pays ${formatBtt(action.amount)} BTT of the community pool to ${action.to}`
    case 'upgrade':
      return `has ${action.contract} run the code at ${action.implementation}${action.call === '0x' ? '' : `, and calls ${action.call}`}`
    case 'guardian':
      return `makes ${action.guardian} the guardian`
    case 'unpause':
      return 'ends a pause'
    case 'call':
      return `calls ${action.to} with ${action.data} and ${formatBtt(action.value)} BTT`
  }
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

/** Columns side by side, the first row their names. */
export function tableOf(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows.reduce<readonly number[]>(
    (known, row) => row.map((cell, column) => Math.max(known[column] ?? 0, cell.length)),
    [],
  )
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
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
    ...actions.map((action) => `it ${sentenceOfAction(action)}`),
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
    ...description.split('\n').map((line) => line.replace(/\p{Cc}/gu, ' ')),
  ]
}
