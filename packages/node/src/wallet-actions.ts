/** What a person does with a key and its money in the vault: look, deposit, withdraw, cash, read the journal. */

import { existsSync } from 'node:fs'
import { type Btt, btt, formatBtt, type Logger, silentLogger } from '@millrace/base'
import { exportJournal, exportJournalCsv, type Period, readStatement, type Statement } from '@millrace/journal'
import type { CashReport, VaultAction } from '@millrace/ledger'
import { type Account, ledgerId, type SignedVoucher } from '@millrace/voucher'
import { addressToBytes, devAccount, embeddedChainId, formatAddress, loadKeystore } from '@millrace/wallet'
import { DeskBooks } from './payments/desk-books.ts'
import { booksFolderOf, type OpenLedger, openBooksOf, openLedgerAccess } from './payments/open-money.ts'
import { type KeySource, type LedgerAccess, MoneyError } from './payments/terms.ts'
import { keyOfFile } from './payments/unlock-key.ts'
import { followVault } from './payments/vault-follower.ts'
import { type BondState, viewBond } from './wallet-bond.ts'
import type { Approve, Sent, Spend, Withdrawal } from './wallet-spend.ts'

/** A key and its money, amounts in base units. Times are chain time in seconds since 1970. */
export interface WalletView {
  /** Checksummed. */
  readonly address: string
  readonly chainId: number
  /** Checksummed. */
  readonly vault: string
  /** Outside the vault. */
  readonly balance: Btt
  readonly vaultBalance: Btt
  /** Lifetime sums of the vault. */
  readonly deposited: Btt
  readonly withdrawn: Btt
  readonly paidOut: Btt
  /** A withdrawal that was planned; undefined without one. */
  readonly planned: { readonly amount: Btt; readonly availableAtSeconds: number } | undefined
  /** Undefined where the ledger has no bonds. */
  readonly bond: BondState | undefined
}

export interface Cashing {
  readonly vouchers: number
  readonly cashed: Btt
  /** What the network's incentive pool added. */
  readonly incentives: Btt
  /** Paid for gas. */
  readonly gasCost: Btt
  readonly transactions: readonly string[]
  readonly skipped: readonly { readonly payer: string; readonly reason: string }[]
}

/**
 * The checksummed address of a key. Needs neither chain nor password, when the keystore names its address.
 *
 * @throws WalletError
 */
export async function addressOf(key: KeySource): Promise<string> {
  if (key.kind === 'dev') return devAccount(key.index, embeddedChainId).address
  if (key.kind === 'file') return (await keyOfFile(key.path)).address
  const { address } = await loadKeystore(key.path)
  if (address !== undefined) return formatAddress(addressToBytes(`0x${address}`))
  throw new MoneyError('no-address', `${key.path} does not name its address: ask with --rpc and --vault and unlock it`)
}

/** Opens the ledger for one action and closes it after. Throws what opening and the action throw. */
export async function withWallet<T>(
  access: LedgerAccess,
  use: (opened: OpenLedger) => Promise<T>,
  logger: Logger = silentLogger,
): Promise<T> {
  const opened = await openLedgerAccess(access, logger)
  try {
    return await use(opened)
  } finally {
    await opened.chain.close()
  }
}

export async function viewWallet(opened: OpenLedger): Promise<WalletView> {
  const { chain, key, account } = opened
  const { chainId, vault, withdrawDelaySeconds } = chain.identity
  const own = await chain.vaultAccount(account)
  return {
    address: key.address,
    chainId,
    vault: formatAddress(addressToBytes(vault)),
    balance: await chain.balanceOf(account),
    vaultBalance: btt(own.balance),
    deposited: btt(own.deposited),
    withdrawn: btt(own.withdrawn),
    paidOut: btt(own.paidOut),
    planned:
      own.planned === 0n
        ? undefined
        : {
            amount: btt(own.planned),
            availableAtSeconds: Number(own.plannedAtSeconds + withdrawDelaySeconds),
          },
    bond: await viewBond(opened),
  }
}

/** @throws LedgerError `insufficient-funds` and others; MoneyError `not-confirmed` */
export async function deposit(opened: OpenLedger, amount: Btt, approve: Approve): Promise<Sent> {
  return send(opened, { type: 'deposit', key: opened.account, amount }, amount, approve)
}

/**
 * One step of a withdrawal to the key's own address: plans `amount`, or takes it when it was planned before and its delay
 * is over. Another amount is a new plan, 0 cancels.
 *
 * @param nowSeconds seconds since 1970
 * @throws LedgerError; MoneyError `insufficient-funds`, `not-confirmed`
 */
export async function withdraw(
  opened: OpenLedger,
  amount: Btt,
  nowSeconds: number,
  approve: Approve,
): Promise<Withdrawal> {
  const { account } = opened
  const { planned, vaultBalance } = await viewWallet(opened)
  if (amount > vaultBalance) {
    throw new MoneyError(
      'insufficient-funds',
      `the vault holds ${formatBtt(vaultBalance)} BTT of this key, ${formatBtt(amount)} cannot leave it`,
    )
  }
  if (amount > 0n && planned?.amount === amount) {
    const { availableAtSeconds } = planned
    if (nowSeconds < availableAtSeconds) return { state: 'waiting', amount, availableAtSeconds }
    return { state: 'withdrawn', ...(await send(opened, { type: 'withdraw', to: account }, amount, approve)) }
  }
  const sent = await send(opened, { type: 'plan-withdraw', amount }, amount, approve)
  const after = (await viewWallet(opened)).planned
  if (after === undefined) return { state: 'cancelled', ...sent }
  return { state: 'planned', ...sent, availableAtSeconds: after.availableAtSeconds }
}

const noCashing: Cashing = {
  vouchers: 0,
  cashed: btt(0n),
  incentives: btt(0n),
  gasCost: btt(0n),
  transactions: [],
  skipped: [],
}

function cashingOf(report: CashReport): Cashing {
  return {
    vouchers: report.cashed.length,
    cashed: btt(report.total),
    incentives: btt(report.rewards),
    gasCost: btt(report.gasCost),
    transactions: report.transactions,
    skipped: report.skipped.map(({ voucher, reason }) => ({ payer: voucher.payer, reason })),
  }
}

/**
 * Cashes every voucher in the books that is not cashed, into the key's own vault balance, and asks the incentive pool for
 * what it still owes for those that are, where either pays.
 *
 * @throws JournalError `locked` while another process has the books; LedgerError; MoneyError `not-confirmed`
 */
export async function cash(
  access: LedgerAccess,
  opened: OpenLedger,
  approve: Approve,
  logger: Logger = silentLogger,
): Promise<Cashing> {
  const { chain, key } = opened
  const books = await openBooksOf(access, opened)
  const vault = followVault(opened, new DeskBooks(books, logger), logger)
  try {
    await vault.catchUp()
    const vouchers = unclaimed(books.openPairs().payers, books.payeeBook().accepted)
    let report = noCashing
    if (vouchers.length > 0) {
      const sums = vouchers.map(({ payer, cumulative }) => cumulative - books.cashedFrom(payer))
      const amount = btt(sums.reduce((total, sum) => total + sum, 0n))
      const gasCost = await chain.cashingCost(vouchers.length)
      await confirmed({ action: 'cash', amount, gasCost, vouchers: vouchers.length }, approve)
      report = cashingOf(await chain.cashMany(key, vouchers))
    }
    const claimed = await chain.claimRewards(key, [...books.payeeBook().accepted.keys()])
    if (claimed === undefined) return report
    const { rewards, gasCost, transaction } = claimed
    return {
      ...report,
      incentives: btt(report.incentives + rewards),
      gasCost: btt(report.gasCost + gasCost),
      transactions: [...report.transactions, transaction],
    }
  } finally {
    await vault.close()
    await books.close()
  }
}

/**
 * The lines of the journal of this key on this ledger: JSON, or CSV with its line ends. None without books, which may be
 * open elsewhere.
 */
export function readJournal(
  access: LedgerAccess,
  opened: OpenLedger,
  form: 'jsonl' | 'csv' = 'jsonl',
): Iterable<string> {
  const folder = folderOf(access, opened)
  if (!existsSync(folder)) return []
  return form === 'csv' ? exportJournalCsv(folder) : exportJournal(folder)
}

/** From gross to net, by period and counterparty; undefined without books. They may be open elsewhere. */
export function readEarnings(access: LedgerAccess, opened: OpenLedger, by: Period): Statement | undefined {
  const folder = folderOf(access, opened)
  return existsSync(folder) ? readStatement(folder, by) : undefined
}

function folderOf(access: LedgerAccess, { ledger, account }: OpenLedger): string {
  return booksFolderOf(access, ledgerId(ledger.domain), account)
}

function unclaimed(
  payers: readonly Account[],
  accepted: ReadonlyMap<Account, SignedVoucher>,
): readonly SignedVoucher[] {
  return payers.flatMap((payer) => accepted.get(payer) ?? [])
}

async function send({ chain, key }: OpenLedger, action: VaultAction, amount: Btt, approve: Approve): Promise<Sent> {
  const gasCost = await chain.gasCostOf(key.address, action)
  await confirmed({ action: action.type, amount, gasCost, vouchers: 0 }, approve)
  const receipt = await chain.act(key, action)
  return {
    amount,
    gasCost: btt(receipt.gasUsed * receipt.effectiveGasPrice),
    transaction: receipt.transactionHash,
  }
}

async function confirmed(spend: Spend, approve: Approve): Promise<void> {
  if (await approve(spend)) return
  throw new MoneyError('not-confirmed', 'nothing was sent: answer yes, or pass --yes')
}
