/** One connection of the market: proves who is behind it, then hands messages to the pair of accounts. */

import { defined, type Logger } from '@millrace/base'
import type { PaidConnection, PaidSession } from '@millrace/swarm'
import {
  type Account,
  addresseeOf,
  type IdentityEffect,
  type IdentityEvent,
  type IdentityState,
  type IdentityTerms,
  type LedgerDomain,
  openIdentity,
  type RejectCode,
  rejectOf,
  type Signer,
  stepIdentity,
  type Verifier,
} from '@millrace/voucher'
import { type BttSpeedMessage, decodeBttSpeed, encodeBttSpeed, rejectCodes } from '@millrace/wire'
import type { BuyerPair } from './buyer-pair.ts'
import type { Channel } from './channel.ts'
import type { SellerPair } from './seller-pair.ts'
import type { SetOffPair } from './set-off-pair.ts'

/** Messages kept while the peer's proof is checked. */
const waitingMessagesMax = 8

export interface ChannelParts {
  readonly domain: LedgerDomain
  readonly signer: Signer
  readonly verifier: Verifier
  readonly logger: Logger
  /** The pairs of an account that was proved; each absent when that side is not wanted. */
  readonly pairsOf: (account: Account) => Pairs
}

export interface Pairs {
  readonly seller: SellerPair | undefined
  readonly buyer: BuyerPair | undefined
  /** Where both sides sell to each other, or did. */
  readonly setOff: SetOffPair | undefined
}

export class PaidChannel implements PaidSession, Channel {
  /** From sellers alone. */
  receivedBytes = 0
  readonly #parts: ChannelParts
  readonly #connection: PaidConnection
  readonly #waiting: BttSpeedMessage[] = []
  #identity: IdentityState
  #pairs: Pairs | undefined
  #isClosed = false

  constructor(parts: ChannelParts, connection: PaidConnection, terms: IdentityTerms) {
    this.#parts = parts
    this.#connection = connection
    this.#identity = openIdentity(terms)
    this.#step({ type: 'opened' })
  }

  get id(): number {
    return this.#connection.peer
  }

  get pieceBytes(): number {
    return this.#connection.torrent.pieceLength
  }

  leftBytes(): number {
    return this.#connection.torrent.leftBytes()
  }

  send(message: BttSpeedMessage): void {
    if (!this.#isClosed) this.#connection.send(encodeBttSpeed(message))
  }

  receive(payload: Uint8Array): void {
    const decoded = decodeBttSpeed(payload)
    if (!decoded.ok) return this.#step({ type: 'unreadable', error: decoded.error })
    const message = decoded.value
    if (addresseeOf(message) === 'identity') return this.#step({ type: 'message', message })
    if (this.#pairs !== undefined) return this.#deliver(this.#pairs, message)
    if (this.#identity.peer.phase === 'claiming' && this.#waiting.length < waitingMessagesMax) {
      this.#waiting.push(message)
    } else this.#refuse(message, message.t === 'bid' ? rejectCodes.noQuote : rejectCodes.identity)
  }

  onBlock(_piece: number, bytes: number): void {
    const buyer = this.#pairs?.buyer
    if (buyer === undefined) return
    this.receivedBytes += bytes
    buyer.onBlockReceived(bytes)
  }

  onVerified(_piece: number, bytes: number): void {
    this.#pairs?.buyer?.onVerified(bytes)
  }

  onFailed(_piece: number, bytes: number, guilty: boolean): void {
    this.#pairs?.buyer?.onFailed(bytes, guilty)
  }

  billedBytes(): number {
    return this.#pairs?.buyer?.billedOn(this) ?? 0
  }

  isSettled(): boolean {
    return (
      this.#pairs === undefined ||
      (this.#pairs.seller?.isSettled() !== false && this.#pairs.buyer?.isSettled() !== false)
    )
  }

  onClose(): void {
    this.#pairs?.setOff?.close(this)
    this.#pairs?.seller?.close(this)
    this.#pairs?.buyer?.close(this)
    this.#isClosed = true
  }

  #deliver(pairs: Pairs, message: BttSpeedMessage): void {
    const { seller, buyer, setOff } = pairs
    const to = addresseeOf(message)
    const addressee = to === 'seller' ? seller : to === 'buyer' ? buyer : setOff
    if (addressee === undefined) this.#refuse(message, rejectCodes.noQuote)
    else addressee.receive(this, message)
  }

  #step(event: IdentityEvent): void {
    if (this.#isClosed) return
    const { state, effects } = stepIdentity(this.#identity, event)
    this.#identity = state
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: IdentityEffect): void {
    const { signer, verifier, domain } = this.#parts
    switch (effect.type) {
      case 'sign':
        void signer.signSession(domain, effect.session).then((signature) => this.#step({ type: 'signed', signature }))
        return
      case 'send':
        return this.send(effect.message)
      case 'recover':
        void verifier
          .recover(effect.digest, effect.signature)
          .then((recovered) => this.#step({ type: 'recovered', signer: recovered }))
        return
      case 'bound':
        return this.#bind(effect.account)
      case 'disconnect':
        return this.#connection.close(effect.reason)
    }
  }

  #bind(account: Account): void {
    this.#pairs = this.#parts.pairsOf(account)
    this.#pairs.seller?.open(this)
    this.#pairs.buyer?.open(this)
    this.#pairs.setOff?.open(this)
    while (this.#waiting.length > 0) this.#deliver(this.#pairs, defined(this.#waiting.shift(), 'a waiting message'))
  }

  #refuse(message: BttSpeedMessage, code: RejectCode): void {
    if (message.t !== 'reject') this.send(rejectOf(message.t, code))
  }
}

/** A peer with which nothing can be settled: served as ever. */
export const ordinary: PaidSession = {
  receive() {},
  onBlock() {},
  onVerified() {},
  onFailed() {},
  billedBytes: () => 0,
  isSettled: () => true,
  onClose() {},
}
