/** `millrace chain`: the embedded chain on which BTT is gas, with its vault and its JSON-RPC; below it, validators. */

import { messageOf } from '@millrace/base'
import { runChain } from '@millrace/node'
import type { Command } from 'commander'
import { addChainAirdrop } from '../chain/airdrop.ts'
import { addChainCluster } from '../chain/cluster.ts'
import { addChainGenesis } from '../chain/genesis.ts'
import { addChainInit } from '../chain/init.ts'
import { addChainJoin } from '../chain/join.ts'
import { addChainStart } from '../chain/start.ts'
import { addChainStatus } from '../chain/status.ts'
import { addChainTrusted } from '../chain/trusted.ts'
import { UsageError } from '../exit-codes.ts'
import { untilInterrupted } from '../interrupt.ts'
import { note, type OutputFlags, outputMode, printEvent, printJson, printLine } from '../output.ts'
import { parseDecimal, parsePort } from '../parse-options.ts'

interface ChainFlags extends OutputFlags {
  readonly host: string
  readonly port: number
  readonly data?: string
  readonly genesis?: string
  readonly blockTime: number
}

export function addChain(program: Command): void {
  const chain = program
    .command('chain')
    .enablePositionalOptions()
    .summary('run the embedded chain, or a network of validators')
    .description('Run the embedded chain until interrupted: one block producer, an EVM, JSON-RPC over HTTP.')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('-p, --port <port>', 'port of the JSON-RPC; 0 takes a free one', parsePort, 8545)
    .option('--data <folder>', 'keep the chain here; in memory when absent')
    .option('--genesis <file>', 'allocation and parameters as JSON; the documented default when absent')
    .option('--block-time <seconds>', 'a block every so many seconds; 0 makes one on demand', parseDecimal, 0)
    .option('--json', 'print one JSON object when it is ready')
    .option('--jsonl', 'print events as lines of JSON')
    .action(run)
  const network = [addChainInit, addChainJoin, addChainStart, addChainCluster, addChainStatus, addChainTrusted]
  for (const add of [...network, addChainGenesis, addChainAirdrop]) add(chain)
}

async function run(flags: ChainFlags): Promise<void> {
  const chain = await runChain({
    host: flags.host,
    port: flags.port,
    dataFolder: flags.data,
    genesisFile: flags.genesis,
    blockSeconds: flags.blockTime,
  }).catch((error: unknown) => {
    if (error instanceof SyntaxError) throw new UsageError(`--genesis: ${messageOf(error)}`)
    throw error
  })
  const ready = { rpc: chain.rpcUrl, chainId: chain.chainId, vault: chain.vaultAddress, genesisHash: chain.genesisHash }
  const mode = outputMode(flags)
  if (mode === 'json') printJson(ready)
  else if (mode === 'jsonl') printEvent('ready', ready)
  else printLine(`rpc ${ready.rpc}\nchain id ${ready.chainId}\nvault ${ready.vault}\ngenesis ${ready.genesisHash}`)
  note('chain running, Ctrl-C ends it')
  await untilInterrupted()
  await chain.close()
}
