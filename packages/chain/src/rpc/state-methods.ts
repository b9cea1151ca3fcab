/** Methods that read accounts: balance, nonce, code, storage, and the whole supply. */

import { fromBigEndian } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainBlock } from '../block.ts'
import { totalSupply } from '../genesis/config.ts'
import { fixedBytes, hexOf, quantity } from '../hex.ts'
import { localState, type Methods, needBlock, type ReadContext, type RpcContext } from './context.ts'
import { invalidParams } from './errors.ts'
import { address, bigQuantity, blockReference, fieldsOf, listOf } from './params.ts'
import type { Json } from './views.ts'

const proofKeysMax = 1024
const storageValuesMax = 1024

export function stateMethods(context: RpcContext): Methods {
  const { chain } = context
  const stateAt = (reference: unknown) => {
    return chain.engine.state(needBlock(context, blockReference(reference, 'block')))
  }
  return {
    async eth_getBalance([who, block]) {
      const account = await stateAt(block).account(address(who, 'address'))
      return quantity(account?.balance ?? 0n)
    },
    async eth_getTransactionCount([who, block]) {
      const sender = address(who, 'address')
      if (block === 'pending') return quantity(await chain.pendingNonce(sender))
      return quantity((await stateAt(block).account(sender))?.nonce ?? 0n)
    },
    async eth_getCode([who, block]) {
      return hexOf(await stateAt(block).code(address(who, 'address')))
    },
    async eth_getStorageAt([who, slot, block]) {
      return hexOf(await stateAt(block).storage(address(who, 'address'), slotOf(slot)))
    },
    async eth_getStorageValues([wanted, block]) {
      const slots = slotsByAddress(wanted)
      const state = stateAt(block)
      const found: Record<Hex, readonly Hex[]> = {}
      for (const [who, keys] of slots)
        found[who] = await Promise.all(keys.map(async (key) => hexOf(await state.storage(who, key))))
      return found
    },
  }
}

/** A proof has a branch of the trie for each key. */
export function proofMethods(context: ReadContext): Methods {
  return {
    async eth_getProof([who, keys, block]) {
      const account = address(who, 'address')
      const asked = listOf(keys, 'storage keys', proofKeysMax)
      const slots = asked.map(slotOf)
      const { storageProof, ...proof } = await context.chain.engine
        .state(needBlock(context, blockReference(block, 'block')))
        .proof(account, slots)
      return {
        address: account,
        ...proof,
        storageProof: storageProof.map((item, index) => ({ key: slotName(asked[index], slots[index]), ...item })),
      }
    },
  }
}

export function supplyMethods(context: ReadContext): Methods {
  return {
    /** Every BTT's whereabouts at a block: issued, minted since block 0 among it = held by accounts and contracts + burned as base fee. */
    async millrace_supply([reference]) {
      const block = needBlock(context, blockReference(reference, 'block'))
      const held = await localState(context, block).supply()
      return supplyView(block, held)
    },
  }
}

export function supplyView(block: ChainBlock, held: bigint): Json {
  return {
    blockNumber: quantity(block.number),
    issued: quantity(totalSupply + block.minted),
    held: quantity(held),
    burned: quantity(block.burned),
  }
}

function slotsByAddress(value: unknown): ReadonlyMap<Hex, readonly Uint8Array[]> {
  const entries = Object.entries(fieldsOf(value, 'slots by address')).map(([who, keys]) => {
    return [address(who, 'address'), listOf(keys, 'slots', storageValuesMax).map(slotOf)] as const
  })
  const total = entries.reduce((sum, [, keys]) => sum + keys.length, 0)
  if (total > 0 && total <= storageValuesMax) return new Map(entries)
  throw invalidParams(`slots by address: ${total} slots; expected 1 to ${storageValuesMax}`)
}

/** A slot as a number of up to 32 bytes, with or without leading zeros. */
function slotOf(value: unknown): Uint8Array {
  return fixedBytes(bigQuantity(value, 'slot'), slotBytes)
}

const slotBytes = 32

/** A proof names a slot in the form in which it was asked for: whole words as words, anything shorter as a number. */
function slotName(asked: unknown, slot: Uint8Array = new Uint8Array(slotBytes)): Hex {
  const isWord = typeof asked === 'string' && asked.length === 2 + 2 * slotBytes
  return isWord ? hexOf(slot) : quantity(fromBigEndian(slot))
}
