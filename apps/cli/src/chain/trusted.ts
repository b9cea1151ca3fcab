/** `millrace chain trusted`: a header for those who join by a snapshot. */

import { viewTrusted } from '@millrace/node'
import type { Command } from 'commander'
import { note, printJson, printLine } from '../output.ts'

export function addChainTrusted(chain: Command): void {
  chain
    .command('trusted')
    .summary('a header for a node that joins by a snapshot')
    .description('Ask a node of yours for its newest header. Whoever trusts you can join by a snapshot from it.')
    .argument('<host:port>', 'its consensus RPC, as chain start --consensus-rpc has opened it')
    .option('--json', 'print one JSON object')
    .action(run)
}

async function run(server: string, { json }: { readonly json?: boolean }): Promise<void> {
  const { height, hash } = await viewTrusted(server)
  if (json === true) return printJson({ height, hash })
  printLine(`--trust-height ${height} --trust-hash ${hash}`)
  note('for chain join; it is good for a day at most')
}
