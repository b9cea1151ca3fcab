/** The list of an airdrop: lines of `account,amount`, the amount in BTT, as text of anybody's. */

import { AmountError, MillraceError, parseBtt } from '@millrace/base'
import type { AirdropEntry } from '@millrace/contracts'
import { parseAccount } from '@millrace/voucher'

/** A list of a million places is some 70 MB. */
export const listBytesMax = 128 * 1024 * 1024
export const listEntriesMax = 1_000_000
const header = 'account,amount'

/**
 * - `bad-list`: the list can't be read as one.
 * - `not-claimable`: the chain would refuse the claim; the message says why.
 */
export class AirdropError extends MillraceError<'bad-list' | 'not-claimable'> {
  override readonly name = 'AirdropError'
}

/**
 * The entries in the order of the lines. A first line `account,amount` and empty lines are passed over; line ends of any
 * kind.
 *
 * @throws AirdropError `bad-list`, with the number of the line
 * @example parseAirdropList('0x00000000000000000000000000000000000000aa,12.5') // [{ account, amount: 12_500...n }]
 */
export function parseAirdropList(text: string): readonly AirdropEntry[] {
  if (text.length > listBytesMax) throw bad(`the list is longer than ${listBytesMax} bytes`)
  const entries: AirdropEntry[] = []
  const seen = new Set<string>()
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    const row = line.trim()
    if (row === '' || (index === 0 && row.toLowerCase() === header)) continue
    if (entries.length >= listEntriesMax) throw bad(`the list has more than ${listEntriesMax} entries`)
    const entry = entryOf(row, index + 1)
    if (seen.has(entry.account)) throw bad(`line ${index + 1}: ${entry.account} is there twice: expected one line each`)
    seen.add(entry.account)
    entries.push(entry)
  }
  if (entries.length === 0) throw bad('the list is empty')
  return entries
}

function entryOf(row: string, line: number): AirdropEntry {
  const cells = row.split(',').map((cell) => cell.trim())
  const account = parseAccount(cells[0] ?? '')
  if (cells.length !== 2 || account === undefined)
    throw bad(`line ${line}: "${row.slice(0, 80)}" is no account and amount`)
  try {
    const amount = parseBtt(cells[1] ?? '')
    if (amount === 0n) throw bad(`line ${line}: an amount of nothing`)
    return { account, amount }
  } catch (cause) {
    if (!(cause instanceof AmountError)) throw cause
    throw new AirdropError('bad-list', `line ${line}: ${cause.message}`, { cause })
  }
}

function bad(happened: string): AirdropError {
  return new AirdropError('bad-list', `${happened}; the list has lines like 0x...,12.5`)
}
