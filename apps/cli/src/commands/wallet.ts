/** `millrace wallet`: keys, and the money that they have in the vault. */

import type { Command } from 'commander'
import { addBond } from '../wallet/bond.ts'
import { addCash, addJournal, addStatement } from '../wallet/books.ts'
import { addDeposit, addWithdraw } from '../wallet/funds.ts'
import { addAddress, addWalletCreate } from '../wallet/keys.ts'
import { addBalance } from '../wallet/view.ts'

export function addWallet(program: Command): void {
  const wallet = program
    .command('wallet')
    .summary('keys, and their money in the vault')
    .description('Keys, and their money in the vault. Amounts are BTT; --json prints base units (10^-18 BTT).')
  for (const add of [
    addWalletCreate,
    addAddress,
    addBalance,
    addDeposit,
    addWithdraw,
    addBond,
    addCash,
    addJournal,
    addStatement,
  ])
    add(wallet)
}
