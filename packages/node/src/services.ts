/** The two servers that run beside clients: a tracker and the embedded chain. */

import { readFile } from 'node:fs/promises'
import { type Logger, silentLogger, systemClock, systemRandom } from '@millrace/base'
import type { ChainNode, GenesisConfig, RemoteOptions } from '@millrace/chain'
import { startTracker, type Tracker, type TrackerOptions } from '@millrace/net'
import { crashFrom } from './crash-at.ts'

/** On demand a block follows a transaction after at most this long: time never runs ahead of the clock. */
const leastBlockSeconds = 1

export function runTracker(options: TrackerOptions, logger: Logger = silentLogger): Promise<Tracker> {
  return startTracker(options, { clock: systemClock, random: systemRandom, logger })
}

export interface ChainServiceOptions {
  readonly host: string
  readonly port: number
  /** In memory when absent. */
  readonly dataFolder?: string | undefined
  readonly genesisFile?: string | undefined
  /** 0 makes blocks on demand. */
  readonly blockSeconds: number
  /** A geth that executes; absent: the chain does. */
  readonly remote?: RemoteOptions | undefined
}

/** @throws ChainError; SyntaxError when the genesis file is no JSON */
export async function runChain(options: ChainServiceOptions, logger: Logger = silentLogger): Promise<ChainNode> {
  const { dataFolder, genesisFile, blockSeconds, host, port } = options
  // Loading an EVM takes a second: only who runs a chain waits for it.
  const { startChain } = await import('@millrace/chain')
  const genesis = await genesisIn(genesisFile)
  return startChain({
    rpc: { host, port },
    blockTime:
      blockSeconds === 0
        ? { kind: 'on-demand', leastSeconds: leastBlockSeconds }
        : { kind: 'interval', seconds: blockSeconds },
    logger,
    crash: crashFrom(process.env),
    remote: options.remote,
    ...(dataFolder === undefined ? {} : { dataFolder }),
    ...(genesis === undefined ? {} : { genesis }),
  })
}

/**
 * geth's genesis.json for the chain of a folder, which is begun where there is none.
 *
 * @throws ChainError; SyntaxError when the genesis file is no JSON
 */
export async function gethGenesisFor(dataFolder: string, genesisFile?: string): Promise<unknown> {
  const { gethGenesisOf } = await import('@millrace/chain')
  return gethGenesisOf(dataFolder, await genesisIn(genesisFile))
}

async function genesisIn(file: string | undefined): Promise<GenesisConfig | undefined> {
  // The chain checks every field of it before it is used.
  return file === undefined ? undefined : (JSON.parse(await readFile(file, 'utf8')) as GenesisConfig)
}
