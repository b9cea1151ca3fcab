/** The books of a desk, for as long as they can be written: the first write that fails ends the trade, not the node. */

import type { Logger } from '@millrace/base'
import { type FileBookStore, JournalError } from '@millrace/journal'
import type { PayerBook } from '@millrace/voucher'

export class DeskBooks {
  /** To be read from. What is to be entered goes through `note`. */
  readonly store: FileBookStore
  readonly #logger: Logger
  readonly #listeners: (() => void)[] = []
  #state: 'open' | 'failed' | 'closed' = 'open'

  constructor(store: FileBookStore, logger: Logger) {
    this.store = store
    this.#logger = logger
  }

  /** Opens books whose background flush reports here too. @throws what `openStore` throws */
  static async open(
    openStore: (onError: (error: JournalError) => void) => Promise<FileBookStore>,
    logger: Logger,
  ): Promise<DeskBooks> {
    let report: (error: JournalError) => void = () => {}
    const books = new DeskBooks(await openStore((error) => report(error)), logger)
    report = (error) => books.#fail(error)
    return books
  }

  /** What is entered from here on lasts. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  get hasFailed(): boolean {
    return this.#state === 'failed'
  }

  /** Enters something. False when it is not in the books: do not act on it. */
  note(write: (store: FileBookStore) => void): boolean {
    if (!this.isOpen) return false
    try {
      write(this.store)
    } catch (error) {
      this.#fail(error)
    }
    return this.isOpen
  }

  /** The same for what waits for the disk. */
  async noteDurably(write: (store: FileBookStore) => Promise<void>): Promise<boolean> {
    if (!this.isOpen) return false
    try {
      await write(this.store)
    } catch (error) {
      this.#fail(error)
    }
    return this.isOpen
  }

  /** Calls `listener` once when the books fail, at once if they have. */
  onFailure(listener: () => void): void {
    if (this.#state === 'failed') listener()
    else this.#listeners.push(listener)
  }

  /** Never rejects for what the disk refuses: the lock is given back in any case. */
  async close(book?: PayerBook): Promise<void> {
    try {
      await this.store.close(book)
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#state = 'closed'
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof JournalError)) throw error
    if (!this.isOpen) return
    const { code, message } = error
    this.#state = code === 'closed' ? 'closed' : 'failed'
    if (code === 'closed') return
    this.#logger.log('error', 'buying and selling ended: the books cannot be written', { code, reason: message })
    for (const listener of this.#listeners) listener()
  }
}
