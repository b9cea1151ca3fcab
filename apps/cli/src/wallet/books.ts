/** `wallet cash`, `wallet journal` and `wallet statement`: what the books of a key hold. */

import { formatBtt } from '@millrace/base'
import { cash, type Period, readEarnings, readJournal, type Statement, statementCsv } from '@millrace/node'
import { type Command, Option } from 'commander'
import { terminalLogger } from '../logging.ts'
import { withMoneyFlags } from '../money-flags.ts'
import { note, printJson, printLine, printText, warn } from '../output.ts'
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
  if (result.transactions.length === 0) return printLine('nothing to cash')
  const sums = [
    `cashed ${formatBtt(result.cashed)} BTT by ${result.vouchers} vouchers`,
    ...(result.incentives === 0n ? [] : [`incentives ${formatBtt(result.incentives)} BTT`]),
    `gas ${formatBtt(result.gasCost)} BTT`,
  ]
  printLine(sums.join(', '))
}

export function addJournal(wallet: Command): void {
  const command = wallet
    .command('journal')
    .description('Print the journal of a key as lines of JSON: each entry, and what each pair of accounts came to.')
    .option('--csv', 'print each line of each entry as a row of CSV instead')
  withMoneyFlags(command).action(runJournal)
}

interface ExportFlags extends WalletFlags {
  readonly csv?: boolean
}

async function runJournal(flags: ExportFlags): Promise<void> {
  const form = flags.csv === true ? 'csv' : 'jsonl'
  const lines = await onLedger(flags, async (opened, access) => [...readJournal(access, opened, form)])
  if (lines.length === 0) note(noBooksLine)
  for (const line of lines) printText(form === 'csv' ? line : `${line}\n`)
}

export function addStatement(wallet: Command): void {
  const command = wallet
    .command('statement')
    .summary('from gross to net')
    .description('Print what a key billed, lost, paid, cashed and spent on gas, by period and counterparty.')
    .addOption(new Option('--by <period>', 'length of a period').choices(['day', 'month', 'all']).default('month'))
    .option('--csv', 'print CSV, amounts in base units and in BTT')
    .option('--json', 'print one JSON object')
  withMoneyFlags(command).action(runStatement)
}

async function runStatement(flags: ExportFlags & { readonly by: Period }): Promise<void> {
  const statement = await onLedger(flags, async (opened, access) => readEarnings(access, opened, flags.by))
  if (statement === undefined) return note(noBooksLine)
  if (flags.json === true) return printJson(statement)
  if (flags.csv === true) for (const row of statementCsv(statement)) printText(row)
  else for (const line of sentencesOf(statement)) printLine(line)
}

function sentencesOf({ rows, total }: Statement): readonly string[] {
  return [...rows, { period: 'total', counterparty: '', ...total }].map((row) => {
    const sums = (
      ['billed', 'writtenOff', 'accepted', 'cashed', 'issued', 'paidOut', 'rewarded', 'gas', 'net'] as const
    )
      .filter((kind) => row[kind] !== 0n)
      .map((kind) => `${kind} ${formatBtt(row[kind])}`)
    return [row.period, row.counterparty, sums.join(', ')].filter((part) => part !== '').join('  ')
  })
}

const noBooksLine = 'no books yet: this key neither paid nor earned on this ledger'
