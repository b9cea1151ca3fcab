/** `millrace chain status`: how far a chain is, and who votes. */

import { type ConsensusView, viewConsensus } from '@millrace/node'
import type { Command } from 'commander'
import { printJson, printLine } from '../output.ts'

interface StatusFlags {
  readonly rpc: string
  readonly json?: boolean
}

export function addChainStatus(chain: Command): void {
  chain
    .command('status')
    .summary('how far a chain is, and who votes')
    .description('Ask a running node how far its chain is, what of it is final, and who votes.')
    .option('--rpc <url>', 'JSON-RPC of the node', 'http://127.0.0.1:8545')
    .option('--json', 'print one JSON object')
    .action(run)
}

async function run({ rpc, json }: StatusFlags): Promise<void> {
  const view = await viewConsensus(rpc)
  if (json === true) return printJson(view)
  for (const line of statusLines(view)) printLine(line)
}

function statusLines(view: ConsensusView): readonly string[] {
  const total = view.validators.reduce((sum, { power }) => sum + power, 0)
  const share = (power: number) => `${((100 * power) / total).toFixed(1)} %`
  return [
    `head ${view.head} ${view.hash}`,
    `of ${new Date(view.timestamp * 1000).toISOString()}`,
    `final ${view.finalized}`,
    `waiting ${view.waiting} transactions`,
    view.driver === 'solo' ? 'made by this process alone' : `validators ${view.validators.length}`,
    ...view.validators.map(
      ({ address, signer, power }) => `  ${address}  signs with ${signer}  power ${power} (${share(power)})`,
    ),
  ]
}
