/** The buying half of a peer: spreads its spend rate over the sellers that it knows, each second. */

import { type Btt, btt, zeroBtt } from '@millrace/base'
import { type PurchaseView, splitSpend } from '@millrace/market'
import type { AgentView, Behaviour } from './behaviour.ts'
import type { Purse } from './purse.ts'
import type { Trade, TradeBuyer } from './trade.ts'

/** The peer whose wallet it is. */
export interface WalletOwner extends AgentView {
  readonly behaviour: Behaviour
  readonly pieceBytes: number
}

export class Wallet implements TradeBuyer {
  readonly purse: Purse
  readonly #owner: WalletOwner
  readonly #trades: Trade[] = []
  /** Bills that its own check refused, those of sellers that left included. */
  #faults = 0

  constructor(owner: WalletOwner, purse: Purse) {
    this.#owner = owner
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

  onEpoch(nowMs: number): void {
    const quoted: Trade[] = []
    const offers: { paidBytes: number; pricePerMiB: Btt }[] = []
    for (const trade of this.#trades) {
      if (trade.quote === undefined) continue
      quoted.push(trade)
      offers.push({ paidBytes: trade.takePaidBytes(), pricePerMiB: trade.quote })
    }
    if (quoted.length === 0) return
    const parts = this.#owner.isComplete ? [] : this.#split(offers, nowMs)
    for (const [i, trade] of quoted.entries()) trade.bid(parts[i] ?? zeroBtt)
  }

  pays(view: PurchaseView, payable: Btt): Btt {
    return this.#owner.behaviour.pays?.(this.#owner, view, payable) ?? payable
  }

  tellsIssued(issued: Btt): Btt {
    return this.#owner.behaviour.tellsIssued?.(this.#owner, issued) ?? btt(issued)
  }

  #split(offers: readonly { readonly paidBytes: number; readonly pricePerMiB: Btt }[], nowMs: number): readonly Btt[] {
    const { plan } = this.purse
    // What is paid ahead is still there when the last voucher is signed: who decides for itself decides on that, too.
    const decided = this.#owner.behaviour.bids?.(this.#owner, plan, offers, nowMs)
    if (decided !== undefined) return decided
    return this.purse.left === 0n ? [] : splitSpend(plan, offers)
  }
}
