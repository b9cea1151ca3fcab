/** A real geth under tests: made from one of our genesis files, killed and started again at will. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { canUse } from '../../../test/support/skips.ts'
import { gethGenesis } from '../src/execution/remote/geth-genesis.ts'
import type { ResolvedGenesis } from '../src/genesis/config.ts'

/** Where `scripts/install-geth.sh` puts it, or PATH. */
export function findGeth(): string | undefined {
  const folders = [join(homedir(), '.cache/millrace/peers'), ...(process.env.PATH ?? '').split(delimiter)]
  return folders.map((folder) => join(folder, 'geth')).find((file) => existsSync(file))
}

/** Whether tests with a geth run. */
export function canUseGeth(): boolean {
  return canUse('geth', findGeth() !== undefined, 'run scripts/install-geth.sh, which needs Go')
}

const startMsMax = 60_000

export interface GethOptions {
  /** In place of no cap on the gas of calls. */
  readonly more?: readonly string[]
}

export class Geth {
  readonly url: string
  /** Of its own JSON-RPC, debug_ included. */
  readonly rpcUrl: string
  readonly secretFile: string
  readonly #binary: string
  readonly #folder: string
  readonly #more: readonly string[]
  #child: ChildProcess | undefined

  private constructor(
    binary: string,
    folder: string,
    ports: readonly [number, number],
    { more }: Required<GethOptions>,
  ) {
    this.#binary = binary
    this.#folder = folder
    this.#more = more
    this.url = `http://127.0.0.1:${ports[0]}`
    this.rpcUrl = `http://127.0.0.1:${ports[1]}`
    this.secretFile = join(folder, 'jwt.hex')
  }

  /** Runs `geth init` and starts it; when this resolves it answers. */
  static async start(genesis: ResolvedGenesis, options: GethOptions = {}): Promise<Geth> {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-genesis-'))
    try {
      writeFileSync(join(folder, 'genesis.json'), JSON.stringify(await gethGenesis(genesis)))
      return await Geth.init(join(folder, 'genesis.json'), options)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  /** The same from geth's own genesis file. */
  static async init(genesisFile: string, { more = ['--rpc.gascap', '0'] }: GethOptions = {}): Promise<Geth> {
    const binary = findGeth()
    if (binary === undefined) throw new Error('no geth: run scripts/install-geth.sh')
    const folder = mkdtempSync(join(tmpdir(), 'millrace-geth-'))
    const geth = new Geth(binary, folder, [await freePort(), await freePort()], { more })
    writeFileSync(geth.secretFile, '7365637265742e'.padEnd(64, '0'))
    const made = spawnSync(binary, ['init', '--state.scheme', 'hash', '--datadir', folder, genesisFile], {
      encoding: 'utf8',
    })
    if (made.status !== 0) throw new Error(`geth init: ${made.stderr}`)
    await geth.again()
    return geth
  }

  /** Starts it on what it has, after a kill. */
  async again(): Promise<void> {
    const port = (url: string) => new URL(url).port
    const child = spawn(
      this.#binary,
      [
        ...['--datadir', this.#folder, '--syncmode', 'full', '--gcmode', 'archive', '--ipcdisable'],
        ...['--state.scheme', 'hash'],
        ...['--nodiscover', '--maxpeers', '0', '--port', '0', '--verbosity', '2'],
        ...['--authrpc.port', port(this.url), '--authrpc.jwtsecret', this.secretFile],
        ...['--http', '--http.port', port(this.rpcUrl), '--http.api', 'eth,debug,web3'],
        ...this.#more, // the last word of a flag counts
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    this.#child = child
    let printed = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-4000)
    })
    const until = Date.now() + startMsMax
    while (!(await answers(this.rpcUrl))) {
      if (child.exitCode !== null || Date.now() > until) throw new Error(`geth did not start: ${printed}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await ended
  }

  async remove(): Promise<void> {
    await this.end('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function answers(url: string): Promise<boolean> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'web3_clientVersion', params: [] })
  const headers = { 'content-type': 'application/json' }
  return fetch(url, { method: 'POST', headers, body }).then(
    ({ ok }) => ok,
    () => false,
  )
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
