/** The buying half of a peer: spreads its spend rate over the sellers that it knows, each second. */

import { type Btt, btt, zeroBtt } from '@millrace/base'
import { type PurchaseView, type SellerOffer, splitSpend } from '@millrace/market'
import type { AgentView, Behaviour } from './behaviour.ts'
import type { EventQueue } from './event-queue.ts'
import type { Purse } from './purse.ts'
import type { Trade, TradeBuyer } from './trade.ts'

/** As in the client: while nobody is bid, quotes are gathered for so long, and the next second is not waited for. */
const gatherMs = 100

/** The peer whose wallet it is. */
export interface WalletOwner extends AgentView {
  readonly behaviour: Behaviour
  readonly pieceBytes: number
}

export class Wallet implements TradeBuyer {
  readonly purse: Purse
  readonly #owner: WalletOwner
  readonly #events: EventQueue
  readonly #trades: Trade[] = []
  #isGathering = false
  #hasBid = false
  /** Bills that its own check refused, those of sellers that left included. */
  #faults = 0

  constructor(owner: WalletOwner, purse: Purse, events: EventQueue) {
    this.#owner = owner
    this.#events = events
    this.purse = purse
  }

  get id(): number {
    return this.#owner.id
  }

  get pieceBytes(): number {
    return this.#owner.pieceBytes
  }

  get isSettled(): boolean {
    return this.#trades.every((trade) => trade.isSettled)
  }

  get faults(): number {
    return this.#trades.reduce((sum, trade) => sum + trade.faults, this.#faults)
  }

  leftBytes(): number {
    return this.#owner.leftBytes()
  }

  open(trade: Trade): void {
    this.#trades.push(trade)
  }

  close(trade: Trade): void {
    this.#faults += trade.faults
    this.#trades.splice(this.#trades.indexOf(trade), 1)
  }

  onFirstQuote(): void {
    if (this.#hasBid || this.#isGathering) return
    this.#isGathering = true
    this.#events.after(gatherMs, () => {
      this.#isGathering = false
      if (!this.#hasBid) this.onEpoch(this.#events.now())
    })
  }

  onEpoch(nowMs: number): void {
    const quoted: Trade[] = []
    const offers: SellerOffer[] = []
    for (const trade of this.#trades) {
      if (trade.quote === undefined) continue
      quoted.push(trade)
      offers.push({ paidBytes: trade.takePaidBytes(), pricePerMiB: trade.quote, openBid: trade.takeOpenBid() })
    }
    if (quoted.length === 0) return
    const parts = this.#owner.isComplete ? [] : this.#split(offers, nowMs)
    this.#hasBid = parts.some((part) => part > 0n)
    for (const [i, trade] of quoted.entries()) trade.bid(parts[i] ?? zeroBtt)
  }

  pays(view: PurchaseView, payable: Btt): Btt {
    return this.#owner.behaviour.pays?.(this.#owner, view, payable) ?? payable
  }

  tellsIssued(issued: Btt): Btt {
    return this.#owner.behaviour.tellsIssued?.(this.#owner, issued) ?? btt(issued)
  }

  #split(offers: readonly SellerOffer[], nowMs: number): readonly Btt[] {
    const { plan } = this.purse
    // What is paid ahead is still there when the last voucher is signed: who decides for itself decides on that, too.
    const decided = this.#owner.behaviour.bids?.(this.#owner, plan, offers, nowMs)
    if (decided !== undefined) return decided
    return this.purse.left === 0n ? [] : splitSpend(plan, offers)
  }
}
