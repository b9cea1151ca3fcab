/** The sum of all balances of a state that another process keeps, page by page through its debug_accountRange. */

import type { Hex } from 'viem'
import { balancesPage } from './answers.ts'
import type { RemoteClient } from './client.ts'

/** geth gives no more at a time. */
const pageAccounts = 256

/** @throws RemoteRefusal where the RPC has no debug_ or the state is gone */
export async function remoteSupply(debug: RemoteClient, blockHash: Hex): Promise<bigint> {
  let sum = 0n
  for (let start: Hex | undefined = '0x'; start !== undefined; ) {
    // Neither code nor storage; accounts whose address is not known by its hash as well.
    const page = balancesPage(
      await debug.call('debug_accountRange', { blockHash }, start, pageAccounts, true, true, true),
    )
    for (const balance of page.balances) sum += balance
    start = page.next
  }
  return sum
}
