/** InsertTx and ReapTxs: how transactions travel between the pools of the validators. */

import type { Common } from '@ethereumjs/common'
import type { Result } from '@millrace/base'
import type { Hex } from 'viem'
import { type ChainTransaction, rawTransaction } from '../block.ts'
import { keccak } from '../crypto.ts'
import { hexOf } from '../hex.ts'
import { decodeForm, gasFault } from '../pool/form.ts'
import type { Pool, PoolRefusal } from '../pool/pool.ts'

/** What a peer's transaction met with: `later` may change with the state, `never` is in its bytes. */
export type Insertion = { readonly kind: 'taken' } | { readonly kind: 'later' | 'never'; readonly message: string }

export interface Mempool {
  insert(raw: Uint8Array): Promise<Insertion>
  /** Transactions that peers were not told of yet, in the order they came; 0 bytes is no limit. */
  reap(bytesMax: number): readonly Uint8Array[]
}

export interface MempoolParts {
  readonly pool: Pool
  readonly common: Common
  /** Of a block now. */
  gasLimit(): bigint
  submit(transaction: ChainTransaction): Promise<Result<Hex, PoolRefusal>>
  headNumber(): number
}

/**
 * A transaction that still waits after so many blocks is told again: to peers that came later, or had no room. One behind a gap is
 * told once, and again when the gap has closed: else each validator would have it back from the others when its time is over.
 */
export const retellBlocks = 30

export function createMempool({ pool, common, gasLimit, submit, headNumber }: MempoolParts): Mempool {
  /** The head's number when peers were last told. */
  const told = new Map<Hex, number>()
  return {
    async insert(raw) {
      // Each validator tells each other one, so most that come are copies: no signature is looked at for them.
      if (pool.get(hexOf(keccak(raw))) !== undefined) return { kind: 'taken' }
      const form = decodeForm(raw, common)
      if (!form.ok) return { kind: 'never', message: form.error.message }
      const fault = gasFault(form.value, gasLimit())
      if (fault !== undefined) return { kind: 'never', message: fault }
      const admitted = await submit(form.value)
      if (admitted.ok || admitted.error.code === 'known') return { kind: 'taken' }
      const { code, message } = admitted.error
      return { kind: code === 'nonce-too-low' ? 'never' : 'later', message }
    },
    reap(bytesMax) {
      const head = headNumber()
      for (const hash of told.keys()) if (pool.get(hash) === undefined) told.delete(hash)
      const reaped: Uint8Array[] = []
      let bytes = 0
      for (const transaction of pool.waiting()) {
        const { hash, tx } = transaction
        const last = told.get(hash)
        if (last !== undefined && (head - last < retellBlocks || pool.waitsForGap(transaction))) continue
        const raw = rawTransaction(tx)
        bytes += raw.length
        if (bytesMax > 0 && bytes > bytesMax) break
        told.set(hash, head)
        reaped.push(raw)
      }
      return reaped
    },
  }
}
