/** What gas costs (EIP-1559), in base units of BTT. */

import { divideUp, maxBig, minBig } from '@millrace/base'
import { decodeBlock, decodeQuantity } from './decode.ts'
import { LedgerError } from './errors.ts'
import type { Rpc } from './rpc.ts'

/** EIP-7825: no transaction may ask for more. */
export const transactionGasMax = 16_777_216n
/** 10^12 BTT a gas: above it a reply is garbage. */
const priceMax = 10n ** 30n
/** An estimate is exact only for the state it ran on; others' transactions may come first. */
const gasMarginPercent = 25n
/** A replacement must pay at least a tenth more (geth, erigon and our chain): an eighth is above that. */
const replacementPercent = 113n

export interface Fees {
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/**
 * Fees that stay valid while the base fee doubles, which takes at least six full blocks.
 *
 * @throws LedgerError `refused` on a chain without EIP-1559
 */
export async function readFees(rpc: Rpc): Promise<Fees> {
  const [block, suggested, price] = await Promise.all([
    rpc.call('eth_getBlockByNumber', ['latest', false], decodeBlock),
    rpc.call('eth_maxPriorityFeePerGas', [], decodeQuantity),
    rpc.call('eth_gasPrice', [], decodeQuantity),
  ])
  if (block?.baseFeePerGas === undefined) {
    throw new LedgerError('refused', 'this chain has no base fee: expected one with EIP-1559')
  }
  if (block.baseFeePerGas > priceMax || suggested > priceMax || price > priceMax) {
    throw new LedgerError('bad-reply', `the RPC asks an absurd price for gas: ${maxBig(suggested, price)} base units`)
  }
  // Some chains have a floor under the whole price: hold it when the base fee falls by the eighth that a block can take.
  const tip = maxBig(suggested, price - (block.baseFeePerGas * 7n) / 8n)
  return { maxFeePerGas: 2n * block.baseFeePerGas + tip, maxPriorityFeePerGas: tip }
}

/** Fees of a transaction that takes the place of one with `old` in a node's pool. */
export function replacementFees(old: Fees, wanted: Fees): Fees {
  const raise = (value: bigint): bigint => divideUp(value * replacementPercent, 100n)
  return {
    maxFeePerGas: maxBig(raise(old.maxFeePerGas), wanted.maxFeePerGas),
    maxPriorityFeePerGas: maxBig(raise(old.maxPriorityFeePerGas), wanted.maxPriorityFeePerGas),
  }
}

/** The gas limit for an estimate: a margin above it, never above the cap. */
export function gasLimitFor(estimate: bigint): bigint {
  return minBig(transactionGasMax, divideUp(estimate * (100n + gasMarginPercent), 100n))
}
