/** A block as the Ethereum wire carries it: header, transactions, uncles and, since Shanghai, withdrawals in one RLP list. */

import { RLP } from '@ethereumjs/rlp'
import { toBigEndian } from '@millrace/base'
import { type ChainBlock, type ChainLog, rawTransaction, type Withdrawal } from './block.ts'
import { bytesOf } from './hex.ts'
import { encodeRlp, type RlpItem } from './rlp.ts'

/** A legacy transaction is a list of its own, a typed one (EIP-2718) a string of bytes. */
export function encodeBlock({ header, transactions, uncles = [], withdrawals = [] }: ChainBlock): Uint8Array {
  return encodeRlp([
    header.raw(),
    transactions.map(({ tx }) => (tx.type === 0 ? RLP.decode(rawTransaction(tx)) : rawTransaction(tx))),
    uncles.map((uncle) => uncle.raw()),
    ...(header.withdrawalsRoot === undefined ? [] : [withdrawals.map(withdrawalItem)]),
  ])
}

/** A withdrawal as its block and the trie of withdrawals hold it (EIP-4895). */
export function withdrawalItem({ index, validatorIndex, address, amountGwei }: Withdrawal) {
  return [toBigEndian(index), toBigEndian(validatorIndex), bytesOf(address), toBigEndian(amountGwei)]
}

/** A log as receipts hold it. */
export function logItem({ address, topics, data }: ChainLog): RlpItem {
  return [bytesOf(address), topics.map(bytesOf), bytesOf(data)]
}
