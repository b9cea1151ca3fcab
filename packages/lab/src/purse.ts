/** What a buyer may spend and has promised, over all its sellers. */

import { type Btt, btt, minBig, zeroBtt } from '@millrace/base'
import type { SpendPlan } from '@millrace/market'
import type { Content } from './content.ts'
import type { Paying } from './scenario.ts'

/** At most this part of the budget is paid ahead to one seller, as in the client. */
const prepayBudgetDivisor = 8n

export class Purse {
  #plan: SpendPlan
  readonly deposit: Btt
  #issued = zeroBtt
  /** Signed so far, to anybody: the `seq` of the newest. */
  vouchers = 0

  constructor(paying: Paying, content: Content) {
    this.#plan = {
      budget: btt(BigInt(paying.budget)),
      spendRatePerSecond: btt(BigInt(paying.spendPerSecond)),
      priceMaxPerMiB: btt(BigInt(paying.priceMaxPerMiB) * BigInt(content.scale)),
    }
    this.deposit = btt(BigInt(paying.deposit ?? paying.budget))
  }

  get plan(): SpendPlan {
    return this.#plan
  }

  /** The sum of all vouchers. */
  get issued(): Btt {
    return this.#issued
  }

  get left(): Btt {
    return btt(this.#plan.budget - this.#issued)
  }

  get prepayMax(): Btt {
    return btt(minBig(this.#plan.budget / prepayBudgetDivisor, this.left))
  }

  /** What was earned may be spent. */
  earn(amount: Btt): void {
    this.#plan = { ...this.#plan, budget: btt(this.#plan.budget + amount) }
  }

  /** A voucher promises so much more. */
  issue(amount: Btt): void {
    this.#issued = btt(this.#issued + amount)
    this.vouchers++
  }
}
