/**
 * Sellers that cash as the client does and watch the chain as its watchtower does: each looks once a minute whether its vouchers are
 * worth the gas, sees the vouchers that others cash, and acts at once on a payer whose vouchers contradict each other. The bond
 * contract is modelled as Bond.sol has it: a part to who proves, a pot for claims, the rest burned.
 */

import { type Btt, btt, maxBig, minBig, zeroBtt } from '@millrace/base'
import { cashingGas, cashingReason } from '@millrace/ledger'
import {
  type Account,
  type BondView,
  bondMove,
  findContradiction,
  type PayerBond,
  potDivisor,
  rewardDivisor,
  type SignedVoucher,
} from '@millrace/voucher'
import type { LabPeer } from '../../lab-peer.ts'
import type { SwarmRun } from '../../swarm-run.ts'
import { gasOf, weiPerGas } from '../gas.ts'

/** The client's. Nodes start at different times, so the looks of sellers are spread over the minute. */
const lookSeconds = 60
const looksApartSeconds = 10
/** A day: claims are settled long after a run. */
const claimSeconds = 86_400
const unsigned = new Uint8Array(0)

export class SellerWatch {
  readonly #payerClass: string
  readonly #bond: Btt
  #payer: LabPeer | undefined
  /** The payer's vouchers that were cashed, the newest of each payee: everybody reads them. */
  readonly #published = new Map<number, SignedVoucher>()
  #stake: PayerBond | undefined
  #pot = zeroBtt
  slashed = zeroBtt
  /** Of that, what came to sellers: for the proof, and on their claims. */
  compensated = zeroBtt
  provenSecond: number | undefined

  /** @param payerClass whose one peer is watched, and has this bond; 0: none */
  constructor(payerClass: string, bond: Btt) {
    this.#payerClass = payerClass
    this.#bond = bond
  }

  onSecond(run: SwarmRun, second: number): void {
    if (second === 1) this.#begin(run)
    for (const [i, seller] of sellersOf(run).entries()) {
      const looks = (second + i * looksApartSeconds) % lookSeconds === 0
      if (looks || this.#isContradicted(seller)) this.#act(seller, run, second)
    }
  }

  /** After the run, when everybody cashed what it had: who can prove does, and the pot is shared. */
  close(run: SwarmRun, second: number): void {
    const sellers = sellersOf(run)
    for (const seller of sellers) this.#publish(seller)
    for (const seller of sellers) if (this.#isContradicted(seller)) this.#prove(seller, run, second)
    if (this.provenSecond === undefined) return
    let allClaims = zeroBtt
    const claims: Btt[] = []
    for (const seller of sellers) {
      const view = this.#view(seller, run, second)
      const isWorth = bondMove({ ...view, ownClaim: zeroBtt, allClaims }) === 'claim'
      const claim = isWorth ? view.shortfall : zeroBtt
      allClaims = btt(allClaims + claim)
      claims.push(claim)
    }
    const atSecond = second + claimSeconds
    for (const [i, seller] of sellers.entries()) {
      const ownClaim = claims[i] ?? zeroBtt
      const view = { ...this.#view(seller, run, atSecond), ownClaim, allClaims }
      if (bondMove(view) !== 'settle') continue
      // Down, as the contract rounds.
      const part = allClaims <= this.#pot ? ownClaim : btt((ownClaim * this.#pot) / allClaims)
      this.compensated = btt(this.compensated + part)
    }
  }

  #begin({ peers, vault }: SwarmRun): void {
    this.#payer = peers.find(({ terms }) => terms.plan.name === this.#payerClass)
    if (this.#payer === undefined || this.#bond === 0n) return
    this.#stake = { amount: this.#bond, planned: zeroBtt, provenAtSeconds: undefined }
    vault.noteBond(this.#payer.id, this.#stake)
  }

  #act(seller: LabPeer, run: SwarmRun, second: number): void {
    if (this.#isWorthCashing(seller, second)) {
      this.#publish(seller)
      for (const [payer] of seller.shop.unclaimed()) seller.shop.cash(payer)
    }
    if (this.#isContradicted(seller)) this.#prove(seller, run, second)
  }

  /** The client's rule: all that it has together, or one payer's, whose vouchers contradict each other. */
  #isWorthCashing(seller: LabPeer, second: number): boolean {
    const claims = seller.shop.unclaimed()
    const view = {
      plannedAtSeconds: undefined,
      withdrawDelaySeconds: BigInt(claimSeconds),
      nowSeconds: BigInt(second),
      nextLookSeconds: BigInt(lookSeconds),
      atExit: false,
      asked: false,
    }
    const unclaimed = claims.reduce((sum, [, amount]) => sum + amount, 0n)
    const gasCost = cashingGas(claims.length) * weiPerGas
    if (cashingReason({ ...view, unclaimed, gasCost }) !== undefined) return true
    const isContradicted = this.#isContradicted(seller)
    const own = claims.find(([payer]) => payer === this.#payer?.id)?.[1] ?? 0n
    return cashingReason({ ...view, unclaimed: own, gasCost: cashingGas(1) * weiPerGas, isContradicted }) !== undefined
  }

  #publish(seller: LabPeer): void {
    const voucher = this.#newest(seller)
    if (voucher !== undefined) this.#published.set(seller.id, voucher)
  }

  #newest({ shop, id }: LabPeer): SignedVoucher | undefined {
    const payer = this.#payer?.id
    const promise = payer === undefined ? undefined : shop.newest(payer)
    if (payer === undefined || promise === undefined) return undefined
    return { payer: accountOf(payer), payee: accountOf(id), signature: unsigned, ...promise, seq: BigInt(promise.seq) }
  }

  #isContradicted(seller: LabPeer): boolean {
    const own = this.#newest(seller)
    return findContradiction([...this.#published.values(), ...(own === undefined ? [] : [own])]) !== undefined
  }

  #prove(seller: LabPeer, run: SwarmRun, second: number): void {
    const payer = this.#payer
    if (payer === undefined || this.#stake === undefined || this.provenSecond !== undefined) return
    if (bondMove(this.#view(seller, run, second)) !== 'prove') return
    this.provenSecond = second
    this.slashed = this.#stake.amount
    this.compensated = btt(this.slashed / rewardDivisor)
    this.#pot = btt(this.slashed / potDivisor)
    this.#stake = { amount: zeroBtt, planned: zeroBtt, provenAtSeconds: BigInt(second) }
    run.vault.noteBond(payer.id, this.#stake)
  }

  #view(seller: LabPeer, { vault }: SwarmRun, second: number): BondView {
    const payer = this.#payer?.id ?? -1
    // What was taken to the vault and not paid is owed still.
    const owed = (seller.shop.newest(payer)?.cumulative ?? 0n) - seller.shop.cashedFrom(payer)
    return {
      bond: this.#stake ?? { amount: zeroBtt, planned: zeroBtt, provenAtSeconds: undefined },
      isContradicted: this.#isContradicted(seller),
      shortfall: btt(maxBig(0n, owed - minBig(owed, vault.balanceOf(payer)))),
      ownClaim: zeroBtt,
      allClaims: zeroBtt,
      pot: this.#pot,
      claimSeconds: BigInt(claimSeconds),
      nowSeconds: BigInt(second),
      gasCost: {
        prove: btt(gasOf.prove * weiPerGas),
        claim: btt(gasOf.claim * weiPerGas),
        settle: btt(gasOf.settle * weiPerGas),
      },
    }
  }
}

function sellersOf({ peers }: SwarmRun): readonly LabPeer[] {
  return peers.filter(({ shop }) => shop.sells)
}

/** Nobody signs in a run: an account is the number of a peer. */
function accountOf(id: number): Account {
  return `0x${id.toString(16).padStart(40, '0')}`
}
