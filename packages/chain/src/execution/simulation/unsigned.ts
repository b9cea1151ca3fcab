/** A transaction that nobody has signed. */

import { type Common, Hardfork } from '@ethereumjs/common'
import { createFeeMarket1559Tx } from '@ethereumjs/tx'
import type { ChainTransaction } from '../../block.ts'
import { hexOf } from '../../hex.ts'
import type { Message } from './message.ts'

/** The transaction as it would be, with zeros for a signature. */
export function unsignedTransaction(message: Message, common: Common): ChainTransaction {
  // Encodings are the same in all forks, but Osaka's cap on a transaction's gas does not bind a simulation.
  const rules = common.copy()
  if (rules.isActivatedEIP(7825)) rules.setHardfork(Hardfork.Prague)
  const { from, to, data, value, nonce, gas, maxFeePerGas, maxPriorityFeePerGas } = message
  const accessList = message.accessList.map(({ address, storageKeys }) => ({ address, storageKeys: [...storageKeys] }))
  const tx = createFeeMarket1559Tx(
    {
      ...{ value, data, maxFeePerGas, maxPriorityFeePerGas, accessList, gasLimit: gas, v: 0n, r: 0n, s: 0n },
      ...(to === undefined ? {} : { to }),
      chainId: common.chainId(),
    },
    { common: rules, allowUnlimitedInitCodeSize: true, freeze: false },
  )
  // Set afterwards: the last nonce of all is no transaction's (EIP-2681), but an override can give it to an account.
  Object.assign(tx, { nonce })
  return { tx, hash: hexOf(tx.hash()), sender: from }
}
