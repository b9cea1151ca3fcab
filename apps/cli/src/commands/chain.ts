/** `millrace chain`: the embedded chain on which BTT is gas, with its vault and its JSON-RPC; below it, validators. */

import { messageOf } from '@millrace/base'
import { runChain } from '@millrace/node'
import type { Command } from 'commander'
import { addChainAirdrop } from '../chain/airdrop.ts'
import { addChainCluster } from '../chain/cluster.ts'
import { addChainGenesis } from '../chain/genesis.ts'
import { addChainGethGenesis } from '../chain/geth-genesis.ts'
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
  readonly remoteEngine?: string
  readonly jwtSecret?: string
  readonly remoteRpc?: string
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
    .option('--remote-engine <url>', 'a geth executes: where its Engine API listens, as http://127.0.0.1:8551')
    .option('--jwt-secret <file>', 'the secret of that geth, its --authrpc.jwtsecret')
    .option('--remote-rpc <url>', 'its JSON-RPC with debug in --http.api; without it there are no traces')
    .option('--json', 'print one JSON object when it is ready')
    .option('--jsonl', 'print events as lines of JSON')
    .action(run)
  const network = [addChainInit, addChainJoin, addChainStart, addChainCluster, addChainStatus, addChainTrusted]
  for (const add of [...network, addChainGenesis, addChainGethGenesis, addChainAirdrop]) add(chain)
}

async function run(flags: ChainFlags): Promise<void> {
  const chain = await runChain({
    host: flags.host,
    port: flags.port,
    dataFolder: flags.data,
    genesisFile: flags.genesis,
    blockSeconds: flags.blockTime,
    remote: remoteOf(flags),
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

function remoteOf({ remoteEngine, jwtSecret, remoteRpc }: ChainFlags) {
  if (remoteEngine === undefined && jwtSecret === undefined && remoteRpc === undefined) return undefined
  if (remoteEngine === undefined)
    throw new UsageError('--jwt-secret and --remote-rpc: expected --remote-engine as well')
  if (jwtSecret === undefined)
    throw new UsageError('--remote-engine: expected --jwt-secret, the file of the geth there')
  for (const [flag, url] of [
    ['--remote-engine', remoteEngine],
    ['--remote-rpc', remoteRpc],
  ] as const) {
    if (url !== undefined && !/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
      throw new UsageError(`${flag}: expected a URL like http://127.0.0.1:8551`)
    }
  }
  return { engineUrl: remoteEngine, secretFile: jwtSecret, rpcUrl: remoteRpc }
}
