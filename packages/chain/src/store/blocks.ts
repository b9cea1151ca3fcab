/** Blocks by number, hash and transaction, out of the store. */

import type { BlockHeader } from '@ethereumjs/block'
import type { Common } from '@ethereumjs/common'
import { defined, readUint32 } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainBlock, Receipt } from '../block.ts'
import { hexOf } from '../hex.ts'
import { decodeBody, decodeHeader, decodeReceipts, numberKey } from './codec.ts'
import { baseKey, type ChainStore, headKey } from './store.ts'

export interface TransactionPlace {
  readonly block: ChainBlock
  readonly index: number
}

export interface Blocks {
  /** The stored head, undefined in a new store. */
  head(): ChainBlock | undefined
  /** The first block above 0 that is here: below it a node that was restored from a snapshot has headers at most. */
  base(): number
  byNumber(number: number): ChainBlock | undefined
  byHash(hash: Hex): ChainBlock | undefined
  header(number: number): BlockHeader | undefined
  receipts(number: number): readonly Receipt[]
  transaction(hash: Hex): TransactionPlace | undefined
  /** What stands under a key of the chain's own records. */
  record(key: string): Uint8Array | undefined
  /** Keeps a block that was just written, so that the next reads need not decode it. */
  remember(block: ChainBlock): void
}

/** Decoded blocks kept at hand, and transactions in them: some 3 KiB each. */
const cachedBlocksMax = 256
const cachedTransactionsMax = 16_384

export function blocksOf(store: ChainStore, common: Common): Blocks {
  const cached = new Map<number, ChainBlock>()
  let transactions = 0
  const forget = (number: number): void => {
    transactions -= cached.get(number)?.transactions.length ?? 0
    cached.delete(number)
  }
  const remember = (block: ChainBlock): ChainBlock => {
    forget(block.number)
    cached.set(block.number, block)
    transactions += block.transactions.length
    for (const number of cached.keys()) {
      const fits = cached.size <= cachedBlocksMax && transactions <= cachedTransactionsMax
      if (fits || number === block.number) break
      forget(number)
    }
    return block
  }
  const byNumber = (number: number): ChainBlock | undefined => {
    const found = cached.get(number)
    if (found !== undefined) return found
    const block = read(store, common, number)
    return block === undefined ? undefined : remember(block)
  }
  const numberOf = (hash: Hex): number | undefined => {
    const place = store.get('block', hash.slice(2))
    return place === undefined ? undefined : lowWord(place, 0)
  }
  const byHash = (hash: Hex): ChainBlock | undefined => {
    const number = numberOf(hash)
    return number === undefined ? undefined : byNumber(number)
  }
  return {
    head() {
      const hash = store.get('meta', headKey)
      return hash === undefined ? undefined : byHash(hexOf(hash))
    },
    base() {
      const base = store.get('meta', baseKey)
      return base === undefined ? 1 : lowWord(base, 0)
    },
    byNumber,
    byHash,
    header(number) {
      const known = cached.get(number)?.header
      if (known !== undefined) return known
      const bytes = store.get('header', numberKey(number))
      return bytes === undefined ? undefined : decodeHeader(bytes, common)
    },
    receipts(number) {
      const known = cached.get(number)?.receipts
      return known ?? decodeReceipts(defined(store.get('receipt', numberKey(number)), 'receipts of a stored block'))
    },
    transaction(hash) {
      const place = store.get('transaction', hash.slice(2))
      if (place === undefined) return undefined
      const block = defined(byNumber(lowWord(place, 0)), 'the block of a stored transaction')
      return { block, index: lowWord(place, 8) }
    },
    record: (key) => store.get('meta', key),
    remember,
  }
}

/**
 * The same without what lies above the head. A block can be read from the store while it is still being flushed: whoever is
 * shown its receipts by then would look for their effects in a state that has none of them.
 */
export function blocksUpTo(blocks: Blocks, headNumber: () => number): Blocks {
  const isThere = (number: number): boolean => number <= headNumber()
  return {
    ...blocks,
    byNumber: (number) => (isThere(number) ? blocks.byNumber(number) : undefined),
    byHash(hash) {
      const block = blocks.byHash(hash)
      return block !== undefined && isThere(block.number) ? block : undefined
    },
    header: (number) => (isThere(number) ? blocks.header(number) : undefined),
    transaction(hash) {
      const place = blocks.transaction(hash)
      return place !== undefined && isThere(place.block.number) ? place : undefined
    },
  }
}

function read(store: ChainStore, common: Common, number: number): ChainBlock | undefined {
  const key = numberKey(number)
  const bytes = store.get('header', key)
  if (bytes === undefined) return undefined
  const header = decodeHeader(bytes, common)
  const stored = store.get('body', key)
  // An ancestor that a snapshot has brought for BLOCKHASH alone.
  if (stored === undefined && store.get('meta', baseKey) !== undefined) return undefined
  const body = decodeBody(defined(stored, 'a body for each header'), header.common)
  const receipts = decodeReceipts(defined(store.get('receipt', key), 'receipts for each header'))
  return { header, hash: hexOf(header.hash()), number, ...body, receipts }
}

/** A number below 2^53 stored in eight bytes at `offset`. */
function lowWord(bytes: Uint8Array, offset: number): number {
  return readUint32(bytes, offset) * 2 ** 32 + readUint32(bytes, offset + 4)
}
