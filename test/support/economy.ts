/** An embedded chain as its own process, and the arguments by which others trade on it. */

import { fileURLToPath } from 'node:url'
import { startMillrace } from './millrace.ts'
import { freePort, type Place } from './network.ts'
import { eventually, type Running, run } from './processes.ts'

const auditScript = fileURLToPath(new URL('../../scripts/audit-money.js', import.meta.url))

/** Where a chain is: what others need to trade on it. */
export interface Market {
  readonly rpc: string
  readonly vault: string
}

/** The first event of `chain --jsonl`. */
interface ChainReady {
  readonly event: string
  readonly rpc: string
  readonly vault: string
}

export interface TestChain extends Market {
  readonly running: Running
  readonly port: number
  readonly data: string
}

export interface TestChainOptions {
  /** Of the chain that was killed. */
  readonly port?: number
  readonly genesis?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A bound for what hangs: beside others a start takes seconds, on a crowded machine many. */
const readyMilliseconds = 120_000

/** Starts `millrace chain`; a chain that was killed goes on with the same folder and port. */
export async function startChain(folder: string, options: TestChainOptions = {}, place?: Place): Promise<TestChain> {
  const { genesis, env = {} } = options
  const port = options.port ?? (await freePort())
  const data = `${folder}/chain`
  const host = place === undefined ? [] : ['--host', place.host]
  const more = genesis === undefined ? host : [...host, '--genesis', genesis]
  const args = ['chain', '--port', String(port), '--data', data, '--jsonl', ...more]
  const running = startMillrace({ folder, env }, args, place)
  const ready = await eventually('the chain is ready', readyMilliseconds, () => {
    if (running.isOver) throw new Error(`the chain ended: ${running.printed}`)
    const line = running.out.find((text) => text.startsWith('{'))
    // The command documents this event.
    return line === undefined ? undefined : (JSON.parse(line) as ChainReady)
  })
  return { rpc: ready.rpc, vault: ready.vault, running, port, data }
}

/** The options that every paying or selling command shares. */
export function tradeOn(chain: Market, devAccount: number): string[] {
  return ['--rpc', chain.rpc, '--vault', chain.vault, '--dev-account', String(devAccount)]
}

export async function rpcCall(url: string, method: string, params: readonly unknown[] = []): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  // A JSON-RPC answer has a result or an error.
  const answer = (await response.json()) as { result?: unknown; error?: { message: string } }
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`)
  return answer.result
}

/** What the chain paid over all time, what the journals below a folder say, and what does not add up. */
export interface Audit {
  readonly paidOut: string
  readonly imbalance: string
  readonly journals: {
    readonly files: number
    readonly issued: string
    readonly accepted: string
    readonly cashed: string
    /** By both sides of each pair together. */
    readonly setOff: string
  }
  readonly warnings: readonly string[]
}

/** Recomputes the sums from the chain's RPC and the journals below `folder` alone. */
export async function audit(chain: Market, folder: string): Promise<Audit> {
  const args = [auditScript, '--rpc', chain.rpc, '--vault', chain.vault, '--data', folder, '--json']
  const done = await run(process.execPath, args)
  if ((await done.ended).code !== 0) throw new Error(done.printed)
  return done.json<Audit>()
}
