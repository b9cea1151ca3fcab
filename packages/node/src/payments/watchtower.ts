/**
 * Watches the chain for vouchers that contradict those we hold: what others cash is public, signatures included. Where a
 * payer over-issued and its bond makes it worth the gas, proves it, claims what its vault cannot pay us, and takes that.
 */

import { type Btt, btt, type Logger, maxBig, messageOf, zeroBtt } from '@millrace/base'
import type { BondAction, Bonds, ChainLedger, LedgerListener, TransactionSigner, VaultEvent } from '@millrace/ledger'
import {
  type Account,
  type BondMove,
  type BondView,
  bondMove,
  type Contradiction,
  domainSeparator,
  findContradiction,
  type SeenVouchers,
  type SignedVoucher,
  see,
  type Verifier,
  voucherDigest,
} from '@millrace/voucher'

/** Transactions of others that wait to be read; of more than that at a time the rest is not looked at. */
export const transactionsWaitingMax = 1_000
/** Payers of whom vouchers are remembered: those that owe us most recently. */
export const payersMax = 1_000

export interface WatchtowerParts {
  readonly chain: Pick<ChainLedger, 'bonds' | 'coverage' | 'identity' | 'status' | 'vaultAccount' | 'vouchersIn'> & {
    subscribe(listener: LedgerListener): () => void
  }
  readonly signer: TransactionSigner
  readonly account: Account
  readonly verifier: Verifier
  /** What we accepted last from a payer, and what of it is cashed. */
  readonly newest: (payer: Account) => SignedVoucher | undefined
  readonly cashedFrom: (payer: Account) => Btt
  /** Cashes what the payer owes while there is something. Never rejects. */
  readonly cashNow: () => Promise<void>
  /** Seconds since 1970. */
  readonly nowSeconds: () => bigint
  readonly logger: Logger
}

export class Watchtower {
  readonly #parts: WatchtowerParts
  readonly #seen = new Map<Account, SeenVouchers>()
  readonly #contradictions = new Map<Account, Contradiction>()
  /** Payers of whom something new is remembered and not compared yet. */
  readonly #unchecked = new Set<Account>()
  /** Payers of whose slashed bond nothing more is to be had. */
  readonly #done = new Set<Account>()
  readonly #separator: Uint8Array
  readonly #stop: () => void
  #waiting = 0
  #work: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(parts: WatchtowerParts) {
    this.#parts = parts
    this.#separator = domainSeparator(parts.chain.identity.domain)
    this.#stop = parts.chain.subscribe({ onEvents: (events) => this.#onEvents(events) })
  }

  /** A payer whose vouchers contradict each other: what it owes is to be cashed while there is something. */
  isContradicted(payer: Account): boolean {
    return this.#contradictions.has(payer)
  }

  /** We accepted a voucher: its signature was checked. Many a second come here, so it is compared at the next look. */
  accepted(voucher: SignedVoucher): void {
    this.#remember(voucher)
  }

  /** Compares what is new, and sees what may be proven, claimed or taken by now of these payers. */
  look(payers: readonly Account[]): Promise<void> {
    for (const payer of this.#unchecked) this.#compare(payer)
    const isProven = (payer: Account): boolean => this.#parts.chain.coverage(payer)?.bond?.provenAtSeconds !== undefined
    for (const payer of payers) {
      if (this.#done.has(payer) || !(isProven(payer) || this.isContradicted(payer))) continue
      this.#enqueue(() => this.#act(payer))
    }
    return this.#work
  }

  /** Ends after what is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#stop()
    await this.#work
  }

  #onEvents(events: readonly VaultEvent[]): void {
    const { account, newest } = this.#parts
    const transactions = new Set(
      events.flatMap((event) =>
        event.type === 'cashed' && event.payee !== account && newest(event.payer) !== undefined
          ? [event.transactionHash]
          : [],
      ),
    )
    for (const hash of transactions) this.#enqueue(() => this.#read(hash))
    for (const event of events) {
      if (event.type === 'overissued' && newest(event.payer) !== undefined) this.#enqueue(() => this.#act(event.payer))
    }
  }

  /** One after another; what the chain refuses is logged and tried again when something new comes. */
  #enqueue(task: () => Promise<void>): void {
    if (this.#waiting >= transactionsWaitingMax || this.#isClosed) return
    this.#waiting += 1
    this.#work = this.#work.then(task).catch((error: unknown) => {
      this.#parts.logger.log('warn', 'the watch over a payer failed', { reason: messageOf(error) })
    })
    this.#work = this.#work.then(() => {
      this.#waiting -= 1
    })
  }

  async #read(transaction: `0x${string}`): Promise<void> {
    const { chain, newest, verifier, account } = this.#parts
    for (const voucher of await chain.vouchersIn(transaction)) {
      if (voucher.payee === account || newest(voucher.payer) === undefined) continue
      const signer = await verifier.recover(voucherDigest(this.#separator, voucher), voucher.signature)
      if (signer !== voucher.payer) continue
      this.#remember(voucher)
      if (this.#compare(voucher.payer)) await this.#act(voucher.payer)
    }
  }

  #remember(voucher: SignedVoucher): void {
    const { payer } = voucher
    if (this.#contradictions.has(payer)) return
    const newest = this.#parts.newest(payer)
    const before = this.#seen.get(payer) ?? (newest === undefined ? new Map() : see(new Map(), newest))
    this.#seen.delete(payer)
    this.#seen.set(payer, see(before, voucher))
    this.#unchecked.add(payer)
    const [oldest] = this.#seen.keys()
    if (this.#seen.size <= payersMax || oldest === undefined) return
    this.#seen.delete(oldest)
    this.#unchecked.delete(oldest)
  }

  /** Whether the vouchers of this payer were found to contradict each other just now. */
  #compare(payer: Account): boolean {
    this.#unchecked.delete(payer)
    const found = findContradiction([...(this.#seen.get(payer)?.values() ?? [])].flat())
    if (found === undefined || this.#contradictions.has(payer)) return false
    this.#contradictions.set(payer, found)
    this.#parts.logger.log('warn', 'a payer promised more than it says', { payer, seq: found.statement.seq })
    return true
  }

  async #act(payer: Account): Promise<void> {
    const { chain, cashNow, signer, logger } = this.#parts
    if (this.isContradicted(payer)) await cashNow()
    const { bonds } = chain
    if (bonds === undefined) return
    const view = await this.#view(bonds, payer)
    const move = bondMove(view)
    const { provenAtSeconds } = view.bond
    const isOver =
      provenAtSeconds !== undefined && (move === 'settle' || view.nowSeconds >= provenAtSeconds + view.claimSeconds)
    const action = move === undefined ? undefined : this.#actionOf(move, payer)
    if (action !== undefined) {
      // Where the chain refuses it the payer is looked at again: the claim is still there.
      await bonds.act(signer, action)
      logger.log('info', 'acted on an over-issue', { payer, move })
    }
    if (isOver) this.#done.add(payer)
    // What is owed now is claimed at once; a claim is settled when its time has come.
    if (action?.type === 'prove') await this.#act(payer)
  }

  async #view(bonds: Bonds, payer: Account): Promise<BondView> {
    const { chain, account, newest, cashedFrom, nowSeconds } = this.#parts
    const [stake, pot, { balance }, gasCost] = await Promise.all([
      bonds.stakeOf(payer),
      bonds.potOf(payer, account),
      chain.vaultAccount(payer),
      bonds.moveCosts(1 + (this.#contradictions.get(payer)?.others.length ?? 1)),
    ])
    const owed = (newest(payer)?.cumulative ?? 0n) - cashedFrom(payer)
    return {
      bond: {
        amount: btt(stake.amount),
        planned: btt(stake.planned),
        provenAtSeconds: stake.provenAtSeconds === 0n ? undefined : stake.provenAtSeconds,
      },
      isContradicted: this.isContradicted(payer),
      shortfall: maxBig(zeroBtt, btt(owed - balance)),
      ownClaim: btt(pot.ownClaim),
      allClaims: btt(pot.claimed),
      pot: btt(pot.size),
      claimSeconds: bonds.identity.claimSeconds,
      // The last block may be old: the next will carry the time of now.
      nowSeconds: maxBig(chain.status.head.timestamp, nowSeconds()),
      gasCost,
    }
  }

  #actionOf(move: BondMove, payer: Account): BondAction | undefined {
    const proof = this.#contradictions.get(payer)
    const voucher = this.#parts.newest(payer)
    switch (move) {
      case 'prove':
        return proof && { type: 'prove', proof }
      case 'claim':
        return voucher && { type: 'claim', voucher }
      case 'settle':
        return { type: 'settle', payer, payees: [this.#parts.account] }
    }
  }
}
