/** `stake change-key`: another key for a validator's votes, taken up by its node at the height from which it counts. */

import { nextConsensusKey, openChain } from '@millrace/node'
import type { Command } from 'commander'
import { terminalLogger } from '../logging.ts'
import { chainOf, type SendFlags, withSendFlags } from '../money-flags.ts'
import { runStakeOn } from './access.ts'

interface ChangeFlags extends SendFlags {
  readonly node: string
}

export function addStakeChangeKey(stake: Command): void {
  const command = stake
    .command('change-key')
    .summary('give a validator another key for its votes')
    .description(
      'Make a new key for votes in the folder of the node and register it for the validator that this key owns. The node ' +
        'takes it up by itself when it counts, after the next election: leave it running. The old key is kept beside it.',
    )
    .requiredOption('--node <folder>', 'the folder of the node that votes for this validator')
  withSendFlags(command).action(run)
}

async function run(flags: ChangeFlags): Promise<void> {
  const opened = await openChain(chainOf(flags), terminalLogger(false))
  const { consensusKey, keep } = await nextConsensusKey(opened, flags.node)
  await runStakeOn(opened, flags, { type: 'change-key', consensusKey }, keep)
}
