/** `wallet deposit` and `wallet withdraw`. */

import { type Btt, formatBtt } from '@millrace/base'
import { deposit, type Withdrawal, withdraw } from '@millrace/node'
import type { Command } from 'commander'
import { withMoneyFlags } from '../money-flags.ts'
import { printJson, printLine } from '../output.ts'
import { parseAmount } from '../parse-options.ts'
import { approval, formatTime, onLedger, type WalletFlags } from './access.ts'

export function addDeposit(wallet: Command): void {
  const command = wallet
    .command('deposit')
    .description('Move BTT from the key into its balance in the vault, from which sellers are paid.')
    .argument('<amount>', 'BTT, with at most 18 decimals', parseAmount)
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print one JSON object')
  withMoneyFlags(command).action(runDeposit)
}

async function runDeposit(amount: Btt, flags: WalletFlags): Promise<void> {
  const sent = await onLedger(flags, (opened) => deposit(opened, amount, approval(flags)))
  if (flags.json === true) return printJson(sent)
  printLine(`deposited ${formatBtt(sent.amount)} BTT, gas ${formatBtt(sent.gasCost)} BTT, ${sent.transaction}`)
}

export function addWithdraw(wallet: Command): void {
  const command = wallet
    .command('withdraw')
    .summary('take BTT out of the vault')
    .description(
      'Take BTT out of the vault, in two steps: the first plans it, the same command withdraws it when the delay is over. ' +
        'Sellers can cash what they were promised in between. Another amount is a new plan; 0 cancels.',
    )
    .argument('<amount>', 'BTT, with at most 18 decimals', parseAmount)
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print one JSON object')
  withMoneyFlags(command).action(runWithdraw)
}

async function runWithdraw(amount: Btt, flags: WalletFlags): Promise<void> {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const withdrawal = await onLedger(flags, (opened) => withdraw(opened, amount, nowSeconds, approval(flags)))
  if (flags.json === true) return printJson(withdrawal)
  printLine(withdrawalSentence(withdrawal))
}

/** What a step of a withdrawal did, for people. */
export function withdrawalSentence(withdrawal: Withdrawal): string {
  const sum = `${formatBtt(withdrawal.amount)} BTT`
  switch (withdrawal.state) {
    case 'planned':
      return `planned ${sum}: withdraw the same amount again from ${formatTime(withdrawal.availableAtSeconds)}`
    case 'waiting':
      return `${sum} was planned before and can be withdrawn from ${formatTime(withdrawal.availableAtSeconds)}`
    case 'withdrawn':
      return `withdrew ${sum}, ${withdrawal.transaction}`
    case 'cancelled':
      return `nothing is planned any more, ${withdrawal.transaction}`
  }
}
