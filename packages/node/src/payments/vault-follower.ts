/** Brings what happens on the chain to our money into the books: when they open, while they are open, before they close. */

import { type Btt, btt, type Crash, type Logger } from '@millrace/base'
import { type ChainLedger, LedgerError } from '@millrace/ledger'
import type { Account } from '@millrace/voucher'
import type { DeskBooks } from './desk-books.ts'

/** Whose money is followed, and where. */
export interface VaultParts {
  readonly chain: ChainLedger
  readonly account: Account
  readonly crash?: Crash | undefined
}

export interface VaultFollower {
  /** What the incentive pool paid us in this run. */
  readonly rewarded: Btt
  /**
   * Enters all that the chain says and the books lack. Nothing of ours may be under way.
   *
   * @throws LedgerError
   */
  catchUp(): Promise<void>
  /** Catches up where the chain answers, and ends. What is missed comes with the next start. */
  close(): Promise<void>
}

/** @param onPaidOut hears what each payee was paid for our vouchers over all time, when that changed */
export function followVault(
  { chain, account, crash }: VaultParts,
  books: DeskBooks,
  logger: Logger,
  onPaidOut: (paidTo: ReadonlyMap<Account, Btt>) => void = () => {},
): VaultFollower {
  let rewarded = 0n
  const stop = chain.subscribe({
    onEvents(events) {
      const paidTo = new Map<Account, Btt>()
      for (const event of events) {
        if (event.type === 'cashed' && event.payer === account) paidTo.set(event.payee, btt(event.cashed))
      }
      if (paidTo.size === 0) return
      crash?.at('payer.cashing-heard')
      books.note((store) => store.agree({ paidOut: paidTo }))
      onPaidOut(books.store.paidOutSums())
    },
    onGas: (cost) => void books.note((store) => store.spentOnGas(btt(cost))),
    onReward(amount) {
      rewarded += amount
      books.note((store) => store.rewarded(btt(amount)))
    },
  })
  const catchUp = (): Promise<void> => agree(chain, books, account)
  return {
    catchUp,
    get rewarded() {
      return btt(rewarded)
    },
    async close() {
      stop()
      if (chain.status.state !== 'live') return
      await catchUp().catch((error: unknown) => {
        if (!(error instanceof LedgerError)) throw error
        logger.log('warn', 'the books lack what happened on the chain since they opened', { reason: error.message })
      })
    },
  }
}

async function agree(chain: ChainLedger, books: DeskBooks, account: Account): Promise<void> {
  // In this order a deposit by cashing cannot be seen before the cashing that made it.
  const { deposited, withdrawn } = await chain.vaultAccount(account)
  const { payees, payers } = books.store.openPairs()
  const paidOut = await eachOf(payees, (payee) => chain.cashedOf(account, payee))
  const cashed = await eachOf(payers, (payer) => chain.cashedOf(payer, account))
  books.note((store) => store.agree({ deposited: btt(deposited), withdrawn: btt(withdrawn), paidOut, cashed }))
}

async function eachOf(
  accounts: readonly Account[],
  read: (account: Account) => Promise<Btt>,
): Promise<ReadonlyMap<Account, Btt>> {
  const sums = new Map<Account, Btt>()
  for (const account of accounts) sums.set(account, await read(account))
  return sums
}
