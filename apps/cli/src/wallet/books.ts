/** `wallet cash` and `wallet journal`: what the books of a key hold. */

import { formatBtt } from '@millrace/base'
import { cash, readJournal } from '@millrace/node'
import type { Command } from 'commander'
import { terminalLogger } from '../logging.ts'
import { withMoneyFlags } from '../money-flags.ts'
import { note, printJson, printLine, warn } from '../output.ts'
import { approval, onLedger, type WalletFlags } from './access.ts'

export function addCash(wallet: Command): void {
  const command = wallet
    .command('cash')
    .summary('cash vouchers')
    .description('Cash every voucher in the books into the balance of the key in the vault, where it can be spent.')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print one JSON object')
  withMoneyFlags(command).action(runCash)
}

async function runCash(flags: WalletFlags): Promise<void> {
  const result = await onLedger(flags, (opened, access) => cash(access, opened, approval(flags), terminalLogger(false)))
  if (flags.json === true) return printJson(result)
  for (const { payer, reason } of result.skipped) warn(`the voucher of ${payer} was not cashed: ${reason}`)
  if (result.vouchers === 0) return printLine('nothing to cash')
  printLine(
    `cashed ${formatBtt(result.cashed)} BTT by ${result.vouchers} vouchers, gas ${formatBtt(result.gasCost)} BTT`,
  )
}

export function addJournal(wallet: Command): void {
  const command = wallet
    .command('journal')
    .description('Print the journal of a key as lines of JSON: each entry, and what each pair of accounts came to.')
  withMoneyFlags(command).action(runJournal)
}

async function runJournal(flags: WalletFlags): Promise<void> {
  const lines = await onLedger(flags, async (opened, access) => [...readJournal(access, opened)])
  if (lines.length === 0) note('no books yet: this key neither paid nor earned on this ledger')
  for (const line of lines) printLine(line)
}
