/**
 * Leechers that want one seeder's bytes at the same time, each on a line of its own: what the seeder gave to whom, in
 * which class, in a window in which all of them wanted more. Counts are the seeder's, taken at its epochs.
 */

import { removeFolder } from './content.ts'
import { startChain, type TestChain, tradeOn } from './economy.ts'
import { startMillrace } from './millrace.ts'
import { waitForListener } from './network.ts'
import { eventually, type Running } from './processes.ts'
import { type HostPlan, ShapedNet } from './shaped-net.ts'
import { TestSwarm } from './swarm.ts'

export interface Contender {
  readonly name: string
  /** Which /24 it lives in. */
  readonly subnet: number
  /** Spend rate in BTT a second; absent, it pays nothing. */
  readonly bid?: number
}

export interface ContestOptions {
  /** The seeder's upload limit. */
  readonly capacity: number
  /** What its line carries, headers included. */
  readonly line: number
  readonly contenders: readonly Contender[]
  readonly bytes: number
}

/** What one contender got in the window. */
export interface Taken {
  readonly paidBytes: number
  readonly freeBytes: number
}

export interface Window {
  readonly seconds: number
  readonly uploadedBytes: number
  readonly of: (name: string) => Taken
}

/** The documented `progress` event of a paying `get --jsonl`, as far as it is read here. */
export interface Purchase {
  readonly event: string
  readonly at: number
  readonly receivedBytes: number
  readonly paidBytes: number
  readonly billed: string
}

interface Snapshot {
  readonly at: number
  readonly uploadedBytes: number
  readonly price: number
  readonly rows: ReadonlyMap<string, Row>
}

interface Row extends Taken {
  readonly awake: boolean
}

/** The documented `progress` event of `seed --jsonl`, as far as it is read here. */
interface SeederEvent {
  readonly event: string
  readonly at: number
  readonly uploadedBytes: number
  readonly pricePerMiB?: string
  readonly sources: readonly { readonly id: number; readonly address: { readonly host: string } }[]
  readonly buyers?: readonly {
    readonly peer: number
    readonly awake: boolean
    readonly paidBytes: number
    readonly freeBytes: number
  }[]
}

const seederPort = 6881
const askBtt = 1
const priceMaxBtt = 1000
const budgetBtt = 100_000
/** The market is at rest when the price moves less than this part between two epochs. */
const restPart = 0.02
const restEpochs = 3
/** Demand estimates double each second from C/32. */
const settleSeconds = 4

export class Contest {
  readonly options: ContestOptions
  readonly swarm: TestSwarm
  readonly net: ShapedNet
  chain: TestChain | undefined
  seeder: Running | undefined
  readonly leechers = new Map<string, Running>()

  constructor(name: string, options: ContestOptions) {
    this.options = options
    this.swarm = new TestSwarm(name, { bytes: options.bytes, pieceLength: 1 << 18, seed: 77 })
    const { contenders, line } = options
    const hosts: HostPlan[] = contenders.map((it) => ({ name: it.name, subnet: it.subnet, isolated: true }))
    this.net = new ShapedNet([{ name: 'seeder', subnet: 250, lineBytesPerSecond: line }, ...hosts])
  }

  /** Chain, seeder and every leecher run when this returns. */
  async start(): Promise<void> {
    const { capacity, contenders } = this.options
    this.chain = await startChain(this.swarm.home('chain').folder, undefined, this.net.hub)
    const sells = ['--ask', String(askBtt), '--upload-limit', String(capacity), ...tradeOn(this.chain, 0)]
    const seeding = ['seed', this.swarm.content, '--torrent', this.swarm.torrent, '--port', String(seederPort)]
    this.seeder = this.#run('seeder', [...seeding, '--jsonl', ...sells])
    await waitForListener(this.seeder, seederPort)
    const address = `${this.net.host('seeder').host}:${seederPort}`
    for (const [index, { name, bid }] of contenders.entries()) {
      const getting = ['get', this.swarm.torrent, '--out', this.swarm.out(name), '--peer', address, '--jsonl']
      const bids = bid === undefined ? [] : [...bidOf(bid), ...tradeOn(this.chain, index + 1)]
      this.leechers.set(name, this.#run(name, [...getting, ...bids]))
    }
  }

  /** A window of `seconds` that starts when every bid is awake and the price is at rest. */
  async measure(seconds: number): Promise<Window> {
    const bidders = this.options.contenders.filter(({ bid }) => bid !== undefined).map(({ name }) => name)
    const first = await eventually('every bid is awake and the price at rest', 60_000, () => this.#rested(bidders))
    const last = await eventually(`${seconds} s of contention`, seconds * 1000 + 60_000, () => {
      for (const [name, leecher] of this.leechers) {
        if (leecher.isOver) throw new Error(`${name} had everything before the window ended: ${leecher.printed}`)
      }
      return this.#snapshots().find(({ at }) => at >= first.at + seconds * 1000)
    })
    return {
      seconds: (last.at - first.at) / 1000,
      uploadedBytes: last.uploadedBytes - first.uploadedBytes,
      of: (name) => takenBetween(first.rows.get(name), last.rows.get(name)),
    }
  }

  /** What a leecher said of its spending, newest last. */
  purchases(name: string): readonly Purchase[] {
    const leecher = this.leechers.get(name)
    if (leecher === undefined) throw new Error(`no leecher ${name}`)
    // The command documents its events.
    const events = leecher.out.map((line) => JSON.parse(line) as Purchase)
    return events.filter(({ event, billed }) => event === 'progress' && billed !== undefined)
  }

  /** Ends its own processes only: contests may run beside each other. */
  async close(): Promise<void> {
    const running = [this.seeder, this.chain?.running, ...this.leechers.values()]
    await Promise.all(running.map((it) => it?.stop('SIGKILL')))
    removeFolder(this.swarm.folder)
    this.net.remove()
  }

  #run(name: string, args: readonly string[]): Running {
    return startMillrace(this.swarm.home(name), args, this.net.host(name))
  }

  #rested(bidders: readonly string[]): Snapshot | undefined {
    const snapshots = this.#snapshots()
    const awake = snapshots.findIndex(
      ({ rows }) =>
        rows.size === this.options.contenders.length && bidders.every((name) => rows.get(name)?.awake === true),
    )
    if (awake < 0) return undefined
    return snapshots.slice(awake + settleSeconds).find((snapshot, i, all) => {
      const later = all.slice(i, i + restEpochs)
      return later.length === restEpochs && later.every(({ price }) => near(price, snapshot.price))
    })
  }

  /** One for each epoch of the seeder: the first event that shows it. */
  #snapshots(): Snapshot[] {
    const hosts = new Map(this.options.contenders.map(({ name }) => [this.net.host(name).host, name]))
    const snapshots: Snapshot[] = []
    let shown = ''
    for (const line of this.seeder?.out ?? []) {
      // The command documents its events.
      const event = JSON.parse(line) as SeederEvent
      const text = JSON.stringify(event.buyers)
      if (event.event !== 'progress' || event.buyers === undefined || text === shown) continue
      shown = text
      const names = new Map(event.sources.map(({ id, address }) => [id, hosts.get(address.host)]))
      const rows = new Map<string, Row>()
      for (const { peer, awake, paidBytes, freeBytes } of event.buyers) {
        rows.set(names.get(peer) ?? String(peer), { awake, paidBytes, freeBytes })
      }
      snapshots.push({ at: event.at, uploadedBytes: event.uploadedBytes, price: Number(event.pricePerMiB), rows })
    }
    return snapshots
  }
}

function bidOf(bttPerSecond: number): string[] {
  return ['--bid', String(bttPerSecond), '--max-price', String(priceMaxBtt), '--budget', String(budgetBtt), '--yes']
}

function takenBetween(first: Row | undefined, last: Row | undefined): Taken {
  if (first === undefined || last === undefined) throw new Error('no such contender at the seeder')
  return {
    paidBytes: last.paidBytes - first.paidBytes,
    freeBytes: last.freeBytes - first.freeBytes,
  }
}

function near(price: number, other: number): boolean {
  return Math.abs(price - other) <= restPart * other
}
