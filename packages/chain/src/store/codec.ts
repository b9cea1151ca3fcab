/** Blocks as stored bytes and back. The header is its own RLP; body and receipts are RLP lists of ours. */

import { type BlockHeader, createBlockHeaderFromBytesArray, createBlockHeaderFromRLP } from '@ethereumjs/block'
import type { Common } from '@ethereumjs/common'
import { RLP } from '@ethereumjs/rlp'
import { createTxFromRLP, type TypedTransaction } from '@ethereumjs/tx'
import { fromBigEndian, toBigEndian } from '@millrace/base'
import type { Hex } from 'viem'
import { type ChainBlock, type ChainLog, keepRaw, type Receipt, rawTransaction, type Withdrawal } from '../block.ts'
import { logItem, withdrawalItem } from '../block-rlp.ts'
import { settledRules } from '../common.ts'
import { reportItem, reportOfItem } from '../consensus-report.ts'
import { ChainError } from '../errors.ts'
import { Pace } from '../execution/evm/pace.ts'
import { bytesOf, hexOf } from '../hex.ts'
import { encodeRlp, joinRlp, type RlpItem } from '../rlp.ts'
import { headKey, type Put } from './store.ts'

/** A block's place among the keys of `header`, `body` and `receipt`: eight bytes, so that they sort. */
export function numberKey(number: number): string {
  return number.toString(16).padStart(16, '0')
}

/** All records of a block, the head last. In turns of the event loop: those of a full block take many. */
export async function blockPuts(block: ChainBlock, pace: Pace = new Pace()): Promise<readonly Put[]> {
  const key = numberKey(block.number)
  const hash = block.hash.slice(2)
  const { uncles = [], withdrawals = [], minted, report } = block
  const rows = await encodedList(block.transactions, ({ tx, sender }) => [rawTransaction(tx), bytesOf(sender)], pace)
  const body = [
    encodeRlp(toBigEndian(block.burned)),
    rows,
    // Left out where there are none: so the first blocks of this format were written.
    ...(uncles.length + withdrawals.length === 0 && report === undefined
      ? []
      : [encodeRlp(uncles.map((uncle) => uncle.raw())), encodeRlp(withdrawals.map(withdrawalItem))]),
    ...(report === undefined ? [] : [encodeRlp(toBigEndian(minted)), encodeRlp(reportItem(report))]),
  ]
  const puts: Put[] = [
    { table: 'header', key, value: block.header.serialize() },
    { table: 'body', key, value: joinRlp(body) },
    { table: 'receipt', key, value: await encodedList(block.receipts, receiptItem, pace) },
    { table: 'block', key: hash, value: bytesOf(key) },
  ]
  for (const [index, { hash: txHash }] of block.transactions.entries()) {
    puts.push({ table: 'transaction', key: txHash.slice(2), value: bytesOf(key + numberKey(index)) })
    if (pace.spend(placeWork)) await pace.rest()
  }
  puts.push({ table: 'meta', key: headKey, value: bytesOf(hash) })
  return puts
}

/** What encoding an item of a block, and its transaction's place, counts for. */
const itemWork = 200
const placeWork = 10

async function encodedList<T>(list: readonly T[], itemOf: (item: T) => RlpItem, pace: Pace): Promise<Uint8Array> {
  const items: Uint8Array[] = []
  for (const item of list) {
    items.push(encodeRlp(itemOf(item)))
    if (pace.spend(itemWork)) await pace.rest()
  }
  return joinRlp(items)
}

export function decodeHeader(bytes: Uint8Array, common: Common): BlockHeader {
  // The fork is the block's own: an imported chain passes through several.
  return createBlockHeaderFromRLP(bytes, { common, setHardfork: true })
}

type Body = Required<Pick<ChainBlock, 'burned' | 'minted' | 'transactions' | 'withdrawals' | 'uncles'>> &
  Pick<ChainBlock, 'report'>

/** The parts of a block beside header and receipts, by the rules of its own fork. */
export function decodeBody(bytes: Uint8Array, common: Common): Body {
  const [burned, rows, uncles = [], withdrawals = [], minted, report] = list(RLP.decode(bytes))
  const rules = settledRules(common)
  return {
    burned: fromBigEndian(leaf(burned)),
    minted: minted === undefined ? 0n : fromBigEndian(leaf(minted)),
    ...(report === undefined ? {} : { report: reportOfItem(report) }),
    uncles: list(uncles).map((uncle) =>
      createBlockHeaderFromBytesArray(list(uncle).map(leaf), { common, setHardfork: true }),
    ),
    withdrawals: list(withdrawals).map(withdrawalOf),
    transactions: list(rows).map((row) => {
      const [raw, sender] = list(row)
      const tx: TypedTransaction = createTxFromRLP(leaf(raw), { common: rules, freeze: false })
      keepRaw(tx, leaf(raw))
      return { tx, hash: hexOf(tx.hash()), sender: hexOf(leaf(sender)) }
    }),
  }
}

export function decodeReceipts(bytes: Uint8Array): readonly Receipt[] {
  return list(RLP.decode(bytes)).map((item) => {
    const [status, gasUsed, cumulative, price, bloom, contract, logs, root] = list(item)
    const address = leaf(contract)
    return {
      status: leaf(status).length === 0 ? 0 : 1,
      gasUsed: fromBigEndian(leaf(gasUsed)),
      cumulativeGasUsed: fromBigEndian(leaf(cumulative)),
      effectiveGasPrice: fromBigEndian(leaf(price)),
      logsBloom: leaf(bloom),
      contractAddress: address.length === 0 ? undefined : hexOf(address),
      logs: list(logs).map(logOf),
      ...(root === undefined ? {} : { root: hexOf(leaf(root)) }),
    }
  })
}

function receiptItem(receipt: Receipt): RlpItem {
  return [
    receipt.status === 1 ? Uint8Array.of(1) : new Uint8Array(0),
    toBigEndian(receipt.gasUsed),
    toBigEndian(receipt.cumulativeGasUsed),
    toBigEndian(receipt.effectiveGasPrice),
    receipt.logsBloom,
    receipt.contractAddress === undefined ? new Uint8Array(0) : bytesOf(receipt.contractAddress),
    receipt.logs.map(logItem),
    ...(receipt.root === undefined ? [] : [bytesOf(receipt.root)]),
  ]
}

function withdrawalOf(item: RlpItem): Withdrawal {
  const [index, validatorIndex, address, amount] = list(item)
  return {
    index: fromBigEndian(leaf(index)),
    validatorIndex: fromBigEndian(leaf(validatorIndex)),
    address: hexOf(leaf(address)),
    amountGwei: fromBigEndian(leaf(amount)),
  }
}

function logOf(item: RlpItem): ChainLog {
  const [address, topics, data] = list(item)
  return {
    address: hexOf(leaf(address)),
    topics: list(topics).map((topic): Hex => hexOf(leaf(topic))),
    data: hexOf(leaf(data)),
  }
}

function list(item: RlpItem | undefined): readonly RlpItem[] {
  if (item === undefined || item instanceof Uint8Array) throw damaged()
  return item
}

function leaf(item: RlpItem | undefined): Uint8Array {
  if (!(item instanceof Uint8Array)) throw damaged()
  return item
}

function damaged(): ChainError {
  return new ChainError(
    'store-format',
    'a stored block is not in the form this version writes: start with a new folder',
  )
}
