/** The `Ledger` port of vouchers: a ledger together with the key that pays for its transactions. */

import { type Btt, btt, zeroBtt } from '@millrace/base'
import type { Account, CashOutcome, Ledger, SignedVoucher } from '@millrace/voucher'
import type { CashReport } from './cashing.ts'
import type { ChainLedger } from './ledger.ts'
import type { TransactionSigner } from './ports.ts'

/**
 * What the books and the paid session want of a ledger. Transactions are signed and their gas is paid by `signer`.
 *
 * @example
 * const ledger = bindLedger(await openLedger(options, components), signer)
 */
export function bindLedger(ledger: ChainLedger, signer: TransactionSigner): Ledger {
  return {
    domain: ledger.identity.domain,
    coverage: (payer) => ledger.coverage(payer),
    cashed: (payer, payee) => ledger.cashed(payer, payee),
    watch: (payer, payee) => ledger.watch(payer, [payee]),
    unwatch: (payer) => ledger.unwatch(payer),
    onBlock: (listener) => ledger.subscribe({ onBlock: () => listener() }),
    async depositFor(key, amount) {
      await ledger.depositFor(signer, key, amount)
    },
    async cash(vouchers, recipient) {
      return outcomesOf(await ledger.cashMany(signer, vouchers, recipient), (payer, payee) =>
        ledger.cashedOf(payer, payee),
      )
    },
  }
}

async function outcomesOf(
  report: CashReport,
  cashedOf: (payer: Account, payee: Account) => Promise<Btt>,
): Promise<readonly CashOutcome[]> {
  const pairOf = ({ payer, payee }: SignedVoucher) => ({ payer, payee })
  const paid = report.cashed.map(({ voucher, amount, cashed }) => ({
    ...pairOf(voucher),
    paid: btt(amount),
    cashed: btt(cashed),
  }))
  const skipped = report.skipped.map(async ({ voucher, reason }) => ({
    ...pairOf(voucher),
    paid: zeroBtt,
    cashed: await cashedOf(voucher.payer, voucher.payee),
    skipped: reason,
  }))
  return [...paid, ...(await Promise.all(skipped))]
}
