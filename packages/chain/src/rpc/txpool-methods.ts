/** What waits in the pool: `pending` could be in the next blocks, `queued` lies behind a gap in its account's nonces. */

import { type Address, getAddress } from 'viem'
import type { ChainTransaction } from '../block.ts'
import { bidOf } from '../execution/price.ts'
import { quantity } from '../hex.ts'
import type { PoolAccount } from '../pool/pool.ts'
import type { Methods, RpcContext } from './context.ts'
import { address } from './params.ts'
import { transactionView } from './views.ts'

type Show = (transaction: ChainTransaction) => unknown

export function txpoolMethods({ chain }: RpcContext): Methods {
  const { pool } = chain
  return {
    txpool_status() {
      const parts = pool.content().map(split)
      const sum = (part: 'pending' | 'queued') => parts.reduce((total, parted) => total + parted[part].length, 0)
      return { pending: quantity(sum('pending')), queued: quantity(sum('queued')) }
    },
    txpool_content: () => byAccount(pool.content(), view),
    txpool_inspect: () => byAccount(pool.content(), summary),
    txpool_contentFrom([value]) {
      const sender = address(value, 'address')
      const parted = pool
        .content()
        .filter((account) => account.sender === sender)
        .map(split)
      const nonces = (part: 'pending' | 'queued') =>
        byNonce(
          parted.flatMap((account) => account[part]),
          view,
        )
      return { pending: nonces('pending'), queued: nonces('queued') }
    },
  }
}

function byAccount(accounts: readonly PoolAccount[], show: Show) {
  const part = (name: 'pending' | 'queued') =>
    Object.fromEntries(
      accounts.flatMap((account): [Address, unknown][] => {
        const transactions = split(account)[name]
        return transactions.length === 0 ? [] : [[getAddress(account.sender), byNonce(transactions, show)]]
      }),
    )
  return { pending: part('pending'), queued: part('queued') }
}

function byNonce(transactions: readonly ChainTransaction[], show: Show) {
  return Object.fromEntries(transactions.map((transaction) => [String(transaction.tx.nonce), show(transaction)]))
}

function split({ nonce, transactions }: PoolAccount) {
  const gap = transactions.findIndex(({ tx }, index) => tx.nonce !== nonce + BigInt(index))
  const run = gap === -1 ? transactions.length : gap
  return { pending: transactions.slice(0, run), queued: transactions.slice(run) }
}

const view: Show = (transaction) => transactionView(transaction, undefined)

/** geth's line: recipient, value, gas and the most it pays a gas. */
const summary: Show = ({ tx }) => {
  const to = tx.to === undefined ? 'contract creation' : getAddress(tx.to.toString())
  return `${to}: ${tx.value} wei + ${tx.gasLimit} gas × ${bidOf(tx).maxFeePerGas} wei`
}
