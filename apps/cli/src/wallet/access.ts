/** What the commands of the wallet share: a ledger to act on, and the yes before anything is sent. */

import { formatBtt } from '@millrace/base'
import { type Approve, type LedgerAccess, type OpenLedger, type Spend, withWallet } from '@millrace/node'
import { UsageError } from '../exit-codes.ts'
import { terminalLogger } from '../logging.ts'
import { type MoneyFlags, moneyOf } from '../money-flags.ts'
import { note } from '../output.ts'
import { confirm } from '../prompt.ts'

export interface WalletFlags extends MoneyFlags {
  readonly json?: boolean
  readonly yes?: boolean
}

/** Opens the ledger that the flags name. @throws UsageError when they name none */
export function onLedger<T>(
  flags: MoneyFlags,
  use: (opened: OpenLedger, access: LedgerAccess) => Promise<T>,
): Promise<T> {
  const access = moneyOf(flags)
  if (access === undefined) throw new UsageError('which ledger? Name it by --rpc and --vault')
  return withWallet(access, (opened) => use(opened, access), terminalLogger(false))
}

/** Shows what is about to be sent; `--yes` answers for the person. */
export function approval(flags: { readonly yes?: boolean }): Approve {
  return async (spend) => {
    const sentence = `${sentenceOf(spend)}; gas at most ${formatBtt(spend.gasCost)} BTT`
    if (flags.yes !== true) return confirm(`${sentence}. Go on?`)
    note(sentence)
    return true
  }
}

function sentenceOf({ action, amount, vouchers }: Spend): string {
  const sum = `${formatBtt(amount)} BTT`
  switch (action) {
    case 'deposit':
      return `deposit ${sum} into the vault`
    case 'plan-withdraw':
      return amount === 0n ? 'cancel the planned withdrawal' : `plan to withdraw ${sum} from the vault`
    case 'withdraw':
      return `withdraw ${sum} from the vault`
    case 'bond':
      return `add ${sum} to the bond`
    case 'plan-withdraw-bond':
      return amount === 0n ? 'cancel the planned withdrawal of the bond' : `plan to withdraw ${sum} from the bond`
    case 'withdraw-bond':
      return `withdraw ${sum} from the bond`
    case 'claim-airdrop':
      return `claim ${sum} of the airdrop`
    case 'cash':
      return `cash ${vouchers} ${vouchers === 1 ? 'voucher' : 'vouchers'} worth ${sum}`
  }
}

/** Chain time for people: `2026-01-31T12:00:00Z`. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}
