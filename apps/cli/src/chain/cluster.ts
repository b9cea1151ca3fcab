/** `millrace chain cluster`: a whole network of validators on this machine, each in a process of its own. */

import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initValidators, validatorFolders } from '@millrace/node'
import type { Command } from 'commander'
import { Child } from '../demo/child.ts'
import type { ReadyEvent } from '../demo/events.ts'
import { UsageError } from '../exit-codes.ts'
import { untilInterrupted } from '../interrupt.ts'
import { note, type OutputFlags, outputMode, printEvent, printJson, printLine } from '../output.ts'
import { parsePort, parseWhole } from '../parse-options.ts'

interface ClusterFlags extends OutputFlags {
  readonly validators: number
  readonly data?: string
  readonly port: number
  readonly peerPort: number
  readonly consensusPort?: number
  readonly snapshotEvery?: number
  readonly cometbft?: string
}

/** A machine that runs more of them measures its own scheduler. */
const validatorsMax = 16

export function addChainCluster(chain: Command): void {
  chain
    .command('cluster')
    .summary('run several validators on this machine')
    .description('Run a network of validators on this machine until interrupted, each in a process of its own.')
    .option('--validators <n>', 'how many', parseWhole, 4)
    .option('--data <folder>', 'keep the network here and go on with it; a new one for this run when absent')
    .option(
      '-p, --port <port>',
      'JSON-RPC of the first; the others take the ports that follow; 0 takes free ones',
      parsePort,
      8545,
    )
    .option('--peer-port <port>', 'where the first listens for the others', parsePort, 26656)
    .option(
      '--consensus-port <port>',
      'where nodes that join by a snapshot may ask the first for headers, the others on the ports that follow',
      parsePort,
    )
    .option('--snapshot-every <blocks>', 'as chain start has it', parseWhole)
    .option('--cometbft <file>', 'the cometbft binary; the one on PATH when absent')
    .option('--json', 'print one JSON object when all are ready')
    .option('--jsonl', 'print events as lines of JSON')
    .action(run)
}

async function run(flags: ClusterFlags): Promise<void> {
  const { validators, data } = flags
  if (validators < 1 || validators > validatorsMax) throw new UsageError(`--validators: expected 1 to ${validatorsMax}`)
  const folder = data ?? (await mkdtemp(join(tmpdir(), 'millrace-cluster-')))
  try {
    await runIn(folder, flags)
  } finally {
    if (data === undefined) await rm(folder, { recursive: true, force: true })
  }
}

async function runIn(folder: string, flags: ClusterFlags): Promise<void> {
  const { validators, peerPort } = flags
  const folders = validatorFolders({ folder, validators })
  if (!existsSync(folders[0] ?? folder)) {
    await initValidators({ folder, validators, genesisFile: undefined, peerHost: '127.0.0.1', peerPort })
  }
  const children = folders.map((place, index) => startOne(place, index, flags))
  const failed = Promise.race(children.map(async (child) => Promise.reject(child.failure(await child.ended))))
  failed.catch(() => {})
  try {
    const ready = await Promise.race([Promise.all(children.map((child) => child.next('ready'))), failed])
    tell(ready, folders, flags)
    await Promise.race([untilInterrupted(), failed])
  } finally {
    for (const child of children) child.kill('SIGTERM')
    await Promise.allSettled(children.map(({ ended }) => ended))
  }
}

function startOne(folder: string, index: number, flags: ClusterFlags): Child<ReadyEvent> {
  const { port, cometbft, consensusPort, snapshotEvery } = flags
  const rpcPort = port === 0 ? 0 : port + index
  const binary = cometbft === undefined ? [] : ['--cometbft', cometbft]
  const headers = consensusPort === undefined ? [] : ['--consensus-rpc', `127.0.0.1:${consensusPort + index}`]
  const snapshots = snapshotEvery === undefined ? [] : ['--snapshot-every', String(snapshotEvery)]
  const place = ['--data', folder, '--port', String(rpcPort)]
  const args = ['chain', 'start', ...place, '--jsonl', ...binary, ...headers, ...snapshots]
  return new Child<ReadyEvent>({ name: `validator ${index}`, args })
}

function tell(ready: readonly ReadyEvent[], folders: readonly string[], flags: ClusterFlags): void {
  const nodes = ready.map(({ rpc }, index) => ({ rpc, folder: folders[index] }))
  const mode = outputMode(flags)
  if (mode === 'json') printJson({ validators: nodes })
  else if (mode === 'jsonl') printEvent('ready', { validators: nodes })
  else for (const [index, { rpc, folder }] of nodes.entries()) printLine(`validator ${index}  rpc ${rpc}  in ${folder}`)
  note('cluster running, Ctrl-C ends it')
}
