/** `millrace gov`: proposals, and votes on them by stake. */

import type { Command } from 'commander'
import { addExecute } from '../gov/execute.ts'
import { addList, addShow } from '../gov/list.ts'
import { addParameters } from '../gov/parameters.ts'
import { addPropose } from '../gov/propose.ts'
import { addVote } from '../gov/vote.ts'

export function addGov(program: Command): void {
  const gov = program
    .command('gov')
    .summary('propose, and vote by stake')
    .description(
      'Governance of a chain by its stake: proposals to change parameters, spend the community pool and the ' +
        'ecosystem fund, upgrade contracts, and have the time-lock call whatever it may. Amounts are BTT; --json prints ' +
        'base units (10^-18 BTT).',
    )
  for (const add of [addPropose, addList, addShow, addVote, addExecute, addParameters]) add(gov)
}
