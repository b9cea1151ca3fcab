/** The selling half of a peer: its trades by the handle of who buys, their quotes, statements and vouchers. */

import { type Btt, btt, zeroBtt } from '@millrace/base'
import type { MarketOptions } from '@millrace/market'
import { isCovered } from '@millrace/voucher'
import type { AgentView, Behaviour } from './behaviour.ts'
import type { Content } from './content.ts'
import type { Selling } from './scenario.ts'
import type { Scheduler } from './scheduler.ts'
import type { Trade, TradeSeller } from './trade.ts'
import type { Vault } from './vault.ts'

/** The newest voucher of a payer, as the shop has it: cumulative over all connections. */
export interface PromisedSum {
  readonly cumulative: Btt
  readonly totalIssued: Btt
  readonly seq: number
}

export class Shop implements TradeSeller {
  readonly scheduler: Scheduler
  readonly sells: boolean
  /** What the vault paid for its vouchers. */
  cashed = zeroBtt
  revenue = zeroBtt
  /** Billed and never paid. */
  loss = zeroBtt
  /** Vouchers that were not covered. */
  refused = zeroBtt
  readonly #vault: Vault
  /** By the payer's id: the newest voucher accepted; cumulatives of those that were taken to the vault, and of what it paid. */
  readonly #accepted = new Map<number, PromisedSum>()
  readonly #presented = new Map<number, Btt>()
  readonly #cashed = new Map<number, Btt>()
  readonly #trades = new Map<number, Trade>()
  readonly #byAccount = new Map<string, Trade>()

  constructor(scheduler: Scheduler, sells: boolean, vault: Vault) {
    this.#vault = vault
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

  onVoucher(trade: Trade, raise: Btt, totalIssued: Btt, seq: number): boolean {
    const { buyer } = trade.terms
    const cumulative = btt((this.#accepted.get(buyer.id)?.cumulative ?? 0n) + raise)
    const backing = {
      coverage: this.#vault.coverageOf(buyer.id),
      cashed: this.#cashed.get(buyer.id) ?? zeroBtt,
    }
    if (!isCovered({ cumulative, totalIssued }, backing)) {
      // A voucher stands for all before it: only the newest is refused still.
      this.refused = btt(this.refused + raise - trade.refused)
      trade.refused = raise
      return false
    }
    this.refused = btt(this.refused - trade.refused)
    trade.refused = zeroBtt
    this.#accepted.set(buyer.id, { cumulative, totalIssued, seq })
    this.revenue = btt(this.revenue + raise)
    return true
  }

  /** Payers whose vouchers it has not taken to the vault, and what they come to. */
  unclaimed(): (readonly [payer: number, amount: Btt])[] {
    const open: [number, Btt][] = []
    for (const [payer, { cumulative }] of this.#accepted) {
      const rest = btt(cumulative - (this.#presented.get(payer) ?? 0n))
      if (rest > 0n) open.push([payer, rest])
    }
    return open
  }

  /** Takes a payer's newest voucher to the vault; answers what it paid. */
  cash(payer: number): Btt {
    const accepted = this.#accepted.get(payer)?.cumulative ?? zeroBtt
    const paid = this.#vault.cash(payer, btt(accepted - (this.#presented.get(payer) ?? 0n)))
    this.#presented.set(payer, accepted)
    this.#cashed.set(payer, btt((this.#cashed.get(payer) ?? 0n) + paid))
    this.cashed = btt(this.cashed + paid)
    return paid
  }

  newest(payer: number): PromisedSum | undefined {
    return this.#accepted.get(payer)
  }

  cashedFrom(payer: number): Btt {
    return this.#cashed.get(payer) ?? zeroBtt
  }

  onLoss(amount: Btt): void {
    this.loss = btt(this.loss + amount)
  }
}

/** A seller whose behaviour may say what it asks. */
export interface Asker extends AgentView {
  readonly behaviour: Behaviour
  readonly scheduler: Scheduler
}

/** Moves the ask to what the behaviour says, if it says anything: from real base units a MiB to the model's. */
export function moveAsk(asker: Asker, { scale }: Content, nowMs: number): void {
  const { behaviour, scheduler } = asker
  if (behaviour.asks === undefined) return
  const askPerMiB = behaviour.asks(asker, nowMs)
  scheduler.setAsk?.(askPerMiB === undefined ? undefined : btt(askPerMiB * BigInt(scale)), nowMs)
}

/** The market of a seller, or of one who sells nothing, in the model's bytes. */
export function marketOptionsOf(sells: Selling | undefined, bytesPerSecond: number, content: Content): MarketOptions {
  const capacity = { kind: 'limited', bytesPerSecond } as const
  if (sells === undefined) return { capacity, askPerMiB: undefined }
  const askPerMiB = btt(BigInt(sells.askPerMiB) * BigInt(content.scale))
  return { capacity, askPerMiB, ...(sells.freeSharePpm === undefined ? {} : { freeSharePpm: sells.freeSharePpm }) }
}
