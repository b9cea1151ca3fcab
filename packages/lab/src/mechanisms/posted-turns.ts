/**
 * A posted price: a byte costs the same whoever asks and however many do. Who can pay is served first, all of them alike: no
 * price clears, no bid is louder. Who cannot pay is not served at all (Dandelion: Sirivianos et al., USENIX ATC 2007), or,
 * where the seller keeps a free share, has that share and what nobody pays for.
 */

import { assert, type Btt, blockBytes, btt, bytesPerMiB, divideDown, zeroBtt } from '@millrace/base'
import type { CreditBank } from './credit-bank.ts'
import type { Turns } from './turns.ts'
import { WeightedTurns } from './weighted-turns.ts'

export interface PostedTerms {
  readonly bank: CreditBank
  readonly seller: number
  /** Base units. */
  readonly pricePerMiB: Btt
  /** Millionths of the upload for who cannot pay, above 0, as long as they want it; undefined: they are not served. */
  readonly freeSharePpm: number | undefined
  /** Whose money it is that a peer pays with. */
  ownerOf(peer: number): number
}

export class PostedTurns implements Turns {
  readonly #terms: PostedTerms
  readonly #equals = new WeightedTurns()
  readonly #costOfBlock: Btt
  /** Bytes over the share of each class: the one behind is served next. */
  #paidTag = 0
  #freeTag = 0

  constructor(terms: PostedTerms) {
    const { freeSharePpm = 1 } = terms
    assert(freeSharePpm > 0 && freeSharePpm < 1e6, 'a free share of more than nothing and less than all')
    this.#terms = terms
    this.#costOfBlock = this.#costOf(blockBytes)
  }

  add(peer: number): void {
    this.#equals.add(peer)
  }

  remove(peer: number): void {
    this.#equals.remove(peer)
  }

  returns(peer: number): void {
    this.#equals.returns(peer)
  }

  /** Whether it has the money for a block. */
  canPay(peer: number): boolean {
    const { bank } = this.#terms
    return bank.balanceOf(this.#terms.ownerOf(peer)) >= this.#costOfBlock
  }

  next(wanting: readonly number[]): number {
    const paying = wanting.filter((peer) => this.canPay(peer))
    if (this.#terms.freeSharePpm === undefined) return this.#equals.next(paying)
    if (paying.length === 0 || paying.length === wanting.length) return this.#equals.next(wanting)
    if (this.#paidTag <= this.#freeTag) return this.#equals.next(paying)
    return this.#equals.next(wanting.filter((peer) => !paying.includes(peer)))
  }

  served(peer: number, bytes: number): Btt {
    this.#equals.served(peer, bytes)
    const pays = this.canPay(peer)
    this.#count(pays, bytes)
    if (!pays) return zeroBtt
    const cost = this.#costOf(bytes)
    this.#terms.bank.pay(this.#terms.ownerOf(peer), this.#terms.seller, cost)
    return cost
  }

  /** Rounded down, for who pays: the price is the seller's number. */
  #costOf(bytes: number): Btt {
    return btt(divideDown(this.#terms.pricePerMiB * BigInt(bytes), BigInt(bytesPerMiB)))
  }

  /** A class that was alone has no debt and no claim afterwards: it is at most a block away from the other. */
  #count(pays: boolean, bytes: number): void {
    const { freeSharePpm = 0 } = this.#terms
    const share = freeSharePpm / 1e6
    if (pays) {
      this.#paidTag += bytes / (1 - share)
      this.#freeTag = Math.max(this.#freeTag, this.#paidTag - blockBytes / share)
    } else {
      this.#freeTag += bytes / share
      this.#paidTag = Math.max(this.#paidTag, this.#freeTag - blockBytes / share)
    }
  }
}
