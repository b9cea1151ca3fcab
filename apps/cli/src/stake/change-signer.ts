/** `stake change-signer`: another key for a validator's milestones, taken up by its node while it runs. */

import { nextSigner, openChain } from '@millrace/node'
import type { Command } from 'commander'
import { terminalLogger } from '../logging.ts'
import { chainOf, type SendFlags, withSendFlags } from '../money-flags.ts'
import { runStakeOn } from './access.ts'

interface ChangeFlags extends SendFlags {
  readonly node: string
}

export function addStakeChangeSigner(stake: Command): void {
  const command = stake
    .command('change-signer')
    .summary('give a validator another key for milestones')
    .description(
      'Make a new key for milestones in the folder of the node and register it for the validator that this key owns. ' +
        'The node, which may run, signs with it from the next election on; the old key can go then.',
    )
    .requiredOption('--node <folder>', 'the folder of the node that votes for this validator')
  withSendFlags(command).action(run)
}

async function run(flags: ChangeFlags): Promise<void> {
  const opened = await openChain(chainOf(flags), terminalLogger(false))
  const { address, keep } = await nextSigner(opened, flags.node)
  await runStakeOn(opened, flags, { type: 'change-signer', signer: address }, keep)
}
