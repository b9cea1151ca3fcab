/** `stake commission`: another commission, announced so that delegators can leave before it holds. */

import type { Command } from 'commander'
import { type SendFlags, withSendFlags } from '../money-flags.ts'
import { parseBps } from '../parse-options.ts'
import { runStake } from './access.ts'

export function addStakeCommission(stake: Command): void {
  const command = stake
    .command('commission')
    .summary('announce another commission')
    .description(
      'Announce another commission of the validator that this key owns. It holds after the notice that the chain asks ' +
        'for, so that delegators can leave before; it changes by at most the step that was fixed at registration.',
    )
    .argument('<percent>', 'part of its delegators’ rewards, with at most two decimals', parseBps)
  withSendFlags(command).action((rateBps: number, flags: SendFlags) =>
    runStake(flags, { type: 'plan-commission', rateBps }),
  )
}
