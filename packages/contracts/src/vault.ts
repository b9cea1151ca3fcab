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

/**
 * Where the contracts stand on every embedded chain: made by one well-known key in block 1. A client that is given that
 * vault knows its bonds; elsewhere it must be told of them.
 */
export const embeddedVault = '0xc926fd373012903983048939308afdf18ded6827'
export const embeddedBond = '0x9d6535b51f100d5afeaf2ecdc18bd1c026245271'
