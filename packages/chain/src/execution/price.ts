/** What a transaction pays, and the chain's floor under it. */

import type { TypedTransaction } from '@ethereumjs/tx'
import { minBig } from '@millrace/base'

/** The two prices every transaction has: the most it pays a gas in all, and the most of it as a tip. */
export interface Bid {
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

export function bidOf(tx: TypedTransaction): Bid {
  if ('maxFeePerGas' in tx) return { maxFeePerGas: tx.maxFeePerGas, maxPriorityFeePerGas: tx.maxPriorityFeePerGas }
  return { maxFeePerGas: tx.gasPrice, maxPriorityFeePerGas: tx.gasPrice }
}

/** The most that a unit of gas would bring at this base fee, whether the bid reaches it or not. */
export function offeredPrice(bid: Bid, baseFeePerGas: bigint): bigint {
  return minBig(baseFeePerGas + bid.maxPriorityFeePerGas, bid.maxFeePerGas)
}

/** What a unit of gas costs the sender at this base fee, or undefined when the bid does not reach it. */
export function effectivePrice(bid: Bid, baseFeePerGas: bigint): bigint | undefined {
  return bid.maxFeePerGas < baseFeePerGas ? undefined : offeredPrice(bid, baseFeePerGas)
}

/** The most that a transaction can take from its sender: its value, and all of its gas at the highest price it allows. */
export function costMost(tx: TypedTransaction): bigint {
  return tx.value + tx.gasLimit * bidOf(tx).maxFeePerGas
}

/**
 * Why a bid can't be in a block with this base fee, in geth's words, or undefined when it can.
 *
 * The base fee itself follows EIP-1559 to the letter; the floor is a rule of its own, on the effective price.
 */
export function priceFault(bid: Bid, baseFeePerGas: bigint, floor: bigint): string | undefined {
  const price = effectivePrice(bid, baseFeePerGas)
  if (price === undefined) {
    return `max fee per gas less than block base fee: maxFeePerGas: ${bid.maxFeePerGas}, baseFee: ${baseFeePerGas}`
  }
  if (price >= floor) return undefined
  return `transaction underpriced: effective gas price ${price} is below this chain's floor of ${floor}; raise maxPriorityFeePerGas (or gasPrice) to the floor`
}
