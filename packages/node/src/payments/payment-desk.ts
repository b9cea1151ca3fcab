/**
 * The payments of a node: implements the swarm's `Payments` port over vouchers, the market and a ledger. It owns one
 * pair of state machines a counterparty, and the tick that settles them.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Btt,
  btt,
  type Crash,
  type Logger,
  maxBig,
  messageOf,
  type Resource,
  systemClock,
  systemRandom,
  toHex,
  zeroBtt,
} from '@millrace/base'
import { type EpochReport, pieceBytesMax, type SalesFacts, type UploadMarket } from '@millrace/market'
import type { PaidConnection, PaidSession, PaidTorrent, PaymentOffer, Payments } from '@millrace/swarm'
import {
  type Account,
  chooseLedger,
  domainSeparator,
  type Ledger,
  ledgerId,
  mistakableDomains,
  roleOf,
  type Signer,
  type Verifier,
} from '@millrace/voucher'
import { BeaconDesk } from './beacon-desk.ts'
import { BuyerPair } from './buyer-pair.ts'
import { BuyingDesk, type BuyingReport } from './buying-desk.ts'
import type { DeskBooks } from './desk-books.ts'
import { type ChannelParts, ordinary, PaidChannel, type Pairs } from './paid-channel.ts'
import type { Payee } from './payee.ts'
import type { Payer } from './payer.ts'
import type { Sales } from './sales.ts'
import { SellerPair } from './seller-pair.ts'
import { asPeerCounts } from './set-off-pair.ts'
import { SetOffs } from './set-offs.ts'
import { type BuyingTerms, cashingLookSeconds } from './terms.ts'
import { UntriedSellers } from './untried-sellers.ts'
import type { VaultFollower } from './vault-follower.ts'
import type { Watchtower } from './watchtower.ts'

const protocolVersion = 1
/** How often billing is looked at: statements of one account are at least this far apart. */
const settleMilliseconds = 20
/** At most this part of the budget is paid ahead to one seller, and to all together that have verified nothing yet. */
const prepayBudgetDivisor = 8n
/** Pairs kept without a connection; beyond that the oldest idle ones are forgotten. */
const idlePairsMax = 1_000

export interface DeskParts {
  readonly ledger: Ledger
  readonly signer: Signer
  readonly verifier: Verifier
  readonly books: DeskBooks
  readonly market: UploadMarket
  readonly payer: Payer | undefined
  readonly payee: Payee
  readonly logger: Logger
  readonly crash?: Crash | undefined
  readonly vault: VaultFollower
  /** Absent: nobody watches for payers that over-issue. */
  readonly tower?: Watchtower | undefined
  /** Ends what was opened for the desk: the ledger's polling, the signature worker. */
  readonly closeLedger: () => Promise<void>
}

export interface DeskTerms {
  /** Sells whenever the market has an ask; false: never. */
  readonly sells: boolean
  readonly buying: BuyingTerms | undefined
  /** What is traded; upload when absent. The market sells the same. */
  readonly resource?: Resource | undefined
}

/** What was bought in this run. */
export interface Purchase extends Partial<BuyingReport> {
  readonly paidBytes: number
  readonly billed: Btt
  /** Promised by vouchers. */
  readonly paid: Btt
  readonly vouchers: number
  /** Set off with sellers that bought from us: paid without a voucher. */
  readonly setOff: Btt
  readonly budgetLeft: Btt
  /** What the sellers serve beyond what was paid, all together. */
  readonly credit: Btt
  /** The dearest live quote. */
  readonly pricePerMiB: Btt | undefined
}

export class PaymentDesk implements Payments {
  readonly #parts: DeskParts
  readonly #terms: DeskTerms
  readonly #ledgerId: Uint8Array
  /** The ledger in use, then those that a signature may be for by mistake. */
  readonly #ledgers: readonly { readonly id: Uint8Array; readonly separator: Uint8Array }[]
  readonly #sellers = new Map<Account, SellerPair>()
  readonly #buyers = new Map<Account, BuyerPair>()
  readonly #setOffs: SetOffs
  readonly #untried: UntriedSellers
  readonly beacons: BeaconDesk
  /** Connections whose peer spoke of payment, and those of them that share no ledger with us. */
  #offered = 0
  #withoutLedger = 0
  readonly #buying: BuyingDesk | undefined
  readonly #timer: NodeJS.Timeout
  readonly #cashingTimer: NodeJS.Timeout
  readonly #unsubscribe: () => void
  #report: EpochReport | undefined
  #epochs = 0

  constructor(parts: DeskParts, terms: DeskTerms) {
    this.#parts = parts
    this.#terms = terms
    this.#ledgerId = ledgerId(parts.ledger.domain)
    const { domain } = parts.ledger
    this.#ledgers = [domain, ...mistakableDomains(domain)].map((known) => ({
      id: ledgerId(known),
      separator: domainSeparator(known),
    }))
    this.#timer = setInterval(() => this.#settle(), settleMilliseconds)
    this.#cashingTimer = setInterval(() => this.#lookAtChain(), cashingLookSeconds * 1000)
    this.#unsubscribe = parts.ledger.onBlock(() => this.#onBlock())
    this.#setOffs = new SetOffs(parts)
    this.#untried = new UntriedSellers(untriedMax(terms.buying))
    this.beacons = new BeaconDesk({ ...parts, isTrading: (account) => this.#sellers.has(account) })
    this.#buying = terms.buying && parts.payer && new BuyingDesk(terms.buying, parts.payer, () => this.#buyers.values())
    parts.books.onFailure(() => this.#endTrade())
  }

  offer(torrent: PaidTorrent): PaymentOffer | undefined {
    const isUseful = this.#terms.sells || this.#terms.buying !== undefined
    if (!isUseful || !this.#parts.books.isOpen || torrent.isPrivate || torrent.pieceLength > pieceBytesMax)
      return undefined
    this.#buying?.note(torrent)
    const nonce = systemRandom.bytes(16)
    return { v: protocolVersion, nonce, sells: this.#terms.sells, ledgers: [this.#ledgerId] }
  }

  open(connection: PaidConnection): PaidSession {
    const { ownOffer, peerOffer, torrent } = connection
    this.#offered += 1
    if (chooseLedger(ownOffer, peerOffer) === undefined) {
      if (ownOffer.sells) this.#withoutLedger += 1
      return ordinary
    }
    const parts: ChannelParts = {
      ...this.#parts,
      domain: this.#parts.ledger.domain,
      pairsOf: (account) => this.#pairsOf(account, connection),
    }
    return new PaidChannel(parts, connection, {
      ledgers: this.#ledgers,
      account: this.#parts.signer.account,
      ownNonce: ownOffer.nonce,
      otherNonce: peerOffer.nonce,
      infoHash: torrent.infoHash,
      ownRole: roleOf(ownOffer.sells, peerOffer.sells),
      otherRole: roleOf(peerOffer.sells, ownOffer.sells),
    })
  }

  /** After each epoch of the market: quotes, and this buyer's spending spread anew. */
  onEpoch(report: EpochReport): void {
    this.#report = report
    this.#epochs++
    for (const pair of this.#sellers.values()) pair.onEpoch()
    if (this.#parts.books.isOpen) this.#buying?.step()
  }

  /** The download is complete now: nothing more is bought, and a deadline was met or not. */
  onComplete(): void {
    if (this.#parts.books.isOpen) this.#buying?.step()
  }

  /** Moves the ask and quotes it at once, before a dearer block can leave; undefined sells nothing for now. */
  setAsk(askPerMiB: Btt | undefined): void {
    this.#parts.market.setAsk(askPerMiB, systemClock.now())
    for (const pair of this.#sellers.values()) pair.onEpoch()
  }

  purchase(): Purchase {
    const { payer } = this.#parts
    const bills = [...this.#buyers.values()].map((pair) => pair.billed)
    const prices = [...this.#buyers.values()].flatMap((pair) => pair.pricePerMiB ?? [])
    return {
      ...this.#buying?.report,
      paidBytes: bills.reduce((sum, bill) => sum + bill.bytes, 0),
      billed: btt(bills.reduce((sum, bill) => sum + bill.amount, 0n)),
      paid: payer?.spent ?? zeroBtt,
      vouchers: payer?.voucherCount ?? 0,
      setOff: this.#setOffs.sum,
      budgetLeft: payer?.budgetLeft ?? zeroBtt,
      credit: btt([...this.#buyers.values()].reduce((sum, pair) => sum + pair.credit, 0n)),
      pricePerMiB: prices.reduce<Btt | undefined>((most, price) => (most && most > price ? most : price), undefined),
    }
  }

  sales(): Sales {
    const { payee, market, vault } = this.#parts
    let billed = 0n
    const credits: Record<string, { billed: Btt; paid: Btt; credit: Btt }> = {}
    for (const [account, pair] of this.#sellers) {
      billed += pair.billedInRun
      credits[account] = { billed: pair.facts.billed, paid: pair.paid, credit: pair.facts.credit }
    }
    return {
      billed: btt(billed),
      earned: payee.earned,
      setOff: this.#setOffs.sum,
      cashed: payee.cashed,
      incentives: vault.rewarded,
      askPerMiB: market.askPerMiB,
      pricePerMiB: market.pricePerMiB,
      capacityBytesPerSecond: market.capacity,
      freeSharePpm: market.freeSharePpm,
      epochs: this.#epochs,
      buyers: this.#report?.peers ?? [],
      credits,
    }
  }

  /** What is known of why nothing was sold. */
  saleFacts(): Pick<SalesFacts, 'areBooksOpen' | 'offered' | 'withoutLedger' | 'uncovered' | 'billed'> {
    const uncovered = [...this.#sellers.values()].reduce((sum, pair) => sum + pair.uncovered, 0)
    const { billed } = this.sales()
    const [offered, withoutLedger] = [this.#offered, this.#withoutLedger]
    return { areBooksOpen: !this.#parts.books.hasFailed, offered, withoutLedger, uncovered, billed }
  }

  /** Takes bids back, settles, cashes, and closes books and ledger. The session is closed before. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    clearInterval(this.#cashingTimer)
    this.#unsubscribe()
    const { payer, payee, vault, tower, books, closeLedger } = this.#parts
    try {
      await tower?.close()
      await payee.cashWhenWorth(true)
      await vault.close()
      await books.close(await payer?.finish())
    } finally {
      await closeLedger()
    }
  }

  /** Resolves when everything bought is paid, or after `milliseconds`. */
  async settled(milliseconds: number): Promise<void> {
    const deadline = systemClock.now() + milliseconds
    const isOpen = (): boolean => [...this.#buyers.values()].some((pair) => !pair.isSettled())
    while (isOpen() && systemClock.now() < deadline) await sleep(settleMilliseconds)
  }

  /** Says goodbye, then waits until buyers have paid and bills of ours are paid, at most `milliseconds`. */
  async leaveSettled(milliseconds: number): Promise<void> {
    this.leave()
    const deadline = systemClock.now() + milliseconds
    const isOpen = (): boolean =>
      [...this.#sellers.values()].some((pair) => !pair.isIdle && !pair.isSettled()) ||
      [...this.#buyers.values()].some((pair) => pair.owes)
    while (isOpen() && systemClock.now() < deadline) await sleep(settleMilliseconds)
  }

  /** Says goodbye while the connections still stand. */
  leave(): void {
    for (const pair of this.#sellers.values()) pair.leave()
    for (const pair of this.#buyers.values()) pair.want(undefined)
  }

  /** The books cannot be written any more: an ordinary peer from here on. Nobody is bought from or sold to. */
  #endTrade(): void {
    clearInterval(this.#timer)
    clearInterval(this.#cashingTimer)
    for (const pair of this.#sellers.values()) pair.halt()
    for (const pair of this.#buyers.values()) pair.halt('the books cannot be written')
  }

  #settle(): void {
    const owed = new Set(this.#parts.market.statementsDue(systemClock.now()))
    for (const pair of this.#sellers.values()) pair.tick(owed.has(pair.payer))
    this.#setOffs.tick()
    this.#buying?.tick()
    for (const pair of this.#buyers.values()) pair.tick()
  }

  #onBlock(): void {
    for (const pair of this.#sellers.values()) pair.onBlock()
    for (const pair of this.#buyers.values()) pair.onBlock()
    this.#lookAtChain()
  }

  /** What may be cashed, and what slashed bonds owe us. */
  #lookAtChain(): void {
    const { payee, tower, books } = this.#parts
    void payee.cashWhenWorth()
    if (books.isOpen) void tower?.look(books.store.openPairs().payers)
  }

  #pairsOf(account: Account, connection: PaidConnection): Pairs {
    const seller = this.#terms.sells ? this.#sellerPair(account) : undefined
    const wantsToBuy = connection.peerOffer.sells && this.#terms.buying !== undefined
    const buyer = wantsToBuy ? this.#buyerPair(account, connection.torrent.pieceLength) : undefined
    // Asked last: opening a pair writes what an earlier run left unpaid off.
    if (!this.#parts.books.isOpen) return { seller: undefined, buyer: undefined, setOff: undefined }
    return { seller, buyer, setOff: this.#setOffs.pairOf(account, { seller, buyer }) }
  }

  #sellerPair(payer: Account): SellerPair {
    const { signer, books } = this.#parts
    const known = this.#sellers.get(payer)
    if (known !== undefined) return known
    const separators = this.#ledgers.map(({ separator }) => separator)
    const terms = { own: signer.account, payer, resource: this.#terms.resource, separators, bootId: books.store.bootId }
    const pair = new SellerPair(this.#parts, terms)
    this.#sellers.set(payer, pair)
    this.#forgetIdle()
    void this.#watch(pair)
    return pair
  }

  /** A voucher that came before the chain had answered is looked at again as soon as it has: no block may follow. */
  async #watch(pair: SellerPair): Promise<void> {
    const { ledger, signer, logger } = this.#parts
    try {
      await ledger.watch(pair.payer, signer.account)
      pair.onBlock()
    } catch (error) {
      logger.log('warn', 'a payer cannot be looked up', { payer: pair.payer, reason: messageOf(error) })
    }
  }

  /** The same on the buyer's side: whoever says that it sells may come with a new account each time. */
  #forgetIdleSellers(payer: Payer): void {
    if (this.#buyers.size <= idlePairsMax) return
    for (const [account, pair] of this.#buyers) {
      if (!pair.isIdle || pair.billed.amount > 0n || payer.paidTo(account) > 0n) continue
      this.#buyers.delete(account)
      this.#setOffs.forget(account)
      if (this.#buyers.size <= idlePairsMax) return
    }
  }

  /** Accounts cost a peer nothing, so pairs that hold nothing are not kept without end. */
  #forgetIdle(): void {
    if (this.#sellers.size <= idlePairsMax) return
    for (const [account, pair] of this.#sellers) {
      if (!pair.isIdle || pair.paid > 0n) continue
      pair.drop()
      this.#parts.ledger.unwatch(account)
      this.#sellers.delete(account)
      this.#setOffs.forget(account)
      if (this.#sellers.size <= idlePairsMax) return
    }
  }

  #buyerPair(seller: Account, pieceBytes: number): BuyerPair | undefined {
    const { payer, logger } = this.#parts
    const { buying, resource } = this.#terms
    if (payer === undefined || buying === undefined) return undefined
    const known = this.#buyers.get(seller)
    if (known !== undefined) return known
    const setOff = asPeerCounts(this.#parts.books.store.setOffWith(seller))
    const prepayMax = btt(buying.budget / prepayBudgetDivisor)
    const terms = { seller, resource, pieceBytes, prepayMax, prepayExactly: buying.prepayment, setOff }
    const onFirstQuote = (): void => this.#buying?.onFirstQuote()
    const pair = new BuyerPair({ ...this.#parts, payer, untried: this.#untried, onFirstQuote }, terms)
    this.#buyers.set(seller, pair)
    this.#forgetIdleSellers(payer)
    logger.log('debug', 'a seller', { account: seller, ledger: toHex(this.#ledgerId) })
    return pair
  }
}

/** A prepayment of the user's own may be above its part of the budget: then one such seller at a time. */
function untriedMax(buying: BuyingTerms | undefined): Btt {
  if (buying === undefined) return zeroBtt
  return maxBig(btt(buying.budget / prepayBudgetDivisor), buying.prepayment ?? zeroBtt)
}
