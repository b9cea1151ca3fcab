/** `millrace chain start`: one node of a network of validators, with its cometbft. */

import { runValidator } from '@millrace/node'
import type { Command } from 'commander'
import { UsageError } from '../exit-codes.ts'
import { untilInterrupted } from '../interrupt.ts'
import { terminalLogger } from '../logging.ts'
import { note, type OutputFlags, outputMode, printEvent, printJson, printLine } from '../output.ts'
import { parsePort, parseWhole } from '../parse-options.ts'

interface StartFlags extends OutputFlags {
  readonly data: string
  readonly host: string
  readonly port: number
  readonly cometbft?: string
  readonly consensusRpc?: string
  readonly snapshotEvery?: number
  readonly verbose?: boolean
}

export function addChainStart(chain: Command): void {
  chain
    .command('start')
    .summary('run a validator')
    .description('Run the validator of a folder that chain init made, until interrupted. Needs the cometbft binary.')
    .requiredOption('--data <folder>', 'the folder of this validator')
    .option('--host <address>', 'address of the JSON-RPC', '127.0.0.1')
    .option('-p, --port <port>', 'port of the JSON-RPC; 0 takes a free one', parsePort, 8545)
    .option('--cometbft <file>', 'the cometbft binary; the one on PATH when absent')
    .option(
      '--consensus-rpc <host:port>',
      'where nodes that join by a snapshot may ask for headers; nowhere when absent',
    )
    .option(
      '--snapshot-every <blocks>',
      'take a snapshot every so many blocks; 0 takes none; 1000 when absent',
      parseWhole,
    )
    .option('--verbose', 'tell of each block')
    .option('--json', 'print one JSON object when it is ready')
    .option('--jsonl', 'print events as lines of JSON')
    .action(run)
}

async function run(flags: StartFlags): Promise<void> {
  const { data, host, port, cometbft, consensusRpc, snapshotEvery } = flags
  if (consensusRpc !== undefined && !/^[^\s@,"\\/]+:\d{1,5}$/.test(consensusRpc)) {
    throw new UsageError(`--consensus-rpc ${consensusRpc}: expected HOST:PORT`)
  }
  const logger = terminalLogger(flags.verbose === true)
  const sync = { consensusRpc, snapshotEveryBlocks: snapshotEvery }
  const node = await runValidator({ folder: data, host, port, cometBft: cometbft, ...sync }, logger)
  const ready = { rpc: node.rpcUrl, chainId: node.chainId, vault: node.vaultAddress, genesisHash: node.genesisHash }
  const mode = outputMode(flags)
  const pid = node.consensusPid()
  if (mode === 'json') printJson({ ...ready, consensusPid: pid })
  else if (mode === 'jsonl') printEvent('ready', { ...ready, consensusPid: pid })
  else printLine(`rpc ${ready.rpc}\nchain id ${ready.chainId}\nvault ${ready.vault}\ngenesis ${ready.genesisHash}`)
  note('validator running, Ctrl-C ends it')
  const failure = await Promise.race([untilInterrupted(), node.failed])
  await node.close()
  if (failure !== undefined) throw failure
}
