/** What the vault's numbers mean. */

/** Reasons of the event `CashSkipped` and the error `NotCashable`, by the number that the contract uses. */
export const cashSkipReasons = [
  'none',
  'bad-signature',
  'nothing-new',
  'empty-balance',
  'not-the-payee',
  'self-payment',
] as const

export type CashSkipReason = (typeof cashSkipReasons)[number]

/** A day between planning a withdrawal and taking it, unless the deployer chooses otherwise. */
export const defaultWithdrawDelaySeconds = 86_400n
