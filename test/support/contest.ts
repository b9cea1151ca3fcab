/**
 * Leechers that want one seeder's bytes at the same time, each on a line of its own: what the seeder gave to whom, in
 * which class, in a window in which all of them wanted more. Counts are the seeder's, taken at its epochs.
 */

import { messageOf } from '@millrace/base'
import { removeFolder } from './content.ts'
import { startChain, type TestChain, tradeOn } from './economy.ts'
import { startMillrace } from './millrace.ts'
import { waitForListener } from './network.ts'
import { eventually, type Running } from './processes.ts'
import {
  type Contended,
  contendedOf,
  type EpochStart,
  heldDown,
  queuedSeconds,
  SellerEpochs,
  type Taken,
} from './seller-epochs.ts'
import { type HostPlan, ShapedNet } from './shaped-net.ts'
import { TestSwarm } from './swarm.ts'

export interface Contender {
  readonly name: string
  /** Which /24 it lives in. */
  readonly subnet: number
  /** Spend rate in BTT a second; absent, it pays nothing. */
  readonly bid?: number
  /** Its highest price in BTT a MiB; absent, one that no quote of these runs comes near. */
  readonly priceMax?: number
}

export interface ContestOptions {
  /** The seeder's upload limit. */
  readonly capacity: number
  /** What its line carries, headers included. */
  readonly line: number
  readonly contenders: readonly Contender[]
  readonly bytes: number
}

/** The epochs in which every contender kept asking. */
export interface Window {
  readonly seconds: number
  readonly uploadedBytes: number
  /** For how long the seeder had no core in it: bytes that it could not send. */
  readonly waitedSeconds: number
  readonly of: (name: string) => Taken
}

/** The documented `progress` event of a paying `get --jsonl`, as far as it is read here. */
export interface Purchase {
  readonly event: string
  readonly at: number
  readonly receivedBytes: number
  readonly paidBytes: number
  readonly billed: string
  /** What all its bids offer now: base units a second. */
  readonly spendRatePerSecond: string
  /** Of the dearest live quote; absent before one. */
  readonly pricePerMiB?: string
}

const seederPort = 6881
const askBtt = 1
const priceMaxDefaultBtt = 1000
const budgetBtt = 100_000
/** The market is at rest when the price moves less than this part between two epochs. */
const restPart = 0.02
const restEpochs = 3
/** On a machine that others use each of half a dozen processes may take seconds to start. */
const startMilliseconds = 100_000
/** How long the epochs that count may take beyond their own time. */
const patienceMilliseconds = 60_000

export class Contest {
  readonly options: ContestOptions
  readonly name: string
  readonly swarm: TestSwarm
  readonly net: ShapedNet
  chain: TestChain | undefined
  seeder: Running | undefined
  #epochs: SellerEpochs | undefined
  readonly leechers = new Map<string, Running>()

  constructor(name: string, options: ContestOptions) {
    this.name = name
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
    const hosts = new Map(contenders.map(({ name }) => [this.net.host(name).host, name]))
    this.#epochs = new SellerEpochs(hosts, this.seeder.pid)
    await waitForListener(this.seeder, seederPort, startMilliseconds)
    const address = `${this.net.host('seeder').host}:${seederPort}`
    for (const [index, { name, bid, priceMax }] of contenders.entries()) {
      const getting = ['get', this.swarm.torrent, '--out', this.swarm.out(name), '--peer', address, '--jsonl']
      const bids = bid === undefined ? [] : [...bidOf(bid, priceMax), ...tradeOn(this.chain, index + 1)]
      this.leechers.set(name, this.#run(name, [...getting, ...bids]))
    }
  }

  /**
   * `seconds` of epochs in which every contender kept asking, from when every bid is awake and the market is at rest. What
   * was left out is printed, with the time that those processes had no core: without any it is their own fault.
   */
  async measure(seconds: number): Promise<Window> {
    const from = await this.#eventually('every bid is awake and the market at rest', startMilliseconds, () =>
      this.#rested(),
    )
    const waitMilliseconds = seconds * 1000 + patienceMilliseconds
    const window = await this.#eventually(`${seconds} s in which all keep asking`, waitMilliseconds, () => {
      for (const [name, leecher] of this.leechers) {
        if (leecher.isOver) throw new Error(`${name} had everything before the window ended: ${leecher.printed}`)
      }
      const contended = contendedOf(this.#starts().slice(from))
      return contended.seconds >= seconds && contended
    })
    this.#tell(window)
    return { ...window, of: (name) => defined(window.taken.get(name), name) }
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

  /** The index of the epoch with which the rest begins: no share is held down by a demand that is not known yet. */
  #rested(): number | undefined {
    const { contenders } = this.options
    const starts = this.#starts()
    const isReady = (start: EpochStart): boolean =>
      start.rows.size === contenders.length &&
      contenders.every(({ name, bid }) => bid === undefined || start.rows.get(name)?.awake === true) &&
      heldDown(start).length === 0
    const index = starts.findIndex((start, i) => {
      const rest = starts.slice(i, i + restEpochs)
      return rest.length === restEpochs && rest.every((it) => isReady(it) && near(it.price, start.price))
    })
    return index < 0 ? undefined : index
  }

  /** As `eventually`, and a failure shows the last epoch: what kept the market from it, or that the seeder got no core. */
  async #eventually<Answer>(what: string, milliseconds: number, ask: () => Answer | undefined | false) {
    try {
      return await eventually(what, milliseconds, ask)
    } catch (thrown) {
      const last = this.#starts().at(-1)
      const seen = last === undefined ? 'no epoch' : JSON.stringify({ ...last, rows: [...last.rows] })
      throw new Error(`${this.name}: ${messageOf(thrown)}; the seeder's last epoch: ${seen}`, { cause: thrown })
    }
  }

  #starts(): readonly EpochStart[] {
    return this.#epochs?.read(this.seeder?.out ?? []) ?? []
  }

  #tell({ counted, seconds, waitedSeconds, leftOut }: Contended): void {
    const who = [...leftOut].map(([name, epochs]) => {
      const queued = queuedSeconds(this.leechers.get(name)?.pid ?? 0).toFixed(2)
      return `${name} asked for too little in ${epochs} (it stood ${queued} s in that queue since its start)`
    })
    const others = who.length === 0 ? '' : `; left out: ${who.join(', ')}`
    const waited = `the seeder stood ${waitedSeconds.toFixed(2)} s in the queue for a core`
    console.log(`contest: ${this.name}: ${counted} epochs of ${seconds.toFixed(1)} s; ${waited}${others}`)
  }
}

function bidOf(bttPerSecond: number, priceMax = priceMaxDefaultBtt): string[] {
  return ['--bid', String(bttPerSecond), '--max-price', String(priceMax), '--budget', String(budgetBtt), '--yes']
}

function defined(taken: Taken | undefined, name: string): Taken {
  if (taken === undefined) throw new Error(`no contender ${name} at the seeder`)
  return taken
}

function near(price: number, other: number): boolean {
  return Math.abs(price - other) <= restPart * other
}
