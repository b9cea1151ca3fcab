/** Chains that other people's clients are tried on: as a user starts them, by the command line. */

import { join } from 'node:path'
import { type Chain, defineChain, type Hex } from 'viem'
import { startMillrace } from '../../support/millrace.ts'
import { eventually, type Running } from '../../support/processes.ts'
import { canUseCometBft, freePorts } from '../../support/validators.ts'

const startMilliseconds = 240_000

/** A chain that answers. */
export interface Network {
  readonly rpcUrl: string
  readonly socketUrl: string
  /** For viem. */
  readonly chain: Chain
  stop(): Promise<void>
}

export interface NetworkKind {
  readonly name: string
  canRun(): boolean
  /** @param folder where it may keep what it wants */
  start(folder: string): Promise<Network>
}

const chainId = 19_990

/** One process makes the blocks. */
export const solo: NetworkKind = {
  name: 'the embedded chain',
  canRun: () => true,
  async start(folder) {
    const running = startMillrace({ folder }, ['chain', '--port', '0', '--data', join(folder, 'chain'), '--jsonl'])
    return networkAt((await ready<{ rpc: string }>(running)).rpc, running)
  },
}

/** Four validators, each with its cometbft; clients talk to the second. */
export const cluster: NetworkKind = {
  name: 'four validators',
  canRun: canUseCometBft,
  async start(folder) {
    const peerPort = String(await freePorts(4))
    const where = ['--data', join(folder, 'network'), '--port', '0', '--peer-port', peerPort]
    const running = startMillrace({ folder }, ['chain', 'cluster', '--validators', '4', ...where, '--jsonl'])
    const { validators } = await ready<{ validators: { rpc: string }[] }>(running)
    return networkAt(validators[1]?.rpc ?? '', running)
  },
}

async function ready<Event>(running: Running): Promise<Event> {
  return eventually(`${running.command} is ready`, startMilliseconds, () => {
    if (running.isOver) throw new Error(running.printed)
    const line = running.out.find((text) => text.includes('"event":"ready"'))
    return line === undefined ? undefined : (JSON.parse(line) as Event) // as the command prints it
  })
}

function networkAt(rpcUrl: string, running: Running): Network {
  const socketUrl = rpcUrl.replace('http', 'ws')
  const chain = defineChain({
    id: chainId,
    name: 'millrace',
    nativeCurrency: { name: 'BitTorrent', symbol: 'BTT', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl], webSocket: [socketUrl] } },
  })
  const stop = async () => {
    await running.stop()
  }
  return { rpcUrl, socketUrl, chain, stop }
}

/** Every test has a dev account of its own, so that none waits for another's nonce. */
export const developerKeys = {
  cast: '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
  forge: '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a',
  hardhat: '0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6',
} as const satisfies Record<string, Hex>

/** What came, and a way to wait for one of it. */
export class Arrivals<T> {
  readonly #all: T[] = []

  readonly push = (value: T): void => {
    this.#all.push(value)
  }

  /** The first that fits; it may have come already. */
  first(what: string, fits: (value: T) => boolean): Promise<T> {
    return eventually(what, 60_000, () => this.#all.find(fits))
  }
}
