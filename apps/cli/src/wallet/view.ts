/** `wallet balance`. */

import { formatBtt } from '@millrace/base'
import { viewWallet } from '@millrace/node'
import type { Command } from 'commander'
import { withMoneyFlags } from '../money-flags.ts'
import { printJson, printLine } from '../output.ts'
import { formatTime, onLedger, type WalletFlags } from './access.ts'

export function addBalance(wallet: Command): void {
  const command = wallet
    .command('balance')
    .description('Show what the chain says of a key and of its balance in the vault.')
    .option('--json', 'print one JSON object')
  withMoneyFlags(command).action(run)
}

async function run(flags: WalletFlags): Promise<void> {
  const view = await onLedger(flags, viewWallet)
  if (flags.json === true) return printJson(view)
  const rows = [
    ['address', view.address],
    ['balance', `${formatBtt(view.balance)} BTT`],
    ['in the vault', `${formatBtt(view.vaultBalance)} BTT`],
    ['deposited', `${formatBtt(view.deposited)} BTT`],
    ['paid out', `${formatBtt(view.paidOut)} BTT`],
    ['withdrawn', `${formatBtt(view.withdrawn)} BTT`],
  ] as const
  for (const [name, value] of rows) printLine(`${name.padEnd(12)}  ${value}`)
  const { bond } = view
  if (bond !== undefined && bond.amount > 0n) printLine(`${'bond'.padEnd(12)}  ${formatBtt(bond.amount)} BTT`)
  if (bond?.provenAtSeconds !== undefined) {
    printLine(`${'bond'.padEnd(12)}  lost to a proof of over-issue, ${formatTime(bond.provenAtSeconds)}`)
  }
  const { planned } = view
  if (planned === undefined) return
  printLine(
    `${'withdrawal'.padEnd(12)}  ${formatBtt(planned.amount)} BTT from ${formatTime(planned.availableAtSeconds)}`,
  )
}
