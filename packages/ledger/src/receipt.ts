/** Waiting for a transaction to be mined, through restarts of the RPC and of the chain. */

import type { Clock, Crash, Logger } from '@millrace/base'
import type { Account } from '@millrace/voucher'
import { decodeQuantity, decodeReceipt, type Receipt } from './decode.ts'
import { LedgerError } from './errors.ts'
import type { Timers } from './ports.ts'
import type { Rpc } from './rpc.ts'
import type { SignedTransaction } from './transaction.ts'

/** A nonce is seen as used before its receipt is indexed on some nodes: look this often before calling it taken. */
const missingReceiptsMax = 3

export interface WaitOptions {
  readonly pollMs: number
  readonly timeoutMs: number
  /** A node that was restarted has forgotten its pool: send again this often. */
  readonly rebroadcastMs: number
}

export interface Waiting {
  readonly from: Account
  readonly nonce: number
  readonly purpose: string
  /** Every version sent with this nonce, the newest last. */
  readonly versions: SignedTransaction[]
  /** Sends the newest version again, or a better paid one, which it adds to `versions`. */
  rebroadcast(): Promise<void>
}

export interface WaitComponents {
  readonly rpc: Rpc
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  readonly crash?: Crash | undefined
}

/**
 * The receipt of whichever version was mined.
 *
 * @throws LedgerError `reverted`, `replaced`, `receipt-timeout`
 */
export async function waitForReceipt(
  components: WaitComponents,
  waiting: Waiting,
  options: WaitOptions,
): Promise<Receipt> {
  const { rpc, clock, timers, logger } = components
  const deadline = clock.now() + options.timeoutMs
  let nextBroadcast = clock.now() + options.rebroadcastMs
  let missing = 0
  for (;;) {
    try {
      const receipt = await findReceipt(rpc, waiting.versions)
      if (receipt !== undefined) return succeeded(receipt, waiting)
      missing = (await usedNonces(rpc, waiting.from)) > BigInt(waiting.nonce) ? missing + 1 : 0
      if (missing >= missingReceiptsMax) throw replaced(waiting)
      if (clock.now() >= nextBroadcast) {
        nextBroadcast = clock.now() + options.rebroadcastMs
        await waiting.rebroadcast()
      }
    } catch (thrown) {
      if (!(thrown instanceof LedgerError) || thrown.code === 'reverted' || thrown.code === 'replaced') throw thrown
      logger.log('debug', 'waiting for a receipt', { purpose: waiting.purpose, reason: thrown.message })
    }
    if (clock.now() >= deadline) throw timedOut(waiting, options.timeoutMs)
    await timers.sleep(options.pollMs)
  }
}

async function findReceipt(rpc: Rpc, versions: readonly SignedTransaction[]): Promise<Receipt | undefined> {
  for (const { hash } of versions) {
    const receipt = await rpc.call('eth_getTransactionReceipt', [hash], decodeReceipt)
    if (receipt === undefined) continue
    if (receipt.transactionHash === hash) return receipt
    throw new LedgerError('bad-reply', `the RPC answers the receipt of ${hash} with that of ${receipt.transactionHash}`)
  }
  return undefined
}

function usedNonces(rpc: Rpc, address: Account): Promise<bigint> {
  return rpc.call('eth_getTransactionCount', [address, 'latest'], decodeQuantity)
}

function succeeded(receipt: Receipt, { purpose }: Waiting): Receipt {
  if (receipt.succeeded) return receipt
  throw new LedgerError(
    'reverted',
    `${purpose} was mined in block ${receipt.blockNumber} and failed after ${receipt.gasUsed} gas: the state changed since it was estimated; look and try again`,
    { transaction: receipt.transactionHash },
  )
}

function replaced({ from, nonce, purpose, versions }: Waiting): LedgerError {
  const hash = versions.at(-1)?.hash
  return new LedgerError(
    'replaced',
    `another transaction of ${from} took nonce ${nonce}, so ${purpose} was not done: is the key used elsewhere? One key belongs to one node`,
    { ...(hash === undefined ? {} : { transaction: hash }) },
  )
}

function timedOut({ purpose, versions }: Waiting, timeoutMs: number): LedgerError {
  const hash = versions.at(-1)?.hash
  return new LedgerError(
    'receipt-timeout',
    `${purpose} was sent as ${hash ?? 'nothing'} but is in no block after ${timeoutMs / 1000} s; it may still be mined: look at the balance before trying again`,
    { ...(hash === undefined ? {} : { transaction: hash }) },
  )
}
