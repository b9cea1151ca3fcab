/**
 * Vouchers that others gave the vault, or the incentive pool for it: the input of a transaction holds them with their
 * signatures. Foreign bytes: what a contract passed on in their name, or what is no such call, holds none.
 */

import { incentivesAbi, vaultAbi } from '@millrace/contracts'
import { type CashEntry, parseAccount, type SignedVoucher, voucherOfEntry } from '@millrace/voucher'
import { decodeFunctionData, getAbiItem, type Hex } from 'viem'
import { dataBytesMax } from './decode.ts'

/** Of one transaction: above what the gas cap of EIP-7825 lets anybody cash. */
export const calldataVouchersMax = 1_000

/**
 * The vouchers of a call of `cash`, or of `cashMany` of either, in order; no signature is checked. Empty for any other input.
 *
 * @example
 * vouchersOfCalldata(transaction.input).filter(({ payer }) => payer === watched)
 */
export function vouchersOfCalldata(input: Hex): readonly SignedVoucher[] {
  if (input.length > 2 + 2 * dataBytesMax) return []
  const entries = entriesOf(input)
  return entries.length > calldataVouchersMax ? [] : entries.flatMap((entry) => voucherIn(entry))
}

/** As the decoder gives them: addresses are checksummed. */
type Entry = Omit<CashEntry, 'payer' | 'payee'> & { readonly payer: string; readonly payee: string }

/** Both contracts have a `cashMany`, with other arguments and hence another selector. */
const cashingAbi = [
  getAbiItem({ abi: vaultAbi, name: 'cash' }),
  getAbiItem({ abi: vaultAbi, name: 'cashMany' }),
  getAbiItem({ abi: incentivesAbi, name: 'cashMany' }),
] as const

function entriesOf(input: Hex): readonly Entry[] {
  try {
    const { args } = decodeFunctionData({ abi: cashingAbi, data: input })
    const [first] = args
    return 'payer' in first ? [first] : first
  } catch {
    return [] // no call of the vault, or one that it would not understand either
  }
}

function voucherIn(entry: Entry): readonly SignedVoucher[] {
  const [payer, payee] = [parseAccount(entry.payer), parseAccount(entry.payee)]
  return payer === undefined || payee === undefined ? [] : [voucherOfEntry({ ...entry, payer, payee })]
}
