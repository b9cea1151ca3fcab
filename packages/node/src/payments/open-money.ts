/** Opening what payments stand on: a key, a ledger, the books, and the deposit that a budget needs. */

import { join } from 'node:path'
import {
  type Btt,
  btt,
  type Crash,
  formatBtt,
  type Logger,
  maxBig,
  type Resource,
  systemClock,
  toHex,
  zeroBtt,
} from '@millrace/base'
import { FileBookStore, type JournalError } from '@millrace/journal'
import { bindLedger, type ChainLedger, cashingReason, openLedger } from '@millrace/ledger'
import type { UploadMarket } from '@millrace/market'
import {
  type Account,
  beaconDigest,
  domainSeparator,
  inlineVerifier,
  isOutdated,
  type Ledger,
  ledgerId,
  parseAccount,
  type Signer,
  sessionDigest,
  type Verifier,
  voucherDigest,
} from '@millrace/voucher'
import type { KeySigner } from '@millrace/wallet'
import { crashFrom } from '../crash-at.ts'
import { DeskBooks } from './desk-books.ts'
import { type Claim, Payee } from './payee.ts'
import { Payer } from './payer.ts'
import { PaymentDesk } from './payment-desk.ts'
import { cashingLookSeconds, type LedgerAccess, MoneyError, type MoneyOptions } from './terms.ts'
import { unlockKey } from './unlock-key.ts'
import { followVault } from './vault-follower.ts'
import { Watchtower } from './watchtower.ts'
import { WorkerVerifier } from './worker-verifier.ts'

/** A ledger with the key that acts on it. */
export interface OpenLedger {
  readonly chain: ChainLedger
  readonly ledger: Ledger
  readonly key: KeySigner
  readonly account: Account
  readonly crash?: Crash | undefined
}

/**
 * Connects to the chain and unlocks the key.
 *
 * @throws LedgerError, WalletError
 */
export async function openLedgerAccess(access: LedgerAccess, logger: Logger): Promise<OpenLedger> {
  const crash = crashFrom(process.env)
  const chain = await openLedger({ rpcUrl: access.rpcUrl, vault: access.vault }, { clock: systemClock, logger, crash })
  try {
    const key = await unlockKey(access.key, chain.identity.chainId)
    const account = accountOf(key)
    // A deposit, cashing or withdrawal that a killed run had sent is seen before anything is decided on what the chain says.
    if (!(await chain.quiet(account))) {
      logger.log('warn', 'a transaction of this key waits in the pool: what it does may be done twice', { account })
    }
    await chain.watch(account)
    return { chain, ledger: bindLedger(chain, key), key, account, crash }
  } catch (error) {
    await chain.close()
    throw error
  }
}

/** Opens the books of this key on this ledger. @throws JournalError when another process has them */
export function openBooksOf(
  access: LedgerAccess,
  opened: OpenLedger,
  onError?: (error: JournalError) => void,
): Promise<FileBookStore> {
  const id = ledgerId(opened.ledger.domain)
  const { account, crash } = opened
  return FileBookStore.open({
    folder: booksFolderOf(access, id, account),
    account,
    ledgerId: id,
    crash,
    today: () => Math.floor(Date.now() / 86_400_000),
    ...(onError === undefined ? {} : { onError }),
  })
}

/** Each key has its own folder for each ledger. */
export function booksFolderOf({ booksFolder }: LedgerAccess, ledger: Uint8Array, account: Account): string {
  return join(booksFolder, toHex(ledger).slice(0, 16), account)
}

/**
 * Everything that lets a node pay and earn.
 *
 * @throws LedgerError, WalletError, JournalError; MoneyError `insufficient-funds`, `not-confirmed`, `outdated-books`
 */
export async function buildPayments(
  options: MoneyOptions & { readonly sells: boolean; readonly resource?: Resource },
  market: UploadMarket,
  logger: Logger,
): Promise<PaymentDesk> {
  const opened = await openLedgerAccess(options, logger)
  const { chain, ledger, key, crash } = opened
  let books: DeskBooks | undefined
  try {
    books = await DeskBooks.open((onError) => openBooksOf(options, opened, onError), logger)
    let payer: Payer | undefined
    const vault = followVault(opened, books, logger, (paidTo) => {
      if (payer?.paidOut(paidTo)) logger.log('error', `buying ended: ${sharedKey}`, { account: opened.account })
    })
    // Before the sums by payee, so that it is never ahead of them.
    const paidOut = ledger.coverage(opened.account)?.paidOut ?? zeroBtt
    await vault.catchUp()
    // Who owes us from an earlier run may plan to withdraw before it comes back.
    for (const payer of books.store.openPairs().payers) await chain.watch(payer, [opened.account])
    const signer = voucherSigner(key)
    const { buying } = options
    if (options.areBooksMoved === true && books.store.isCopy) books.note((store) => store.moved())
    if (buying !== undefined) refuseOutdated(opened, books.store, paidOut)
    payer = buying && new Payer({ ledger, signer, books, crash }, buying.budget)
    const isFunded = buying !== undefined && books.isOpen && (await fund(options, opened, books.store, buying.budget))
    if (isFunded) await vault.catchUp()
    let tower: Watchtower | undefined
    const payee = new Payee({
      ledger,
      books,
      logger,
      crash,
      isWorthCashing: (claims, atExit) =>
        isWorthCashing(chain, claims, atExit, (payer) => tower?.isContradicted(payer) === true),
    })
    // Who sells checks vouchers, many a second; who only buys checks who its sellers are, once a connection.
    const worker = options.sells ? new WorkerVerifier(logger) : undefined
    const verifier = worker ?? inlineVerifier
    tower = watchOver(opened, payee, verifier, logger)
    return new PaymentDesk(
      {
        ledger,
        signer,
        verifier,
        books,
        market,
        payer,
        payee,
        vault,
        tower,
        logger,
        crash,
        closeLedger: async () => {
          await worker?.close()
          await chain.close()
        },
      },
      { sells: options.sells, buying, resource: options.resource },
    )
  } catch (error) {
    await books?.close()
    await chain.close()
    throw error
  }
}

const sharedKey =
  'the vault paid for vouchers that its books here never promised: they are an old copy, or another node uses this key'

/** A copy of books from before the newest promises must not sign more of them. */
function refuseOutdated({ account }: OpenLedger, books: FileBookStore, paidOut: Btt): void {
  if (books.isCopy) {
    throw new MoneyError(
      'outdated-books',
      `the books of ${account} were copied or restored: what was signed since then is not in them, and signing it twice is over-issuing. Use the newest books; or withdraw and go on with a new key; or say --books-moved if they were only moved and no others are in use`,
    )
  }
  if (!isOutdated(books.payerBook(), paidOut, books.paidOutSums())) return
  throw new MoneyError(
    'outdated-books',
    `${sharedKey}. ${account}: use its newest books, or withdraw what is left and go on with a new key`,
  )
}

/** Deposits what the vault lacks for the budget, after a yes. Answers whether anything was deposited. */
async function fund(options: MoneyOptions, opened: OpenLedger, books: FileBookStore, budget: Btt): Promise<boolean> {
  const { ledger, chain, account } = opened
  const coverage = ledger.coverage(account)
  const staying = coverage === undefined ? 0n : coverage.deposited - coverage.withdrawn - coverage.planned
  const lacking = btt(books.payerBook().totalIssued + budget - staying)
  if (lacking <= 0n) return false
  const balance = await chain.balanceOf(account)
  if (balance <= lacking) {
    throw new MoneyError(
      'insufficient-funds',
      `the budget needs a deposit of ${formatBtt(lacking)} BTT and its gas, ${account} holds ${formatBtt(balance)} BTT: fund it or lower --budget`,
    )
  }
  if ((await options.confirmDeposit?.(lacking)) !== true) {
    throw new MoneyError(
      'not-confirmed',
      `nothing deposited: confirm, or pass --yes to deposit ${formatBtt(lacking)} BTT`,
    )
  }
  await ledger.depositFor(account, lacking)
  return true
}

function watchOver({ chain, key, account }: OpenLedger, payee: Payee, verifier: Verifier, logger: Logger): Watchtower {
  const tower = new Watchtower({
    chain,
    signer: key,
    account,
    verifier,
    newest: (payer) => payee.newest(payer),
    cashedFrom: (payer) => payee.cashedFrom(payer),
    cashNow: () => payee.cashWhenWorth(),
    nowSeconds: wallSeconds,
    logger,
  })
  payee.onAccepted((voucher) => tower.accepted(voucher))
  return tower
}

function wallSeconds(): bigint {
  return BigInt(Math.floor(Date.now() / 1000))
}

/** By the sum of all, or because a payer that owes something is about to take its money away. */
async function isWorthCashing(
  chain: ChainLedger,
  claims: readonly Claim[],
  atExit: boolean,
  isContradicted: (payer: Account) => boolean,
): Promise<boolean> {
  const { head } = chain.status
  const view = {
    withdrawDelaySeconds: chain.identity.withdrawDelaySeconds,
    // The last block may be old: the next will carry the time of now.
    nowSeconds: maxBig(head.timestamp, wallSeconds()),
    nextLookSeconds: BigInt(cashingLookSeconds),
    atExit,
    asked: false,
  }
  const unclaimed = claims.reduce((sum, claim) => sum + claim.unclaimed, 0n)
  const gasCost = await chain.cashingCost(claims.length)
  if (cashingReason({ ...view, unclaimed, gasCost, plannedAtSeconds: undefined }) !== undefined) return true
  const gasOfOne = await chain.cashingCost(1)
  return claims.some(({ payer, unclaimed: own }) => {
    const plannedAtSeconds = chain.coverage(payer)?.plannedAtSeconds
    const one = { ...view, unclaimed: own, gasCost: gasOfOne, plannedAtSeconds, isContradicted: isContradicted(payer) }
    return cashingReason(one) !== undefined
  })
}

/** A key that signs digests, as the signer of vouchers and proofs. */
function voucherSigner(key: KeySigner): Signer {
  return {
    account: accountOf(key),
    signVoucher: (domain, voucher) => key.signDigest(voucherDigest(domainSeparator(domain), voucher)),
    signSession: (domain, session) => key.signDigest(sessionDigest(domainSeparator(domain), session)),
    signBeacon: (domain, beacon) => key.signDigest(beaconDigest(domainSeparator(domain), beacon)),
  }
}

function accountOf(key: KeySigner): Account {
  // A signer's address is a well-formed address.
  return parseAccount(key.address) as Account
}
