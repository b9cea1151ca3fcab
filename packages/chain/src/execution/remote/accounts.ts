/** The state after one block as the other process tells it. */

import { KECCAK256_NULL, KECCAK256_RLP } from '@ethereumjs/util'
import type { Hex } from 'viem'
import { hexOf } from '../../hex.ts'
import type { AccountState, AccountView } from '../port.ts'
import { RecentMap } from '../state/keys.ts'
import { accountProof, amount, bytes } from './answers.ts'
import type { RemoteClient } from './client.ts'

/** Accounts kept at hand: what a block's hash names never changes. */
const accountsMax = 16_384
const wordBytes = 32

/** Views by the block's hash. */
export function remoteViews(client: Pick<RemoteClient, 'call' | 'calls'>): (blockHash: Hex) => AccountView {
  const known = new RecentMap<AccountState>(accountsMax)
  return (blockHash) => {
    const at = { blockHash }
    return {
      async account(address) {
        const key = `${blockHash}${address}`
        const found = known.get(key)
        if (found !== undefined) return someOf(found)
        const methods = ['eth_getTransactionCount', 'eth_getBalance', 'eth_getCode']
        const [nonce, balance, code] = await client.calls(methods.map((method) => ({ method, params: [address, at] })))
        const account = { nonce: amount(nonce), balance: amount(balance), hasCode: bytes(code, 'code').length > 0 }
        known.set(key, account)
        return someOf(account)
      },
      code: async (address) => bytes(await client.call('eth_getCode', address, at), 'code'),
      async storage(address, slot) {
        return bytes(await client.call('eth_getStorageAt', address, hexOf(slot), at), 'a word', wordBytes)
      },
      async proof(address, slots) {
        const proof = accountProof(await client.call('eth_getProof', address, slots.map(hexOf), at))
        // geth shows zeros for what an account that is not there has not; elsewhere it is the hash of nothing.
        const hashOr = (hash: Hex, empty: Uint8Array) => (BigInt(hash) === 0n ? hexOf(empty) : hash)
        const { codeHash, storageHash } = proof
        return {
          ...proof,
          codeHash: hashOr(codeHash, KECCAK256_NULL),
          storageHash: hashOr(storageHash, KECCAK256_RLP),
        }
      },
    }
  }
}

/** An account of nothing is none (EIP-161). */
function someOf(account: AccountState): AccountState | undefined {
  return account.nonce === 0n && account.balance === 0n && !account.hasCode ? undefined : account
}
