/** Waiting for a transaction's block, for tests. */

import { setTimeout as delay } from 'node:timers/promises'
import { type Hex, type PublicClient, type TransactionReceipt, TransactionReceiptNotFoundError } from 'viem'

const pollMs = 5
/** A transaction that is in no block by then is in none later: these chains make blocks at once. */
const waitMsMax = 30_000

/**
 * Asks until there is a receipt.
 *
 * viem's own `waitForTransactionReceipt` asks once for each block it sees, and joins a request that is still under way. If
 * that one left before the block was made, the answer is "none", and on a chain that makes blocks on demand no further
 * block comes to ask again. On a busy machine that happens.
 *
 * @throws Error when none comes in time, with the number of the head
 */
export async function minedReceipt(
  reader: Pick<PublicClient, 'getTransactionReceipt' | 'getBlockNumber'>,
  hash: Hex,
): Promise<TransactionReceipt> {
  const deadline = performance.now() + waitMsMax
  for (;;) {
    const receipt = await reader.getTransactionReceipt({ hash }).catch((thrown: unknown) => {
      if (thrown instanceof TransactionReceiptNotFoundError) return undefined
      throw thrown
    })
    if (receipt !== undefined) return receipt
    if (performance.now() > deadline) {
      throw new Error(`no receipt of ${hash} within ${waitMsMax} ms; the head is ${await reader.getBlockNumber()}`)
    }
    await delay(pollMs)
  }
}
