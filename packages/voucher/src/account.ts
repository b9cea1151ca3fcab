/** Accounts: EVM addresses, in one spelling so that they can be keys of maps. */

import { assert, fromHex, toHex } from '@millrace/base'

/** `0x` and 40 lower-case hex digits. */
export type Account = `0x${string}`

export const accountBytesLength = 20

/** The account of 20 bytes. */
export function accountOf(bytes: Uint8Array): Account {
  assert(bytes.length === accountBytesLength, 'an address of 20 bytes')
  return `0x${toHex(bytes)}`
}

export function accountBytes(account: Account): Uint8Array {
  const bytes = fromHex(account)
  assert(bytes?.length === accountBytesLength, 'an account of 40 hex digits')
  return bytes
}

/** Any spelling of an address (checksummed or not); undefined when it is none. */
export function parseAccount(text: string): Account | undefined {
  return /^0x[0-9a-fA-F]{40}$/.test(text) ? `0x${text.slice(2).toLowerCase()}` : undefined
}
