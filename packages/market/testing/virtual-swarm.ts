/**
 * One seeder and its peers in virtual time over the real market: 16 KiB blocks, vouchers one round trip after statements.
 * Or the seller of another resource: plans and results then speak of its steps as if each were a block of 16 KiB, so that the
 * same plan is the same contest whatever is sold.
 */

import { type Btt, blockBytes, btt, type Resource, upload } from '@millrace/base'
import { prepayment } from '../src/buyer.ts'
import { UploadMarket } from '../src/upload-market.ts'

export const mib = 1_048_576
export const capacity = 8 * mib
export const ask = 1_000_000n
const roundTripMs = 50
const tickMsDefault = 2

export interface PeerPlan {
  /** w in units of the ask a second: 2 buys 2 MiB a second at the reserve price. Absent: never pays. */
  readonly spend?: number
  /** m in units of the ask. */
  readonly priceMax?: number
  /** Bytes a second it can take; absent: all it gets. */
  readonly demand?: number
  readonly group?: string
  readonly joinsMs?: number
  /** From then on it signs no vouchers. */
  readonly stopsPayingMs?: number
  /** From then on its spend rate is `raisedSpend`. */
  readonly raisesMs?: number
  readonly raisedSpend?: number
  readonly prepays?: boolean
  /** Asked for each voucher: how much of the amount may be promised. */
  readonly grant?: (amount: bigint) => bigint
}

export interface SwarmPlan {
  /** What is sold; upload when absent. */
  readonly resource?: Resource
  readonly peers: readonly PeerPlan[]
  readonly seconds: number
  /** Of the uplink: bytes a second. */
  readonly capacity?: number
  /** Timers of a busy loop: nothing happens between two ticks. */
  readonly tickMs?: number
  /** Bytes are counted from then on. */
  readonly fromSecond?: number
  readonly freeSharePpm?: number
  readonly billAlways?: boolean
  /** Called after each second. */
  readonly onSecond?: (second: number, swarm: VirtualSwarm) => void
}

export interface PeerTotals {
  paid: number
  free: number
  total: number
  billed: bigint
}

interface Buyer {
  readonly plan: PeerPlan
  readonly account: string
  prepaid: Btt
  appetite: number
  billed: bigint
  paid: bigint
  bidSinceMs: number
  billedBeforeBid: bigint
  readonly counted: PeerTotals
}

interface Voucher {
  readonly atMs: number
  readonly buyer: Buyer
  readonly billed: bigint
}

/** What a run found. Bytes of the counted time; money as it is. */
export interface SwarmResult {
  readonly peers: readonly PeerTotals[]
  readonly use: number
  readonly countedSeconds: number
  /** Bills above w (t + 250 ms) plus a block, above m, or for more bytes than the paid class sent. */
  readonly overbilled: number
  /** Most that was billed and not paid, by peer. */
  readonly debts: readonly bigint[]
  readonly prices: readonly bigint[]
}

export class VirtualSwarm {
  readonly market: UploadMarket
  readonly buyers: Buyer[] = []
  readonly debts: bigint[] = []
  readonly prices: bigint[] = []
  overbilled = 0
  sent = 0
  #vouchers: Voucher[] = []
  readonly #plan: SwarmPlan
  readonly #resource: Resource
  /** Of the resource, and units of it for a byte of the plan. */
  readonly #stepUnits: number
  readonly #scale: number
  readonly #capacity: number
  readonly #tickMs: number

  constructor(plan: SwarmPlan) {
    this.#plan = plan
    this.#resource = plan.resource ?? upload
    this.#stepUnits = this.#resource.stepUnits
    this.#scale = this.#stepUnits / blockBytes
    this.#capacity = (plan.capacity ?? capacity) * this.#scale
    this.#tickMs = plan.tickMs ?? tickMsDefault
    this.market = new UploadMarket({
      resource: this.#resource,
      capacity: { kind: 'limited', bytesPerSecond: this.#capacity },
      askPerMiB: btt(ask),
      ...(plan.freeSharePpm === undefined ? {} : { freeSharePpm: plan.freeSharePpm }),
      ...(plan.billAlways === true ? { wakePpm: 0, sleepPpm: 0 } : {}),
    })
    for (const [i, peer] of plan.peers.entries()) {
      const prepaid = this.#prepayment(this.#spendOf(peer.spend ?? 0))
      this.buyers.push({
        plan: peer,
        account: `account ${i}`,
        prepaid: peer.prepays === false ? btt(0n) : prepaid,
        appetite: 0,
        billed: 0n,
        paid: 0n,
        bidSinceMs: 0,
        billedBeforeBid: 0n,
        counted: { paid: 0, free: 0, total: 0, billed: 0n },
      })
      this.debts.push(0n)
    }
  }

  run(): SwarmResult {
    const { seconds, fromSecond = 0 } = this.#plan
    for (let now = 0; now < seconds * 1000; now += this.#tickMs) this.tick(now)
    const countedSeconds = seconds - fromSecond
    return {
      peers: this.buyers.map(({ counted }) => counted),
      use: (this.sent * this.#scale) / (countedSeconds * this.#capacity),
      countedSeconds,
      overbilled: this.overbilled,
      debts: this.debts,
      prices: this.prices,
    }
  }

  /** What happens at one time; to be called for each multiple of the tick. */
  tick(now: number): void {
    for (const [peer, buyer] of this.buyers.entries()) this.#step(peer, buyer, now)
    if (now > 0 && now % 1000 === 0) this.#second(now)
    if (now % 20 === 0) this.#settle(now)
    for (let peer = this.market.choose(now); peer >= 0; peer = this.market.choose(now)) {
      this.#serve(peer, now, now >= (this.#plan.fromSecond ?? 0) * 1000)
    }
  }

  #step(peer: number, buyer: Buyer, now: number): void {
    const { plan } = buyer
    const joinsMs = plan.joinsMs ?? 0
    if (now < joinsMs) return
    if (now === joinsMs) this.#join(peer, buyer, now)
    if (now === plan.raisesMs) this.#bid(peer, buyer, plan.raisedSpend ?? 0, now)
    if (plan.demand === undefined) return
    buyer.appetite = Math.min(buyer.appetite + (plan.demand * this.#tickMs) / 1000, 8 * blockBytes)
    this.market.setBacklog(peer, buyer.appetite >= blockBytes ? this.#stepUnits : 0, now)
  }

  #join(peer: number, buyer: Buyer, now: number): void {
    const { market } = this
    market.addPeer(peer, buyer.plan.group ?? `group ${peer}`, now)
    market.setUnchoked(peer, true, now)
    market.setBacklog(peer, buyer.plan.demand === undefined ? this.#stepUnits : 0, now)
    if (buyer.plan.spend === undefined) return
    market.bindAccount(peer, buyer.account, this.#stepUnits, now)
    market.noteQuote(peer, market.pricePerMiB, now)
    this.#bid(peer, buyer, buyer.plan.spend, now)
    this.#pay(buyer, buyer.prepaid, now)
  }

  #bid(peer: number, buyer: Buyer, spend: number, now: number): void {
    const priceMaxPerMiB = btt(BigInt(Math.round((buyer.plan.priceMax ?? 1e6) * Number(ask))))
    buyer.bidSinceMs = now
    buyer.billedBeforeBid = buyer.billed
    this.market.setBid(peer, { number: now, spendRatePerSecond: this.#spendOf(spend), priceMaxPerMiB }, now)
  }

  /** Another bid of a peer with an account, from outside the plan. */
  rebid(peer: number, spendRatePerSecond: Btt, priceMaxPerMiB: Btt, now: number): void {
    const buyer = this.buyers[peer]
    if (buyer !== undefined && spendRatePerSecond > buyer.prepaid / 2n) {
      buyer.prepaid = this.#prepayment(spendRatePerSecond)
      this.#pay(buyer, buyer.billed + buyer.prepaid, now)
    }
    this.market.setBid(peer, { number: now, spendRatePerSecond, priceMaxPerMiB }, now)
  }

  #second(now: number): void {
    const { pricePerMiB } = this.market.epoch(now)
    this.prices.push(pricePerMiB)
    for (const [peer, { plan }] of this.buyers.entries()) {
      if (plan.spend !== undefined && now >= (plan.joinsMs ?? 0)) this.market.noteQuote(peer, pricePerMiB, now)
    }
    this.#plan.onSecond?.(now / 1000, this)
  }

  #settle(now: number): void {
    const { market } = this
    for (const voucher of this.#vouchers) {
      if (voucher.atMs <= now) this.#pay(voucher.buyer, voucher.billed + voucher.buyer.prepaid, now)
    }
    this.#vouchers = this.#vouchers.filter(({ atMs }) => atMs > now)
    for (const account of market.statementsDue(now)) {
      market.noteStatement(account, now)
      const buyer = this.buyers.find((candidate) => candidate.account === account)
      if (buyer !== undefined) this.#vouchers.push({ atMs: now + roundTripMs, buyer, billed: buyer.billed })
    }
  }

  #pay(buyer: Buyer, cumulative: bigint, now: number): void {
    if (now >= (buyer.plan.stopsPayingMs ?? Number.POSITIVE_INFINITY) || cumulative <= buyer.paid) return
    const amount = cumulative - buyer.paid
    const granted = buyer.plan.grant?.(amount) ?? amount
    if (granted <= 0n) return
    buyer.paid += granted
    this.market.setPaid(buyer.account, btt(buyer.paid), now)
  }

  #serve(peer: number, now: number, count: boolean): void {
    const buyer = this.buyers[peer]
    if (buyer === undefined) throw new Error(`a block for the unknown peer ${peer}`)
    const before = this.market.peerView(peer)
    const billed = this.market.served(peer, this.#stepUnits, now)
    const view = this.market.peerView(peer)
    buyer.billed += billed
    const debt = buyer.billed - buyer.paid
    this.debts[peer] = debt > (this.debts[peer] ?? 0n) ? debt : (this.debts[peer] ?? 0n)
    if (this.#isOver(buyer, view.billedBytes, now)) this.overbilled++
    if (buyer.plan.demand !== undefined) {
      buyer.appetite -= blockBytes
      this.market.setBacklog(peer, buyer.appetite >= blockBytes ? this.#stepUnits : 0, now)
    }
    if (!count) return
    const paid = (view.paidBytes - before.paidBytes) / this.#scale
    buyer.counted.paid += paid
    buyer.counted.free += blockBytes - paid
    buyer.counted.total += blockBytes
    buyer.counted.billed += billed
    this.sent += blockBytes
  }

  /** The buyer's own check, in integers, from when its bid counted. */
  #isOver(buyer: Buyer, billedBytes: number, now: number): boolean {
    const { plan, bidSinceMs } = buyer
    if (plan.spend === undefined) return buyer.billed > 0n
    const raised = plan.raisesMs !== undefined && now >= plan.raisesMs
    const spend = this.#spendOf(raised ? (plan.raisedSpend ?? 0) : plan.spend)
    const priceMax = BigInt(Math.round((plan.priceMax ?? 1e6) * Number(ask)))
    if (buyer.billed > (BigInt(billedBytes) * priceMax) / BigInt(mib)) return true
    const block = (this.market.pricePerMiB * BigInt(this.#stepUnits)) / BigInt(mib) + 1n
    const allowed = (spend * BigInt(now - bidSinceMs + 250)) / 1000n + block
    return buyer.billed - buyer.billedBeforeBid > allowed
  }

  #prepayment(spendRatePerSecond: Btt): Btt {
    return prepayment(ask, spendRatePerSecond, mib * this.#scale, 10n ** 30n, this.#stepUnits)
  }

  #spendOf(units: number): Btt {
    return btt(BigInt(Math.round(units * Number(ask) * this.#scale)))
  }
}

export function simulate(plan: SwarmPlan): SwarmResult {
  return new VirtualSwarm(plan).run()
}
