/** The whole example: a chain, a seller and four buyers, each a process, and an audit at the end. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { formatBtt, lotUnits } from '@millrace/base'
import { Child } from './child.ts'
import { type ContendedSteps, contention } from './contention.ts'
import type { BuyerEvent, JobEvent, SaleEvent, SellerEvent } from './events.ts'

export interface RunTerms {
  readonly dataFolder: string
  readonly cpuSeconds: number
  readonly threads: number
  /** Of each job. */
  readonly steps: number
  /** The bid of 1x: base units a second. */
  readonly bid: bigint
  readonly goalBits: number
}

export interface BuyerRow {
  readonly name: string
  /** Base units a second; 0 for who pays nothing. */
  readonly bid: string
  readonly job: JobEvent
  /** Steps of the paid and of the free class while all four contended. */
  readonly contended: ContendedSteps
}

export interface RunResult {
  readonly buyers: readonly BuyerRow[]
  /** Seconds that `contended` is taken from: in those the CPU did what the market sold. */
  readonly contendedSeconds: number
  /** Dearest price of that time, base units a CPU second. */
  readonly pricePerCpuSecond: string
  readonly sale: SaleEvent
  readonly audit: { readonly deposited: string; readonly paidOut: string; readonly imbalance: string }
}

const cast = [
  { name: 'free', times: 0n },
  { name: '1x', times: 1n },
  { name: '2x', times: 2n },
  { name: '4x', times: 4n },
] as const
const budgetSeconds = 600n
const repository = new URL('../../../', import.meta.url)
const millrace = fileURLToPath(new URL('bin/millrace.js', repository))
const auditScript = fileURLToPath(new URL('scripts/audit-money.js', repository))
const program = fileURLToPath(new URL('./main.js', import.meta.url))

interface ChainEvent {
  readonly event: 'ready'
  readonly rpc: string
  readonly vault: string
}

/** Plays it. Every process that was started has ended when this settles. */
export async function run(terms: RunTerms): Promise<RunResult> {
  const started: Child<never>[] = []
  const start = <Event extends { readonly event: string }>(script: string, args: readonly string[]): Child<Event> => {
    const child = new Child<Event>(script, args)
    // Only ended and stopped by this list, whatever its events.
    started.push(child as unknown as Child<never>)
    return child
  }
  try {
    return await play(terms, start)
  } finally {
    for (const child of started) child.stop('SIGKILL')
  }
}

type Start = <Event extends { readonly event: string }>(script: string, args: readonly string[]) => Child<Event>

async function play(terms: RunTerms, start: Start): Promise<RunResult> {
  const { dataFolder } = terms
  const chainArgs = ['chain', '--host', '127.0.0.1', '--port', '0', '--jsonl', '--data', join(dataFolder, 'chain')]
  const chain = start<ChainEvent>(millrace, chainArgs)
  const place = await chain.first('ready')
  const trade = (name: string, account: number): string[] => [
    ...['--rpc', place.rpc, '--vault', place.vault, '--dev-account', String(account)],
    ...['--data', join(dataFolder, name)],
  ]
  const { cpuSeconds, threads } = terms
  const selling = ['--cpu', String(cpuSeconds), '--threads', String(threads), '--ask', '1']
  const seller = start<SellerEvent>(program, ['sell', ...selling, ...trade('seller', 0)])
  const { port } = await seller.first('listening')
  const buyers = cast.map(({ name, times }, i) => {
    const job = ['--port', String(port), '--steps', String(terms.steps), '--goal', String(terms.goalBits)]
    const [bid, budget] = [times * terms.bid, times * terms.bid * budgetSeconds]
    const paying = times === 0n ? [] : ['--bid', formatBtt(bid), '--budget', formatBtt(budget), ...trade(name, i)]
    return { name, bid, child: start<BuyerEvent>(program, ['buy', ...job, ...paying]) }
  })
  await Promise.race([Promise.all(buyers.map(({ child }) => child.ended)), seller.ended])
  seller.stop()
  await seller.ended
  const args = [auditScript, '--rpc', place.rpc, '--vault', place.vault, '--data', dataFolder, '--json']
  const { stdout } = await promisify(execFile)(process.execPath, args)
  chain.stop()
  await chain.ended
  const ports = await Promise.all(buyers.map(async ({ child }) => (await child.first('connected')).port))
  const epochs = seller.events.filter((event) => event.event === 'epoch')
  const payers = ports.filter((_, i) => cast[i]?.times !== 0n)
  const window = contention(epochs, { ports, payers, unitsPerSecond: cpuSeconds * lotUnits })
  const rows = buyers.map(async ({ name, bid, child }, i) => ({
    name,
    bid: `${bid}`,
    job: await child.first('job'),
    contended: window.steps[i] ?? { paidSteps: 0, freeSteps: 0 },
  }))
  return {
    buyers: await Promise.all(rows),
    contendedSeconds: window.seconds,
    pricePerCpuSecond: `${window.price}`,
    sale: await seller.first('sale'),
    // What the script documents.
    audit: JSON.parse(stdout) as RunResult['audit'],
  }
}
