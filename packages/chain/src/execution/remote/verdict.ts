/** Whether a block that somebody made is one of this chain: our own rules first, then the other process's execution. */

import { type BlockHeader, createBlockHeader } from '@ethereumjs/block'
import { equalBytes } from '@millrace/base'
import type { ChainBlock, ChainTransaction } from '../../block.ts'
import { ChainError } from '../../errors.ts'
import type { ResolvedGenesis } from '../../genesis/config.ts'
import { difference, headerData, type Place } from '../next-header.ts'
import type { ExecutionFault } from '../port.ts'
import { bidOf, priceFault } from '../price.ts'
import { withdrawalsRoot } from '../receipt.ts'
import { payloadStatus } from './answers.ts'
import type { RemoteClient } from './client.ts'
import { newPayload } from './payload.ts'

/** What no stock client checks: the floor under prices, and that a header is the one that follows from its parent. */
export function ownFault(
  genesis: ResolvedGenesis,
  place: Place,
  header: BlockHeader,
  transactions: readonly ChainTransaction[],
): ExecutionFault | undefined {
  for (const { tx, hash } of transactions) {
    const fault = priceFault(bidOf(tx), header.baseFeePerGas ?? 0n, place.ruling.priceFloor)
    if (fault !== undefined) return { code: 'bad-transaction', message: `transaction ${hash}: ${fault}` }
  }
  const { stateRoot, transactionsTrie, receiptTrie, logsBloom, gasUsed, common } = header
  const outcome = { stateRoot, transactionsTrie, receiptTrie, logsBloom, gasUsed, withdrawalsRoot: withdrawalsRoot([]) }
  const due = createBlockHeader({ ...headerData(genesis, place), ...outcome }, { common })
  if (equalBytes(due.hash(), header.hash())) return undefined
  return { code: 'bad-root', message: difference(due, header) }
}

/**
 * Why the other process refuses the block, or undefined when it has executed it.
 *
 * @throws ChainError engine-unfit when it says neither
 */
export async function remoteFault(
  client: RemoteClient,
  block: Pick<ChainBlock, 'header' | 'transactions'>,
): Promise<ExecutionFault | undefined> {
  const { method, params } = newPayload(block)
  const { status, fault } = payloadStatus(await client.call(method, ...params))
  if (status === 'VALID') return undefined
  if (status === 'SYNCING' || status === 'ACCEPTED') {
    const message = `the engine answers ${status} to block ${block.header.number}: expected it to be executed; run geth with --syncmode full`
    throw new ChainError('engine-unfit', message)
  }
  return { code: fault.includes(inTransaction) ? 'bad-transaction' : 'bad-root', message: fault }
}

/** geth's words before whatever keeps a transaction out of a block. */
const inTransaction = 'could not apply tx'
