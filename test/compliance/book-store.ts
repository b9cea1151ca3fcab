/** What every BookStore of voucher must do: nothing that was noted and flushed is lost or changed by an end. */

import { type Btt, btt, defined } from '@millrace/base'
import type { Account, BookStore, PayeeBook, PayerBook, SetOffNote, SignedVoucher } from '@millrace/voucher'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** The port, and what its owner reads back at the next start. */
export interface ReadableBookStore extends BookStore {
  payerBook(): PayerBook
  payeeBook(): PayeeBook
  billing(payer: Account): { readonly billed: Btt; readonly billedBytes: number } | undefined
  setOffWith(account: Account): SetOffNote
}

/** The books of one test. */
export interface Bookshelf {
  /** Opens the books with everything that was noted in them; those open before are let go. */
  open(): Promise<ReadableBookStore>
  remove(): Promise<void>
}

export const own: Account = `0x${'01'.repeat(20)}`
const other: Account = `0x${'02'.repeat(20)}`
const third: Account = `0x${'03'.repeat(20)}`

export function bookStoreCompliance(name: string, create: () => Promise<Bookshelf>): void {
  describe(`the BookStore of ${name}`, () => {
    const desk = new Desk(create)
    beforeEach(() => desk.begin())
    afterEach(() => desk.end())
    describe('what was promised', () => promising(desk))
    describe('what is owed', () => billing(desk))
  })
}

function promising(desk: Desk): void {
  it('is empty at first', () => {
    expect(desk.store.payerBook().mark).toEqual({ seq: 0n, totalIssued: 0n })
    expect([desk.store.payerBook().issued.size, desk.store.payeeBook().accepted.size]).toEqual([0, 0])
    expect(desk.store.billing(other)).toBeUndefined()
  })

  it('keeps a mark as soon as reserve resolves, without a flush', async () => {
    await expect(desk.store.reserve({ seq: 5n, totalIssued: btt(50n) })).resolves.toBeUndefined()
    await desk.store.reserve({ seq: 9n, totalIssued: btt(90n) })
    await desk.open()
    expect(desk.store.payerBook().mark).toEqual({ seq: 9n, totalIssued: 90n })
  })

  it('keeps the newest sum issued to each payee, also an adopted one', async () => {
    await desk.store.reserve({ seq: 9n, totalIssued: btt(90n) })
    desk.store.issued(voucher(own, other, 10n, 1n))
    desk.store.issued(voucher(own, third, 5n, 2n))
    desk.store.issued(voucher(own, other, 30n, 3n))
    desk.store.adopted(third, btt(8n))
    const book = (await desk.reopen()).payerBook()
    expect([...book.issued].toSorted()).toEqual([
      [other, 30n],
      [third, 8n],
    ])
    // Its 3 were only said to be promised: whoever does hold them must still fit.
    expect([book.payer, book.totalIssued, book.adopted]).toEqual([own, 93n, 3n])
  })
}

function billing(desk: Desk): void {
  it('keeps the newest voucher accepted from each payer, with its signature', async () => {
    desk.store.accepted(voucher(other, own, 10n, 1n))
    desk.store.accepted(voucher(third, own, 7n, 4n))
    desk.store.accepted(voucher(other, own, 20n, 2n))
    const book = (await desk.reopen()).payeeBook()
    expect([book.payee, book.accepted.size]).toEqual([own, 2])
    for (const expected of [voucher(other, own, 20n, 2n), voucher(third, own, 7n, 4n)]) {
      const { signature, ...terms } = book.accepted.get(expected.payer) ?? {}
      const { signature: signed, ...wanted } = expected
      expect(terms).toEqual(wanted)
      expect([...(signature ?? [])]).toEqual([...signed])
    }
  })

  it('keeps what a payer was billed, less what was written off', async () => {
    desk.store.billed(other, btt(70n), 4_096)
    desk.store.billed(other, btt(100n), 8_192)
    desk.store.billed(third, btt(3n), 10)
    desk.store.writtenOff(other, btt(40n), 1_800_000_000)
    await desk.reopen()
    expect(desk.store.billing(other)).toMatchObject({ billed: 60n, billedBytes: 8_192 })
    expect(desk.store.billing(third)).toEqual({ billed: 3n, billedBytes: 10 })
  })

  it('keeps how often something was written off, when last, and what was paid by then', async () => {
    desk.store.billed(other, btt(100n), 8_192)
    desk.store.writtenOff(other, btt(40n), 1_800_000_000)
    await desk.reopen()
    desk.store.billed(other, btt(95n), 9_000)
    desk.store.writtenOff(other, btt(5n), 1_800_000_600)
    desk.store.billed(other, btt(99n), 9_500)
    await desk.reopen()
    const writeOffs = { count: 2, paidThen: 90n, atSeconds: 1_800_000_600 }
    expect(desk.store.billing(other)).toEqual({ billed: 99n, billedBytes: 9_500, writeOffs })
  })

  it('keeps what is set off with each account: both words, and what the other lost', async () => {
    expect(desk.store.setOffWith(other)).toEqual({ own: 0n, peer: 0n, peerBootId: -1, lost: 0n })
    desk.store.setOff(other, { own: btt(9n), peer: btt(4n), peerBootId: 3, lost: btt(0n) })
    desk.store.setOff(third, { own: btt(1n), peer: btt(1n), peerBootId: 1, lost: btt(0n) })
    const note = { own: btt(9n), peer: btt(2n), peerBootId: 4, lost: btt(3n) }
    desk.store.setOff(other, note)
    await desk.reopen()
    expect(desk.store.setOffWith(other)).toEqual(note)
    expect(desk.store.setOffWith(third)).toMatchObject({ own: 1n, peer: 1n })
  })

  it('flushes again and again, also when nothing was noted', async () => {
    await desk.store.flush()
    desk.store.billed(other, btt(1n), 1)
    await Promise.all([desk.store.flush(), desk.store.flush()])
    expect((await desk.reopen()).billing(other)).toEqual({ billed: 1n, billedBytes: 1 })
  })
}

/** The books of one test, opened once or again. */
class Desk {
  readonly #create: () => Promise<Bookshelf>
  #shelf: Bookshelf | undefined
  #store: ReadableBookStore | undefined

  constructor(create: () => Promise<Bookshelf>) {
    this.#create = create
  }

  get store(): ReadableBookStore {
    return defined(this.#store, 'open books')
  }

  async begin(): Promise<void> {
    this.#shelf = await this.#create()
    await this.open()
  }

  async open(): Promise<ReadableBookStore> {
    this.#store = await defined(this.#shelf, 'a shelf').open()
    return this.#store
  }

  async reopen(): Promise<ReadableBookStore> {
    await expect(this.store.flush()).resolves.toBeUndefined()
    return this.open()
  }

  async end(): Promise<void> {
    await this.#shelf?.remove()
  }
}

function voucher(payer: Account, payee: Account, cumulative: bigint, seq: bigint): SignedVoucher {
  const signature = new Uint8Array(65).fill(Number(seq))
  return { payer, payee, cumulative: btt(cumulative), seq, totalIssued: btt(cumulative), signature }
}
