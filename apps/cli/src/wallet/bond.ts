/** `wallet bond`. */

import { type Btt, formatBtt } from '@millrace/base'
import { addToBond, withdrawBond } from '@millrace/node'
import type { Command } from 'commander'
import { withMoneyFlags } from '../money-flags.ts'
import { printJson, printLine } from '../output.ts'
import { parseAmount } from '../parse-options.ts'
import { approval, onLedger, type WalletFlags } from './access.ts'
import { withdrawalSentence } from './funds.ts'

interface BondFlags extends WalletFlags {
  readonly withdraw?: boolean
}

export function addBond(wallet: Command): void {
  const command = wallet
    .command('bond')
    .summary('stake BTT on never promising more than there is')
    .description(
      'Add BTT to the bond of this key. It is lost to whoever proves that the key promised more than it says, covers no ' +
        'voucher, and is shown to sellers. --withdraw takes it out again in two steps, as withdraw does from the vault.',
    )
    .argument('<amount>', 'BTT, with at most 18 decimals', parseAmount)
    .option('--withdraw', 'plan to take it out, or take it when the delay is over; 0 cancels')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print one JSON object')
  withMoneyFlags(command).action(run)
}

async function run(amount: Btt, flags: BondFlags): Promise<void> {
  if (flags.withdraw === true) {
    const nowSeconds = Math.floor(Date.now() / 1000)
    const withdrawal = await onLedger(flags, (opened) => withdrawBond(opened, amount, nowSeconds, approval(flags)))
    return flags.json === true ? printJson(withdrawal) : printLine(withdrawalSentence(withdrawal))
  }
  const sent = await onLedger(flags, (opened) => addToBond(opened, amount, approval(flags)))
  if (flags.json === true) return printJson(sent)
  printLine(`bonded ${formatBtt(sent.amount)} BTT, gas ${formatBtt(sent.gasCost)} BTT, ${sent.transaction}`)
}
