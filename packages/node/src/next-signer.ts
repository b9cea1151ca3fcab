/** The next key by which a validator signs milestones: made in its node's folder before the chain is told of it. */

import { systemRandom, toHex } from '@millrace/base'
import { Staking } from '@millrace/ledger'
import { type Account, parseAccount } from '@millrace/voucher'
import { createSigner } from '@millrace/wallet'
import type { OpenChain } from './open-chain.ts'

export interface NextSigner {
  readonly address: Account
  /** Puts it into the folder, on disk for good: it must be there before its address is sent. */
  readonly keep: () => void
}

const keyBytes = 32

/**
 * A key of the folder that nobody registered yet, which is what a command leaves that was stopped before it had sent,
 * or else a new one.
 *
 * @throws ChainError bad-option when `folder` is no node's; LedgerError
 */
export async function nextSigner({ client }: OpenChain, folder: string): Promise<NextSigner> {
  const { addMilestoneKey, milestoneSigners } = await import('@millrace/chain')
  const staking = new Staking(client)
  for (const address of milestoneSigners(folder)) {
    const known = parseAccount(address)
    if (known === undefined || (await staking.operatorOfSigner(known)) !== undefined) continue
    return { address: known, keep: () => {} }
  }
  const key = systemRandom.bytes(keyBytes)
  const address = createSigner(key).address.toLowerCase() as Account // an address, spelt otherwise
  return { address, keep: () => void addMilestoneKey(folder, `0x${toHex(key)}`) }
}
