/** The owner of an uplink, or of another resource: who is served next, in which class, at what price, and what it is billed. */

import { assert, type Btt, btt, defined, upload } from '@millrace/base'
import * as books from './account.ts'
import { type Bid, costCeiling, paceLimit } from './bid.ts'
import { Capacity } from './capacity.ts'
import { securedSpend } from './credit.ts'
import { nextDemand, unreadyMsMax } from './demand.ts'
import { EpochMeter } from './epoch-meter.ts'
import { FairQueue } from './fair-queue.ts'
import { type Holder, openHolder, spendOf } from './market-holder.ts'
import { checkedFreeShare, freeSharePpmDefault, type MarketOptions } from './market-options.ts'
import * as peers from './market-peer.ts'
import { type AccountView, accountView, type EpochReport, epochReport, type PeerView, peerView } from './market-view.ts'
import { PeerTable } from './peer-table.ts'
import { decideEpoch } from './price-epoch.ts'
import { Unstated } from './unstated.ts'
import { type WakeTerms, wakeTermsOf } from './wake.ts'

/** A voucher that makes a silent bid heard starts an epoch early, but not more often than this. */
const earlyEpochMsMin = 100

/**
 * Every method takes the time of one monotonic clock in milliseconds. Peers are handles of the caller.
 *
 * @example
 * const market = new UploadMarket({ capacity: { kind: 'limited', bytesPerSecond: 1e6 }, askPerMiB: undefined })
 * market.addPeer(1, '192.0.2.0/24', 0)
 * market.setUnchoked(1, true, 0)
 * market.setBacklog(1, 16_384, 0)
 * market.choose(0) // 1
 * market.served(1, 16_384, 0) // 0n
 */
export class UploadMarket {
  readonly #stepUnits: number
  #ask: Btt | undefined
  #freeSharePpm: number
  readonly #wake: WakeTerms
  readonly #lateMs: number
  readonly #capacity: Capacity
  readonly #queue: FairQueue
  readonly #peers = new PeerTable()
  readonly #accounts = new Map<string, Holder>()
  #price: Btt
  #picked: peers.PeerState | undefined
  #pricedMs = 0
  /** When an epoch that cannot wait is due. */
  #earlyMs = Number.POSITIVE_INFINITY
  readonly #meter = new EpochMeter()
  readonly #unstated = new Unstated()

  constructor(options: MarketOptions) {
    const { resource = upload, capacity, freeSharePpm = freeSharePpmDefault, askPerMiB } = options
    this.#stepUnits = resource.stepUnits
    this.#ask = askPerMiB
    this.#freeSharePpm = checkedFreeShare(freeSharePpm)
    this.#wake = wakeTermsOf(options)
    this.#lateMs = options.lateMs ?? books.lateMsDefault
    this.#capacity = new Capacity(capacity, this.#stepUnits)
    this.#queue = new FairQueue(freeSharePpm / 1e6, this.#stepUnits)
    this.#price = btt(askPerMiB !== undefined && askPerMiB > 1n ? askPerMiB : 1n)
  }

  /** p: base units a MiB, at least the ask. */
  get pricePerMiB(): Btt {
    return this.#price
  }

  /** The reserve price, base units a MiB; undefined while nothing is sold. */
  get askPerMiB(): Btt | undefined {
    return this.#ask
  }

  /** Moves the ask; undefined sells nothing for now. Bids stay, and are heard again once there is an ask they allow. */
  setAsk(askPerMiB: Btt | undefined, nowMs: number): void {
    if (askPerMiB === this.#ask) return
    this.#ask = askPerMiB
    this.#reprice(nowMs)
  }

  /** phi: millionths of C that those who do not pay have to themselves. */
  get freeSharePpm(): number {
    return this.#freeSharePpm
  }

  /** Moves the free share: whose block is next follows at once, price and shares with the next epoch. */
  setFreeShare(freeSharePpm: number): void {
    this.#freeSharePpm = checkedFreeShare(freeSharePpm)
    this.#queue.setFreeShare(freeSharePpm / 1e6)
  }

  /** C: bytes a second. */
  get capacity(): number {
    return this.#capacity.bytesPerSecond
  }

  /** Sets the limit of a limited link. */
  setLimit(bytesPerSecond: number, nowMs: number): void {
    this.#capacity.setLimit(bytesPerSecond, nowMs)
  }

  /** @param addressGroup see `addressGroupOf` */
  addPeer(peer: number, addressGroup: string, nowMs: number): void {
    assert(!this.#peers.has(peer), 'a peer handle that is new')
    this.#meter.start(nowMs)
    const state = peers.newPeer(peer, this.#queue.add(peer, addressGroup), this.#stepUnits, this.capacity)
    this.#queue.hold(state.flow, nowMs)
    this.#peers.add(state)
  }

  /** Forgets the connection. The books of its account stay until `dropAccount`. */
  removePeer(peer: number, nowMs: number): void {
    const state = this.#peers.get(peer)
    this.#ready(state, 0, false, nowMs)
    this.#queue.remove(state.flow)
    this.#peers.delete(peer)
    if (this.#picked === state) this.#picked = undefined
    const { account } = state
    if (account === undefined) return
    const holder = this.#holder(account.id)
    holder.peers.delete(state)
    holder.spend = undefined
    this.#renew(holder, nowMs)
  }

  /** The free class's own choker: is this peer among those it serves? Independent of any bid. */
  setUnchoked(peer: number, unchoked: boolean, nowMs: number): void {
    const state = this.#peers.get(peer)
    state.unchoked = unchoked
    this.#update(state, nowMs)
  }

  setInterested(peer: number, interested: boolean): void {
    this.#peers.get(peer).interested = interested
  }

  /** Bytes of the peer's next request when it has one AND its socket has room; 0 otherwise. */
  setBacklog(peer: number, bytes: number, nowMs: number): void {
    const state = this.#peers.get(peer)
    if (state.backlog === bytes) return
    this.#ready(state, bytes, state.stalled, nowMs)
  }

  /** The peer has requests, but its socket has no room: tells a measured capacity that the line is the limit. */
  setStalled(peer: number, stalled: boolean, nowMs: number): void {
    const state = this.#peers.get(peer)
    if (state.stalled !== stalled) this.#ready(state, state.backlog, stalled, nowMs)
  }

  /** Binds a connection to an account, after `hello`. Several peers may share one. */
  bindAccount(peer: number, account: string, unitBytes: number, nowMs: number): void {
    const state = this.#peers.get(peer)
    assert(state.account === undefined, 'a connection without an account: hello comes once')
    const holder = this.#accounts.get(account) ?? openHolder(account, unitBytes, this.#stepUnits)
    this.#accounts.set(account, holder)
    holder.account.unitBytes = Math.max(holder.account.unitBytes, unitBytes)
    holder.peers.add(state)
    holder.spend = undefined
    state.account = holder.account
    this.#renew(holder, nowMs)
  }

  /** Loads the books of an earlier run. The account is bound. */
  setAccount(account: string, kept: books.KeptBooks, nowMs: number): void {
    const holder = this.#holder(account)
    books.loadBooks(holder.account, kept, nowMs)
    this.#renew(holder, nowMs)
  }

  /** A voucher was accepted: L is `paid` now. */
  setPaid(account: string, paid: Btt, nowMs: number): void {
    const holder = this.#holder(account)
    books.receivePayment(holder.account, paid, this.#price, nowMs)
    this.#renew(holder, nowMs)
    const silent = [...holder.peers].some(({ bid, share }) => bid !== undefined && share === 0)
    if (silent) this.#earlyMs = Math.max(nowMs, this.#pricedMs + earlyEpochMsMin)
  }

  /** The bid that counts from now on; undefined withdraws it. A raise is heard at the next epoch, a cut at once. */
  setBid(peer: number, bid: Bid | undefined, nowMs: number): void {
    const state = this.#peers.get(peer)
    state.bid = bid !== undefined && bid.spendRatePerSecond > 0n ? bid : undefined
    state.bidSinceMs = nowMs
    state.bidBilled = 0n
    state.bidBlocks = 0
    this.#queue.hold(state.flow, nowMs)
    // Without a pace there is nothing to cut.
    if (state.flow.pace > 0) {
      const limit = paceLimit(state.bid, this.#price)
      if (state.flow.pace * 1000 > limit) this.#share(state, Math.min(state.share, limit), limit, nowMs)
    }
    if (state.account === undefined) return this.#update(state, nowMs)
    const holder = this.#holder(state.account.id)
    holder.spend = undefined
    this.#renew(holder, nowMs)
  }

  /** A quote left on this connection: the bill never goes above the last one, and a bid without any buys nothing. */
  noteQuote(peer: number, pricePerMiB: Btt, nowMs: number): void {
    const state = this.#peers.get(peer)
    state.quote = pricePerMiB
    peers.repriceBill(state, this.#price)
    this.#update(state, nowMs)
  }

  /** A statement of the account's billing left now. */
  noteStatement(account: string, nowMs: number): void {
    books.stateBilled(this.#holder(account).account, nowMs)
  }

  /** The accounts that are owed a statement; to be asked at least every 20 ms while paid blocks leave. */
  statementsDue(nowMs: number): string[] {
    return this.#unstated.due(nowMs)
  }

  /** Writes off what the account owes and starts its credit anew; the caller journals the loss. */
  writeOff(account: string, nowMs: number): Btt {
    const holder = this.#holder(account)
    const loss = books.writeOffDebt(holder.account, nowMs)
    this.#renew(holder, nowMs)
    return loss
  }

  /** Forgets the books of an account that has no connection left. */
  dropAccount(account: string): void {
    const holder = this.#holder(account)
    assert(holder.peers.size === 0, 'an account without connections')
    this.#unstated.remove(holder.account)
    this.#accounts.delete(account)
  }

  /** The peer whose block leaves next, or -1: no room on the link, or nobody has anything to be served. */
  choose(nowMs: number): number {
    this.#picked = undefined
    if (nowMs >= this.#earlyMs) this.#reprice(nowMs)
    if (!this.#capacity.open(nowMs)) return -1
    for (;;) {
      const flow = this.#queue.pick(nowMs)
      if (flow === undefined) return -1
      const state = this.#peers.get(flow.peer)
      const tier = peers.tierOf(state)
      // Money ran out since the flow was placed: it stands elsewhere now.
      if (tier !== flow.tier) {
        this.#queue.place(flow, tier)
        continue
      }
      this.#picked = state
      return flow.peer
    }
  }

  /**
   * Accounts the block of the peer that `choose` named, in the class it was chosen from.
   *
   * @param bytes at most the backlog that was set
   * @returns by how many base units the bill rose
   */
  served(peer: number, bytes: number, nowMs: number): Btt {
    const state = defined(this.#picked, 'a block that was chosen')
    assert(state.peer === peer && bytes > 0 && bytes <= state.backlog, 'the chosen peer and at most its next request')
    this.#picked = undefined
    this.#capacity.spend(bytes)
    this.#meter.sent(bytes)
    state.sentInEpoch += bytes
    if (this.#queue.pickedPaid) {
      this.#queue.servedPaid(state.flow, bytes, nowMs)
      state.paidBytes += bytes
      return this.#bill(state, bytes)
    }
    this.#queue.servedFree(state.flow, bytes)
    state.freeBytes += bytes
    return this.#ask !== undefined && peers.trialBilled(state, nowMs) ? this.#bill(state, bytes) : btt(0n)
  }

  /** When `choose` is worth asking again: Infinity while nobody has anything to be served. */
  retryAtMs(nowMs: number): number {
    return this.#queue.backlogged ? this.#capacity.openAtMs(nowMs) : Number.POSITIVE_INFINITY
  }

  /** An interested peer to unchoke because nobody who may be served wants bytes; -1 when there is none. */
  starvedPeer(): number {
    return this.#queue.backlogged ? -1 : peers.starvedOf(this.#peers)
  }

  /** Ends an epoch: measures, sets the price, shares and which bids are awake. To be called each second. */
  epoch(nowMs: number): EpochReport {
    const { elapsedMs, sentRate, busy } = this.#meter.close(nowMs)
    for (const state of this.#peers) {
      state.sentRate = (state.sentInEpoch * 1000) / elapsedMs
      state.sentInEpoch = 0
      state.limited = peers.closeReadiness(state, nowMs) > unreadyMsMax
      state.demand = nextDemand(state.demand, state.sentRate, state.limited, this.#stepUnits)
    }
    this.#capacity.measure(sentRate, busy)
    this.#queue.rebase()
    this.#reprice(nowMs)
    return epochReport(this.#price, this.capacity, sentRate, this.#peers)
  }

  account(account: string): AccountView {
    return accountView(this.#holder(account).account)
  }

  /** The peer is to be unchoked whatever the choker thinks: its bid has money behind it, so its demand must show. */
  isEntitled(peer: number): boolean {
    return this.#peers.get(peer).secured > 0n
  }

  peerView(peer: number): PeerView {
    return peerView(this.#peers.get(peer))
  }

  #reprice(nowMs: number): void {
    this.#pricedMs = nowMs
    this.#earlyMs = Number.POSITIVE_INFINITY
    for (const holder of this.#accounts.values()) {
      books.checkLateness(holder.account, this.#price, this.#lateMs, nowMs)
      this.#renew(holder, nowMs)
    }
    const bidding: peers.PeerState[] = []
    const free: peers.PeerState[] = []
    const block = costCeiling(this.#stepUnits, this.#price)
    for (const state of this.#peers) {
      state.secured = this.#securedOf(state, block)
      if (state.secured > 0n) bidding.push(state)
      else {
        if (state.unchoked) free.push(state)
        // Who had no share and has none stays where it is.
        if (state.share > 0 || state.flow.pace > 0) this.#share(state, 0, 0, nowMs)
      }
    }
    const { price, bidders } = decideEpoch({
      bidders: bidding.map(peers.bidderOf),
      free,
      capacity: this.capacity,
      freeShare: this.#freeSharePpm / 1e6,
      askPerMiB: this.#ask ?? btt(1n),
      wake: this.#wake,
    })
    // While nothing is sold the last price stands: credit is reckoned by it.
    if (this.#ask !== undefined) this.#price = price
    for (const [i, state] of bidding.entries()) {
      const outcome = defined(bidders[i], 'an outcome for each bidder')
      state.awake = outcome.awake
      state.freeLevel = outcome.freeLevel
      this.#share(state, outcome.share, outcome.pace, nowMs)
    }
    for (const holder of this.#accounts.values()) this.#renew(holder, nowMs)
    for (const state of this.#peers) {
      // Those of an account were placed just now.
      if (peers.repriceBill(state, this.#price)) this.#update(state, nowMs)
    }
    this.#queue.setFreeLevel(peers.meanFreeLevel(this.#peers, this.capacity))
  }

  /** w^ of a peer's bid; 0 without an ask, a bid, an account, a quote or the money for a `block`. */
  #securedOf({ bid, account, quote }: peers.PeerState, block: Btt): bigint {
    if (this.#ask === undefined || bid === undefined || account === undefined || quote === undefined) return 0n
    const total = spendOf(this.#holder(account.id))
    return securedSpend(bid.spendRatePerSecond, total, books.availableOf(account), block)
  }

  #bill(state: peers.PeerState, bytes: number): Btt {
    const account = defined(state.account, 'a billed peer with an account')
    this.#unstated.add(account)
    return peers.billTo(state, account, bytes)
  }

  #share(state: peers.PeerState, share: number, pace: number, nowMs: number): void {
    state.share = share
    if (share === 0) state.awake = false
    this.#queue.setPace(state.flow, pace, nowMs)
    // Debt that was rescaled must not let the bill run ahead of w t.
    if (share > 0) this.#queue.hold(state.flow, state.bidSinceMs + peers.billedMsOf(state))
  }

  #renew(holder: Holder, nowMs: number): void {
    books.renewCredit(holder.account, this.#price, spendOf(holder), nowMs)
    for (const state of holder.peers) this.#update(state, nowMs)
  }

  #ready(state: peers.PeerState, backlog: number, stalled: boolean, nowMs: number): void {
    const before = state.backlog > 0 || state.stalled ? 1 : 0
    state.backlog = backlog
    state.stalled = stalled
    this.#meter.wait((backlog > 0 || stalled ? 1 : 0) - before, nowMs)
    this.#update(state, nowMs)
  }

  #update(state: peers.PeerState, nowMs: number): void {
    peers.noteReadiness(state, nowMs)
    this.#queue.place(state.flow, peers.tierOf(state))
  }

  #holder(account: string): Holder {
    return defined(this.#accounts.get(account), 'an account that was bound')
  }
}
