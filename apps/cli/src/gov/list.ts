/** `gov list` and `gov show`. */

import { listProposals, type Proposal, viewProposal } from '@millrace/node'
import type { Command } from 'commander'
import { withChainFlag } from '../money-flags.ts'
import { note, printJson, printLine } from '../output.ts'
import { parseWhole } from '../parse-options.ts'
import { proposalNumber } from './number.ts'
import { labelOf } from './sentence.ts'
import { tableOf } from './table.ts'
import { allVotes, linesOf, shareOf, titleOf } from './words.ts'

interface ListFlags {
  readonly rpc: string
  readonly json?: boolean
  readonly most: number
}

export function addList(gov: Command): void {
  const command = gov
    .command('list')
    .summary('the proposals')
    .description('List proposals, the newest first, with how the votes stand.')
    .option('--most <n>', 'at most so many', parseWhole, 20)
    .option('--json', 'print one JSON list')
  withChainFlag(command).action(runList)
}

async function runList(flags: ListFlags): Promise<void> {
  const proposals = await listProposals(flags.rpc, flags.most)
  if (flags.json === true) return printJson(proposals)
  if (proposals.length === 0) return note('no proposal yet')
  const head = ['number', 'state', 'does', 'title', 'for', 'against', 'abstain', 'veto', 'turnout', 'until block']
  for (const line of tableOf([head, ...proposals.map(rowOf)])) printLine(line)
}

function rowOf(proposal: Proposal): readonly string[] {
  const { votes, stake } = proposal
  const all = allVotes(proposal)
  const share = (choice: keyof typeof votes) => shareOf(votes[choice], all)
  return [
    String(proposal.number),
    proposal.state,
    [...new Set(proposal.actions.map(labelOf))].join(', '),
    titleOf(proposal),
    share('for'),
    share('against'),
    share('abstain'),
    share('veto'),
    stake === undefined ? '-' : shareOf(all as typeof votes.for, stake), // a sum of amounts
    String(proposal.deadlineBlock),
  ]
}

export function addShow(gov: Command): void {
  const command = gov
    .command('show')
    .description('Show one proposal: what it does, who votes how, and what comes next.')
    .argument('<proposal>', 'its number', proposalNumber)
    .option('--json', 'print one JSON object')
  withChainFlag(command).action(runShow)
}

async function runShow(number: number, flags: Omit<ListFlags, 'most'>): Promise<void> {
  const proposal = await viewProposal(flags.rpc, number)
  if (flags.json === true) return printJson(proposal)
  for (const line of linesOf(proposal)) printLine(line)
}
