/** The selling half of a peer: its trades by the handle of who buys, their quotes, statements and vouchers. */

import { type Btt, btt, zeroBtt } from '@millrace/base'
import type { MarketOptions } from '@millrace/market'
import type { Content } from './content.ts'
import type { Selling } from './scenario.ts'
import type { Scheduler } from './scheduler.ts'
import type { Trade, TradeSeller } from './trade.ts'

export class Shop implements TradeSeller {
  readonly scheduler: Scheduler
  readonly sells: boolean
  /** Vouchers accepted, by the payer's id: what the vault is asked for in the end. */
  readonly accepted = new Map<number, Btt>()
  revenue = zeroBtt
  /** Billed and never paid. */
  loss = zeroBtt
  /** Vouchers that were not covered. */
  refused = zeroBtt
  readonly #trades = new Map<number, Trade>()
  readonly #byAccount = new Map<string, Trade>()

  constructor(scheduler: Scheduler, sells: boolean) {
    this.scheduler = scheduler
    this.sells = sells
  }

  sellsTo(handle: number): boolean {
    return this.#trades.has(handle)
  }

  open(trade: Trade): void {
    this.#trades.set(trade.terms.handle, trade)
    this.#byAccount.set(trade.account, trade)
    trade.open()
  }

  close(handle: number): void {
    const trade = this.#trades.get(handle)
    if (trade === undefined) return
    this.#trades.delete(handle)
    this.#byAccount.delete(trade.account)
    trade.close()
  }

  onEpoch(nowMs: number): void {
    for (const trade of this.#trades.values()) trade.quoteIfDue()
    if (this.#trades.size > 0) this.settle(nowMs)
  }

  settle(nowMs: number): void {
    for (const account of this.scheduler.statementsDue(nowMs)) this.#byAccount.get(account)?.state()
  }

  onVoucher(trade: Trade, raise: Btt, toldIssued: Btt): boolean {
    const { buyer } = trade.terms
    if (toldIssued > buyer.purse.deposit) {
      this.refused = btt(this.refused + raise)
      return false
    }
    this.accepted.set(buyer.id, btt((this.accepted.get(buyer.id) ?? 0n) + raise))
    this.revenue = btt(this.revenue + raise)
    return true
  }

  onLoss(amount: Btt): void {
    this.loss = btt(this.loss + amount)
  }
}

/** The market of a seller, or of one who sells nothing, in the model's bytes. */
export function marketOptionsOf(sells: Selling | undefined, bytesPerSecond: number, content: Content): MarketOptions {
  const capacity = { kind: 'limited', bytesPerSecond } as const
  if (sells === undefined) return { capacity, askPerMiB: undefined }
  const askPerMiB = btt(BigInt(sells.askPerMiB) * BigInt(content.scale))
  return { capacity, askPerMiB, ...(sells.freeSharePpm === undefined ? {} : { freeSharePpm: sells.freeSharePpm }) }
}
