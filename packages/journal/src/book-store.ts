/**
 * The books of one key on one ledger, in a folder. Each change is appended to a log at once (that survives kill -9); only
 * the payer's mark waits for the disk, and accepted vouchers are flushed within a second. A long log is folded into a
 * snapshot. The first write that fails is the last: what the disk lacks must not be built upon. Open the books again then.
 */

import { mkdirSync, rmSync } from 'node:fs'
import { assert, type Btt, btt, type Crash, errnoOf, messageOf, zeroBtt } from '@millrace/base'
import type {
  Account,
  BookStore,
  PayeeBook,
  PayerBook,
  ReserveMark,
  SetOffNote,
  SignedVoucher,
} from '@millrace/voucher'
import { closingMark, nothingSetOff, recoverPayerBook } from '@millrace/voucher'
import {
  cashedEntry,
  depositedEntry,
  type Entry,
  gasEntry,
  paidOutEntry,
  rewardedEntry,
  withdrawnEntry,
} from './accounts.ts'
import { JournalError } from './errors.ts'
import { writeJournal } from './export.ts'
import { apply, type Billing, type Books, type Fact, imbalanceOf } from './facts.ts'
import { takeLock } from './lock.ts'
import { LogFile } from './log-file.ts'
import { isElsewhere, leaveOtherPlaces, takePlace } from './place.ts'
import {
  checkHeader,
  fromBytes,
  type Header,
  headerOf,
  isOlder,
  logPath,
  type Owner,
  readSnapshot,
  toBytes,
  writeSnapshot,
} from './snapshot.ts'
import { cashedFrom, missingEntries, type OpenPairs, openPairs, paidOutSums, type VaultSums } from './vault-sums.ts'

export interface BookStoreOptions extends Owner {
  /** Made if it is missing. */
  readonly folder: string
  /** A log longer than this is folded into a snapshot. */
  readonly logBytesMax?: number
  /** A flush in the background failed: stop selling, what is accepted may not last. */
  readonly onError?: (error: JournalError) => void
  readonly crash?: Crash | undefined
  /** Whole days since 1970, UTC; absent: entries of unknown days. */
  readonly today?: () => number
}

/** Accounts are free to make: one that was never served leaves no trace in the books. */
const nothingBilled: Billing = { billed: zeroBtt, billedBytes: 0 }
const logBytesDefault = 4 * 1024 * 1024
/** Accepted vouchers are on disk after at most this. */
export const flushMs = 1_000

export class FileBookStore implements BookStore {
  readonly #options: BookStoreOptions
  readonly #crash: Crash | undefined
  readonly #header: Header
  readonly #unlock: () => void
  readonly #books: Books
  #generation: number
  #log: LogFile
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  /** A file was written by a program of an older format. */
  #isOlder = false
  /** Memory may be ahead of the disk since: nothing more is written. */
  #failure: JournalError | undefined

  private constructor(options: BookStoreOptions, unlock: () => void) {
    this.#options = options
    this.#crash = options.crash
    this.#header = headerOf(options)
    this.#unlock = unlock
    const snapshot = readSnapshot(options.folder, this.#header)
    this.#isOlder = isOlder(snapshot.header)
    this.#books = snapshot.books
    this.#generation = snapshot.generation
    this.#log = this.#replay()
    // Facts that an older program cannot read must not follow its header.
    if (this.#isOlder) this.#fold()
  }

  /**
   * Opens or makes the books of a key. Throws JournalError: `locked`, `newer-format`, `other-key`, `other-ledger`,
   * `corrupt`, `write-failed`.
   *
   * @example
   * const store = await FileBookStore.open({ folder, account, ledgerId: ledgerId(domain) })
   * const payerBook = store.payerBook()
   */
  static async open(options: BookStoreOptions): Promise<FileBookStore> {
    mkdirSync(options.folder, { recursive: true })
    const unlock = takeLock(options.folder)
    options.crash?.at('books.locked')
    try {
      const store = new FileBookStore(options, unlock)
      await store.#settleIn()
      return store
    } catch (error) {
      unlock()
      throw error
    }
  }

  /**
   * These were opened in another place before: a restored backup, or the copy of another node. Other books of this key may
   * have promised more than they know.
   */
  get isCopy(): boolean {
    return this.#books.isCopy === true
  }

  /** Their owner says that they were moved here, and that no others are in use. */
  moved(): void {
    this.#note({ t: 'moved' })
  }

  /** Rises with each opening: the boot id of this run's statements. */
  get bootId(): number {
    return this.#books.bootId
  }

  /** What this key promised, as it goes on after this opening. */
  payerBook(): PayerBook {
    const { issued, mark, adopted } = this.#books
    return recoverPayerBook(this.#options.account, new Map(issued), mark, adopted)
  }

  payeeBook(): PayeeBook {
    return { payee: this.#options.account, accepted: new Map(this.#books.accepted) }
  }

  /** The newest voucher that was signed for a payee, to be sent again. */
  newestIssued(payee: Account): SignedVoucher | undefined {
    return this.#books.newestIssued.get(payee)
  }

  /** What a payer was billed over all time. */
  billing(payer: Account): Billing | undefined {
    return this.#books.billing.get(payer)
  }

  /** What is set off with an account. */
  setOffWith(account: Account): SetOffNote {
    return this.#books.setOffs.get(account) ?? nothingSetOff
  }

  /** Balances of the journal: debits positive. */
  balances(): ReadonlyMap<string, bigint> {
    return new Map(this.#books.balances)
  }

  /** What does not add up; must be 0. */
  imbalance(): bigint {
    return imbalanceOf(this.#books)
  }

  async reserve(mark: ReserveMark): Promise<void> {
    const { seq, totalIssued } = this.#books.mark
    assert(mark.seq >= seq && mark.totalIssued >= totalIssued, 'a mark that does not fall')
    this.#note({ t: 'mark', mark })
    await this.flush()
  }

  issued(voucher: SignedVoucher): void {
    this.#note({ t: 'issued', voucher })
  }

  accepted(voucher: SignedVoucher): void {
    this.#note({ t: 'accepted', voucher })
    this.#flushSoon()
  }

  adopted(payee: Account, cumulative: Btt): void {
    this.#note({ t: 'adopted', payee, cumulative })
  }

  billed(payer: Account, billed: Btt, billedBytes: number): void {
    const known = this.#books.billing.get(payer) ?? nothingBilled
    if (known.billed === billed && known.billedBytes === billedBytes) return
    this.#note({ t: 'billed', payer, billed, billedBytes })
  }

  /** @param atSeconds since 1970 */
  writtenOff(payer: Account, amount: Btt, atSeconds: number): void {
    if (amount > 0n) this.#note({ t: 'writtenOff', payer, amount, atSeconds })
  }

  setOff(account: Account, note: SetOffNote): void {
    this.#note({ t: 'setOff', account, note })
    this.#flushSoon()
  }

  /** The chain moved our money. Amounts are what the vault's events say. */
  deposited(amount: Btt): void {
    this.#enter(depositedEntry(amount))
  }

  withdrawn(amount: Btt): void {
    this.#enter(withdrawnEntry(amount))
  }

  /** We cashed a payer's voucher. */
  cashed(payer: Account, amount: Btt, to: 'vault' | 'wallet'): void {
    this.#enter(cashedEntry(payer, amount, to))
    this.#flushSoon()
  }

  /** A payee cashed a voucher of ours. */
  paidOut(payee: Account, amount: Btt): void {
    this.#enter(paidOutEntry(payee, amount))
  }

  /** A transaction of ours cost this much gas. */
  spentOnGas(amount: Btt): void {
    this.#enter(gasEntry(amount))
  }

  /** The incentive pool paid into our balance for a transaction of ours. */
  rewarded(amount: Btt): void {
    this.#enter(rewardedEntry(amount))
    this.#flushSoon()
  }

  /** Enters what the journal lacks of what the chain says. Sums may come again: nothing is entered twice. */
  agree(sums: VaultSums): void {
    for (const entry of missingEntries(this.#books, sums)) this.#enter(entry)
  }

  /** Pairs whose vouchers are not all cashed, as far as the journal knows. */
  openPairs(): OpenPairs {
    return openPairs(this.#books)
  }

  /** What the journal knows each payee to have cashed of our vouchers over all time. */
  paidOutSums(): ReadonlyMap<Account, Btt> {
    return paidOutSums(this.#books)
  }

  /** What the journal knows us to have cashed of a payer's vouchers over all time. */
  cashedFrom(payer: Account): Btt {
    return btt(cashedFrom(this.#books, payer))
  }

  async flush(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    try {
      await this.#log.sync()
    } catch (cause) {
      throw this.#failed(cause)
    }
  }

  /**
   * Ends the books in order: with the book as it stands, nothing is skipped at the next start. The journal is written
   * beside them for whoever checks the sums. Books that could not be written before are let go as they are. Throws
   * JournalError `write-failed` when something fails here; what was in the books is safe, and they are closed.
   */
  async close(book?: PayerBook): Promise<void> {
    if (this.#isClosed) return
    try {
      if (this.#failure === undefined) await this.#finish(book)
    } finally {
      clearTimeout(this.#timer)
      this.#isClosed = true
      this.#release()
    }
  }

  async #settleIn(): Promise<void> {
    const { folder } = this.#options
    const { bootId: before, place: home } = this.#books
    const bootId = before + 1
    try {
      const isCopy = isElsewhere(folder, before, home)
      this.#note({ t: 'opened', bootId, place: takePlace(folder, bootId), isCopy })
      await this.flush()
      leaveOtherPlaces(folder, bootId)
    } catch (cause) {
      throw this.#failed(cause)
    }
  }

  #release(): void {
    try {
      this.#log.close()
    } catch (cause) {
      throw this.#failed(cause)
    } finally {
      this.#unlock()
    }
  }

  async #finish(book: PayerBook | undefined): Promise<void> {
    if (book !== undefined) this.#note({ t: 'mark', mark: closingMark(book) })
    await this.flush()
    this.#crash?.at('books.settled')
    try {
      writeJournal(this.#options.folder)
      this.#crash?.at('books.exported')
    } catch (cause) {
      throw this.#failed(cause)
    }
  }

  #enter(entry: Entry): void {
    this.#note({ t: 'entry', entry })
  }

  #note(fact: Fact): void {
    const day = this.#options.today?.()
    if (day !== undefined && day !== this.#books.day) this.#append({ t: 'day', day })
    this.#append(fact)
  }

  #append(fact: Fact): void {
    if (this.#isClosed) throw new JournalError('closed', 'the books are closed: open them again to go on')
    if (this.#failure !== undefined) throw this.#failure
    // In memory first: a fact that breaks a rule of the books must not reach the disk.
    apply(this.#books, fact)
    try {
      this.#log.append(toBytes(fact))
      if (this.#log.bytes > (this.#options.logBytesMax ?? logBytesDefault)) this.#fold()
    } catch (cause) {
      throw this.#failed(cause)
    }
  }

  /** Remembers what the disk refused, as `write-failed`; anything else is a bug and stays as it is. */
  #failed(cause: unknown): unknown {
    if (cause instanceof JournalError) this.#failure ??= cause
    else if (errnoOf(cause) !== undefined) {
      const { folder } = this.#options
      const message = `cannot write the books in ${folder} (${messageOf(cause)}): free space or mend the permissions`
      this.#failure ??= new JournalError('write-failed', message, { cause })
    } else return cause
    return this.#failure
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.flush().catch((error: unknown) => {
        if (error instanceof JournalError) this.#options.onError?.(error)
      })
    }, flushMs).unref()
  }

  /** Snapshot first, then an empty log: a crash between the two leaves the new snapshot and no log, which is right. */
  #fold(): void {
    const { folder } = this.#options
    const generation = this.#generation + 1
    writeSnapshot(folder, this.#header, { generation, books: this.#books }, this.#crash)
    const old = this.#log
    this.#generation = generation
    this.#isOlder = false
    this.#log = this.#replay()
    this.#crash?.at('books.log-begun')
    old.close()
    rmSync(old.file, { force: true })
  }

  /** Opens the log of this generation and takes its facts in. */
  #replay(): LogFile {
    const file = logPath(this.#options.folder, this.#generation)
    const { log, payloads } = LogFile.open(file)
    const [first, ...facts] = payloads
    if (first === undefined) log.append(toBytes(this.#header))
    else {
      // The log is ours and each record is guarded by its checksum; the header says whether this version can read it.
      const header = fromBytes(first, file) as Header
      checkHeader(header, this.#header, file)
      this.#isOlder ||= isOlder(header)
    }
    // As above: facts are written by `#note` alone.
    for (const payload of facts) apply(this.#books, fromBytes(payload, file) as Fact)
    return log
  }
}
