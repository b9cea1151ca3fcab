/** Addresses in the one spelling that the books use: lower case. */

import { type Account, parseAccount } from '@millrace/voucher'
import { LedgerError } from './errors.ts'

/**
 * Any spelling of an address as an account.
 *
 * @throws LedgerError `bad-input`
 */
export function accountIn(address: string): Account {
  const account = parseAccount(address)
  if (account !== undefined) return account
  throw new LedgerError('bad-input', `"${address}" is no address: expected 0x and 40 hex digits`)
}
