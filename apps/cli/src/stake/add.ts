/** `stake add`: own stake of a validator, who is registered with it the first time. */

import type { Btt } from '@millrace/base'
import { validatorKeys } from '@millrace/node'
import type { Command } from 'commander'
import { type SendFlags, withSendFlags } from '../money-flags.ts'
import { parseAmount, parseBps } from '../parse-options.ts'
import { runStake } from './access.ts'

interface AddFlags extends SendFlags {
  readonly node?: string
  /** Parts of ten thousand. */
  readonly commission: number
  readonly commissionMost: number
  readonly commissionStep: number
}

export function addStakeAdd(stake: Command): void {
  const command = stake
    .command('add')
    .summary('stake as a validator; the first time registers it')
    .description(
      'Add to the own stake of the validator that this key owns. The first time, --node names the folder whose keys are ' +
        'registered; it can be elected from then on. The most and the step of the commission never change again. A validator ' +
        'that stands for no election does not stand again by more stake: see enter.',
    )
    .argument('<amount>', 'BTT, with at most 18 decimals', parseAmount)
    .option('--node <folder>', 'the folder of the node that votes with this stake, to register it')
    .option('--commission <percent>', 'part of its delegators’ rewards', parseBps, 500)
    .option('--commission-most <percent>', 'what it will never go above', parseBps, 2_000)
    .option('--commission-step <percent>', 'by how much it changes at a time', parseBps, 100)
  withSendFlags(command).action(run)
}

async function run(amount: Btt, flags: AddFlags): Promise<void> {
  const validator =
    flags.node === undefined
      ? undefined
      : {
          ...(await validatorKeys(flags.node)),
          commissionBps: flags.commission,
          commissionMostBps: flags.commissionMost,
          commissionStepBps: flags.commissionStep,
        }
  await runStake(flags, { type: 'add', amount, validator })
}
