/** `millrace chain geth-genesis`: the genesis of a chain's folder in geth's words, for `geth init`. */

import { messageOf } from '@millrace/base'
import { gethGenesisFor } from '@millrace/node'
import type { Command } from 'commander'
import { UsageError } from '../exit-codes.ts'
import { printLine } from '../output.ts'

export function addChainGethGenesis(chain: Command): void {
  chain
    .command('geth-genesis')
    .summary('print a genesis.json for geth init')
    .description(
      'Print the genesis of the chain in a folder as geth reads it, so that a geth made from it has the same block 0 and can ' +
        'execute for the chain (--remote-engine). A folder without a chain gets its genesis now.',
    )
    .requiredOption('--data <folder>', 'the chain’s folder')
    .option('--genesis <file>', 'allocation and parameters as JSON; the documented default when absent')
    .action(run)
}

async function run(flags: { readonly data: string; readonly genesis?: string }): Promise<void> {
  const genesis = await gethGenesisFor(flags.data, flags.genesis).catch((error: unknown) => {
    if (error instanceof SyntaxError) throw new UsageError(`--genesis: ${messageOf(error)}`)
    throw error
  })
  printLine(JSON.stringify(genesis, null, 1))
}
