/** The next key by which a validator signs its votes: made in its node's folder before the chain is told of it. */

import { systemRandom } from '@millrace/base'
import type { NewConsensusKey } from '@millrace/chain'
import { Staking } from '@millrace/ledger'
import type { OpenChain } from './open-chain.ts'

const seedBytes = 32

/**
 * A key of the folder that nobody registered yet, which is what a command leaves that was stopped before it had sent,
 * or else a new one; `keep` must be called before it is sent.
 *
 * @throws ChainError bad-option when `folder` is no node's; LedgerError
 */
export async function nextConsensusKey({ client }: OpenChain, folder: string): Promise<NewConsensusKey> {
  const { consensusKeys, newConsensusKey } = await import('@millrace/chain')
  const staking = new Staking(client)
  for (const consensusKey of consensusKeys(folder)) {
    if ((await staking.operatorOfKey(consensusKey)) === undefined) return { consensusKey, keep: () => {} }
  }
  return newConsensusKey(folder, systemRandom.bytes(seedBytes))
}
