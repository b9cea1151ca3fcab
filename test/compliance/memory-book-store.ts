/** Voucher's BookStore without a disk: what is noted is kept by whoever holds the notes. */

import { type Btt, btt, zeroBtt } from '@millrace/base'
import type { Billing } from '@millrace/journal'
import {
  type Account,
  type BookStore,
  nothingSetOff,
  type PayeeBook,
  type PayerBook,
  type ReserveMark,
  recoverPayerBook,
  type SetOffNote,
  type SignedVoucher,
} from '@millrace/voucher'

/** What outlives a book store, as files would. */
export interface Notes {
  mark: ReserveMark
  adopted: Btt
  readonly issued: Map<Account, Btt>
  readonly accepted: Map<Account, SignedVoucher>
  readonly billing: Map<Account, Billing>
  readonly setOffs: Map<Account, SetOffNote>
}

export function emptyNotes(): Notes {
  return {
    mark: { seq: 0n, totalIssued: zeroBtt },
    adopted: zeroBtt,
    issued: new Map(),
    accepted: new Map(),
    billing: new Map(),
    setOffs: new Map(),
  }
}

export class MemoryBookStore implements BookStore {
  readonly #account: Account
  readonly #notes: Notes

  constructor(account: Account, notes: Notes) {
    this.#account = account
    this.#notes = notes
  }

  payerBook(): PayerBook {
    const { issued, mark, adopted } = this.#notes
    return recoverPayerBook(this.#account, new Map(issued), mark, adopted)
  }

  payeeBook(): PayeeBook {
    return { payee: this.#account, accepted: new Map(this.#notes.accepted) }
  }

  billing(payer: Account): Billing | undefined {
    return this.#notes.billing.get(payer)
  }

  async reserve(mark: ReserveMark): Promise<void> {
    this.#notes.mark = mark
  }

  issued({ payee, cumulative }: SignedVoucher): void {
    this.#notes.issued.set(payee, cumulative)
  }

  accepted(voucher: SignedVoucher): void {
    this.#notes.accepted.set(voucher.payer, voucher)
  }

  adopted(payee: Account, cumulative: Btt): void {
    const { issued, mark, adopted } = this.#notes
    const added = cumulative - (issued.get(payee) ?? 0n)
    this.#notes.adopted = btt(adopted + added)
    this.#notes.mark = { ...mark, totalIssued: btt(mark.totalIssued + added) }
    this.#notes.issued.set(payee, cumulative)
  }

  billed(payer: Account, billed: Btt, billedBytes: number): void {
    this.#notes.billing.set(payer, { ...this.#notes.billing.get(payer), billed, billedBytes })
  }

  writtenOff(payer: Account, amount: Btt, atSeconds: number): void {
    const bill = this.#notes.billing.get(payer)
    if (bill === undefined) return
    const paidThen = btt(bill.billed - amount)
    const writeOffs = { count: 1 + (bill.writeOffs?.count ?? 0), paidThen, atSeconds }
    this.#notes.billing.set(payer, { ...bill, billed: paidThen, writeOffs })
  }

  setOffWith(account: Account): SetOffNote {
    return this.#notes.setOffs.get(account) ?? nothingSetOff
  }

  setOff(account: Account, note: SetOffNote): void {
    this.#notes.setOffs.set(account, note)
  }

  async flush(): Promise<void> {}
}
