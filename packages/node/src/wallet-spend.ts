/** Spending from the wallet: what a person is asked before, and told after. */

import type { Btt } from '@millrace/base'

/** What is about to be sent, for a yes. */
export interface Spend {
  readonly action:
    | 'deposit'
    | 'plan-withdraw'
    | 'withdraw'
    | 'cash'
    | 'bond'
    | 'plan-withdraw-bond'
    | 'withdraw-bond'
    | 'claim-airdrop'
  readonly amount: Btt
  /** At most, at the fees of now. */
  readonly gasCost: Btt
  /** Vouchers, when cashing. */
  readonly vouchers: number
}

/** Says yes to a spend. */
export type Approve = (spend: Spend) => Promise<boolean>

export interface Sent {
  readonly amount: Btt
  /** Paid for gas. */
  readonly gasCost: Btt
  readonly transaction: string
}

/** `waiting`: planned before, and the delay is not over. */
export type Withdrawal =
  | ({ readonly state: 'planned'; readonly availableAtSeconds: number } & Sent)
  | { readonly state: 'waiting'; readonly amount: Btt; readonly availableAtSeconds: number }
  | ({ readonly state: 'withdrawn' | 'cancelled' } & Sent)
