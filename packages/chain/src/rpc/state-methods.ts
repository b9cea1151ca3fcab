/** Methods that read accounts: balance, nonce, code, storage, and the whole supply. */

import { totalSupply } from '../genesis/config.ts'
import { fixedBytes, hexOf, quantity } from '../hex.ts'
import { type Methods, needBlock, type RpcContext } from './context.ts'
import { address, bigQuantity, blockReference } from './params.ts'

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
      const key = fixedBytes(bigQuantity(slot, 'slot'), 32)
      return hexOf(await stateAt(block).storage(address(who, 'address'), key))
    },
    /** Every BTT's whereabouts at a block: issued = held by accounts and contracts + burned as base fee. */
    async millrace_supply([reference]) {
      const block = needBlock(context, blockReference(reference, 'block'))
      const held = await chain.engine.state(block).supply()
      return {
        blockNumber: quantity(block.number),
        issued: quantity(totalSupply),
        held: quantity(held),
        burned: quantity(block.burned),
      }
    },
  }
}
