/** Merkle proofs of an account and of slots in its storage (EIP-1186). */

import { getMerkleStateProof } from '@ethereumjs/statemanager'
import { createAddressFromString } from '@ethereumjs/util'
import type { Hex } from 'viem'
import { hexOf } from '../hex.ts'
import type { AccountProof } from './port.ts'
import type { openState } from './world.ts'

/** @param slots 32 bytes each */
export async function proveAccount(
  { manager }: Pick<ReturnType<typeof openState>, 'manager'>,
  address: Hex,
  slots: readonly Uint8Array[],
): Promise<AccountProof> {
  const proof = await getMerkleStateProof(manager, createAddressFromString(address), [...slots])
  const bySlot = new Map(proof.storageProof.map((item) => [item.key, item]))
  return {
    balance: proof.balance,
    nonce: proof.nonce,
    codeHash: proof.codeHash,
    storageHash: proof.storageHash,
    accountProof: proof.accountProof,
    // An account that is not there has no storage, hence no nodes that could show a slot's absence.
    storageProof: slots.map((slot) => {
      const found = bySlot.get(hexOf(slot))
      return found === undefined ? { value: '0x0', proof: [] } : { value: quantityOf(found.value), proof: found.proof }
    }),
  }
}

/** Storage holds values without leading zero bytes, a quantity has no leading zero digit either. */
function quantityOf(value: Hex): Hex {
  return `0x${BigInt(value).toString(16)}`
}
