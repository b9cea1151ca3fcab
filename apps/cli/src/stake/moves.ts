/** `stake delegate`, `unbond`, `redelegate`, `claim`, `restake`, and `unjail`, `enter`, `leave` of an operator. */

import type { Btt } from '@millrace/base'
import type { Command } from 'commander'
import { type SendFlags, withSendFlags } from '../money-flags.ts'
import { type Account, parseAccount, parseAmount } from '../parse-options.ts'
import { parseAmountOrAll, runStake } from './access.ts'

const amountOrAll = 'BTT, with at most 18 decimals; all for what is not locked'

export function addStakeMoves(stake: Command): void {
  const delegate = stake
    .command('delegate')
    .description('Put BTT behind a validator: it votes with it, earns for it, and can lose a part of it.')
    .argument('<validator>', 'its operator’s address, as in the list', parseAccount)
    .argument('<amount>', 'BTT, with at most 18 decimals', parseAmount)
  withSendFlags(delegate).action((validator: Account, amount: Btt, flags: SendFlags) =>
    runStake(flags, { type: 'delegate', validator, amount }),
  )
  const unbond = stake
    .command('unbond')
    .description('Take stake out of a pool. It waits, and can be slashed, until claim pays it.')
    .argument('<validator>', 'whose pool it is in', parseAccount)
    .argument('<amount>', amountOrAll, parseAmountOrAll)
  withSendFlags(unbond).action((validator: Account, amount: Btt | 'all', flags: SendFlags) =>
    runStake(flags, { type: 'unbond', validator, amount }),
  )
  const redelegate = stake
    .command('redelegate')
    .description('Move stake to another validator at once. It is locked there for as long as unbonding takes.')
    .argument('<from>', 'whose pool it is in', parseAccount)
    .argument('<to>', 'where it goes', parseAccount)
    .argument('<amount>', amountOrAll, parseAmountOrAll)
  withSendFlags(redelegate).action((from: Account, to: Account, amount: Btt | 'all', flags: SendFlags) =>
    runStake(flags, { type: 'redelegate', from, to, amount }),
  )
  const simple = [
    ['claim', 'Claim all that has come: rewards, unbonded stake, commission, rewards for reports.'],
    ['restake', 'Add the rewards of each pool to the stake there.'],
    ['unjail', 'End the jail of the validator that this key owns, when its time is over.'],
    [
      'enter',
      'Let the validator that this key owns stand for elections again: after leave, or when it had too little stake.',
    ],
    ['leave', 'Withdraw the validator that this key owns from elections. It votes until the set of the next one does.'],
  ] as const
  for (const [type, description] of simple) {
    const command = stake.command(type).description(description)
    withSendFlags(command).action((flags: SendFlags) => runStake(flags, { type }))
  }
}
