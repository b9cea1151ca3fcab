/** Validators under test: real nodes as the command line runs them, each with the real cometbft beside it. */

import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { seededRandom } from '@millrace/base'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { ed25519Key, nodeKeyFile } from '../../packages/chain/src/consensus/cometbft/keys.ts'
import { defaultGenesis } from '../../packages/chain/src/genesis/config.ts'
import type { GenesisStaking } from '../../packages/chain/src/genesis/staking.ts'
import { connect, connectAs, rpc } from '../../packages/chain/testing/clients.ts'
import { type Home, millrace, startMillrace } from './millrace.ts'
import type { Place } from './network.ts'
import { eventually, type Running } from './processes.ts'
import { canUse } from './skips.ts'
import type { SplitNet } from './split-net.ts'

/** Whether tests with validators run. */
export function canUseCometBft(): boolean {
  const isThere = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'cometbft')))
  return canUse('cometbft', isThere, 'run scripts/install-cometbft.sh, which needs Go')
}

/** What `chain start --jsonl` prints when it is ready. */
interface Ready {
  readonly rpc: string
  readonly chainId: number
  readonly consensusPid: number
}

interface Consensus {
  readonly head: number
  readonly hash: `0x${string}`
  readonly finalized: number
  readonly validators: readonly { readonly address: Hex; readonly signer: Hex; readonly power: number }[]
}

/** Where and how a node runs. */
interface Surroundings {
  /** The network that it sees; absent: the test's own. */
  readonly place?: Place
  /** Address of its JSON-RPC, as the test reaches it. */
  readonly rpcHost?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cometBft?: string
}

/** One node, which may be killed and started again. */
export class Validator {
  readonly home: Home
  readonly folder: string
  /** By which other nodes find it, as chain init told it. */
  readonly peer: string | undefined
  /** For its next start. */
  surroundings: Surroundings = {}
  #running: Running | undefined
  #ready: Ready | undefined

  constructor(home: Home, folder: string, peer?: string) {
    this.home = home
    this.folder = folder
    this.peer = peer
  }

  /** @param flags of chain start, beside those that every test gives */
  async start(flags: readonly string[] = []): Promise<this> {
    const { place, rpcHost = '127.0.0.1', env, cometBft } = this.surroundings
    const binary = cometBft === undefined ? [] : ['--cometbft', cometBft]
    const given = ['--data', this.folder, '--host', rpcHost, '--port', '0', '--jsonl']
    const args = ['chain', 'start', ...given, ...binary, ...flags]
    const running = startMillrace({ ...this.home, env: { ...this.home.env, ...env } }, args, place)
    this.#running = running
    this.#ready = await eventually('the validator is ready', 180_000, () => {
      if (running.isOver) throw new Error(`the validator ended: ${running.printed}`)
      const line = running.out.find((text) => text.includes('"event":"ready"'))
      return line === undefined ? undefined : (JSON.parse(line) as Ready)
    })
    return this
  }

  /** Ends it in order, if it runs. */
  async end(): Promise<void> {
    if (this.#running?.isOver === false) await this.#running.stop()
  }

  get running(): Running {
    if (this.#running === undefined) throw new Error('the validator was not started')
    return this.#running
  }

  get ready(): Ready {
    if (this.#ready === undefined) throw new Error('the validator was not ready yet')
    return this.#ready
  }

  user(index: number) {
    return connect({ rpcUrl: this.ready.rpc, chainId: this.ready.chainId }, index)
  }

  /** Who owns this validator, as a user of its node. */
  operator() {
    const key = readFileSync(join(this.folder, 'operator.key'), 'utf8').trim() as Hex // chain init wrote it
    return connectAs({ rpcUrl: this.ready.rpc, chainId: this.ready.chainId }, privateKeyToAccount(key))
  }

  async consensus(): Promise<Consensus> {
    return (await asked(this.ready.rpc, 'millrace_consensus')).result as Consensus // its shape
  }

  /** The hash of a block, undefined where it is not there yet. */
  async hashOf(number: number): Promise<string | undefined> {
    const { result } = await asked(this.ready.rpc, 'eth_getBlockByNumber', `0x${number.toString(16)}`, false)
    return (result as { hash: string } | null)?.hash // eth's shape
  }

  untilHead(number: number, timeoutMilliseconds = 60_000): Promise<Consensus> {
    return eventually(`block ${number}`, timeoutMilliseconds, async () => {
      if (this.running.isOver) throw new Error(`the validator ended: ${this.running.printed}`)
      const consensus = await this.consensus()
      return consensus.head >= number && consensus
    })
  }
}

/** Asks again once where the connection that was kept had just been closed by the other side. */
function asked(url: string, method: string, ...params: unknown[]): ReturnType<typeof rpc> {
  return rpc(url, method, ...params).catch((thrown: unknown) => {
    if (thrown instanceof TypeError) return rpc(url, method, ...params)
    throw thrown
  })
}

/** Ends those that run in order, so that no cometbft is left behind that was just starting. */
export async function stopValidators(validators: readonly Validator[]): Promise<void> {
  await Promise.all(validators.map((validator) => validator.end()))
}

/** Waits until a process is gone. */
export async function untilGone(pid: number): Promise<void> {
  await eventually(`process ${pid} is gone`, 30_000, () => !existsSync(`/proc/${pid}`))
}

/** Makes the folders of `count` validators under `home`, whose staking has these parameters. The genesis is of now, if not
 * told otherwise. */
export async function initValidators(
  home: Home,
  count: number,
  parameters: GenesisStaking['parameters'] = {},
  dated: { readonly timestamp?: number } = {},
): Promise<readonly Validator[]> {
  const port = await freePorts(count + 1)
  const data = join(home.folder, 'network')
  const genesis = join(home.folder, 'parameters.json')
  writeFileSync(genesis, JSON.stringify({ ...defaultGenesis, ...dated, staking: { parameters, validators: [] } }))
  const plan = ['--data', data, '--validators', String(count), '--peer-port', String(port), '--genesis', genesis]
  const args = ['chain', 'init', ...plan, '--json']
  const { folders, peers } = (await millrace(home, args)).json<{
    folders: readonly string[]
    peers: readonly string[]
  }>()
  return folders.map((folder, index) => new Validator(home, folder, peers[index]))
}

/** Puts each of a network that has not run yet on a host of its own. */
export function placeValidators(validators: readonly Validator[], net: SplitNet): void {
  const addresses = validators.map(({ peer }, index): [string, string] => {
    const [, listen = ''] = /@(.*)$/.exec(peer ?? '') ?? []
    return [listen, listen.replace(/^[^:]*/, net.place(index).host)]
  })
  for (const [index, validator] of validators.entries()) {
    const config = join(validator.folder, 'cometbft/config/config.toml')
    const text = addresses.reduce((old, [from, to]) => old.replaceAll(from, to), readFileSync(config, 'utf8'))
    writeFileSync(config, text)
    validator.surroundings = { place: net.place(index), rpcHost: net.testAddress(index) }
  }
}

/** Another node with all keys of `last`, the last of a network that has not run yet: what nobody should ever start. */
export function twinOf({ home, folder }: Validator): Validator {
  const twin = `${folder}-twin`
  cpSync(folder, twin, { recursive: true })
  const config = join(twin, 'cometbft/config/config.toml')
  const text = readFileSync(config, 'utf8')
  const [, port] = /laddr = "tcp:\/\/127\.0\.0\.1:(\d+)"/.exec(text) ?? []
  // initValidators has found one more free port than it has given away.
  const ownPort = Number(port) + 1
  writeFileSync(config, text.replace(`127.0.0.1:${port}"`, `127.0.0.1:${ownPort}"`))
  // Peers know a node by this key, and take it in beside the other.
  const key = nodeKeyFile(ed25519Key(seededRandom(ownPort).bytes(32)))
  writeFileSync(join(twin, 'cometbft/config/node_key.json'), JSON.stringify(key))
  return new Validator(home, twin)
}

/** The first of `count` ports in a row that nobody listens on. */
export async function freePorts(count: number): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    // Below the range from which the kernel gives ports to those who connect.
    const first = 15_000 + 16 * ((process.pid + 37 * tries) % 1000)
    const taken = await Promise.all(Array.from({ length: count }, (_item, index) => isTaken(first + index)))
    if (!taken.includes(true)) return first
  }
  throw new Error(`no ${count} free ports in a row`)
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(true))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)))
  })
}
