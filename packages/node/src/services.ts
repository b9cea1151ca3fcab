/** The two servers that run beside clients: a tracker and the embedded chain. */

import { readFile } from 'node:fs/promises'
import { type Logger, silentLogger, systemClock, systemRandom } from '@millrace/base'
import type { ChainNode, GenesisConfig } from '@millrace/chain'
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
}

/** @throws ChainError; SyntaxError when the genesis file is no JSON */
export async function runChain(options: ChainServiceOptions, logger: Logger = silentLogger): Promise<ChainNode> {
  const { dataFolder, genesisFile, blockSeconds, host, port } = options
  // Loading an EVM takes a second: only who runs a chain waits for it.
  const { startChain } = await import('@millrace/chain')
  // startChain checks every field of it before it is used.
  const genesis = genesisFile && (JSON.parse(await readFile(genesisFile, 'utf8')) as GenesisConfig)
  return startChain({
    rpc: { host, port },
    blockTime:
      blockSeconds === 0
        ? { kind: 'on-demand', leastSeconds: leastBlockSeconds }
        : { kind: 'interval', seconds: blockSeconds },
    logger,
    crash: crashFrom(process.env),
    ...(dataFolder === undefined ? {} : { dataFolder }),
    ...(genesis ? { genesis } : {}),
  })
}
