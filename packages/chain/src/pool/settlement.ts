/** What a new head means for what waits: places that are taken, and money that is gone. */

import type { ChainBlock } from '../block.ts'
import type { AccountView } from '../execution/port.ts'
import type { Pool } from './pool.ts'

/**
 * After a block on the head before. Nothing but its own transactions moves the nonce of an account that has no code, or lowers its
 * balance, and no more than the pool has counted for them: only after one that was not in the pool must the balance be asked for.
 */
export async function settleBlock(
  pool: Pool,
  { transactions }: Pick<ChainBlock, 'transactions'>,
  view: Pick<AccountView, 'account'>,
): Promise<void> {
  const strangers = transactions.filter(({ hash }) => pool.get(hash) === undefined)
  const nonces = new Map(transactions.map(({ sender, tx }) => [sender, tx.nonce + 1n]))
  for (const [sender, nonce] of nonces) pool.settle(sender, nonce)
  for (const sender of new Set(strangers.map((one) => one.sender))) {
    if (pool.holds(sender)) pool.afford(sender, (await view.account(sender))?.balance ?? 0n)
  }
}

/** After a head that came from elsewhere: any account may have moved. */
export async function settleAll(pool: Pool, view: Pick<AccountView, 'account'>): Promise<void> {
  for (const sender of new Set([...pool.waiting()].map((one) => one.sender))) {
    const account = await view.account(sender)
    pool.settle(sender, account?.nonce ?? 0n)
    pool.afford(sender, account?.balance ?? 0n)
  }
}
