/** `millrace stake`: BTT behind validators. */

import type { Command } from 'commander'
import { addStakeAdd } from '../stake/add.ts'
import { addStakeChangeKey } from '../stake/change-key.ts'
import { addStakeChangeSigner } from '../stake/change-signer.ts'
import { addStakeCommission } from '../stake/commission.ts'
import { addStakeList } from '../stake/list.ts'
import { addStakeMoves } from '../stake/moves.ts'

export function addStake(program: Command): void {
  const stake = program
    .command('stake')
    .summary('BTT behind validators: list, add, delegate, unbond, claim')
    .description(
      'BTT behind validators elects them, earns, and can be lost. What is sent is shown with its cost first; amounts are ' +
        'BTT, --json prints base units (10^-18 BTT).',
    )
  const verbs = [addStakeList, addStakeAdd, addStakeMoves, addStakeCommission, addStakeChangeSigner, addStakeChangeKey]
  for (const add of verbs) add(stake)
}
