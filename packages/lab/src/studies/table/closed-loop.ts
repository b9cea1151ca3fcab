/**
 * Where every BTT of a run is, second by second: held in wallets, staked, in the vault, locked at the bridge or burned as
 * gas. Wallets and gas are booked here and the vault by the run itself, so that the sum is a check and no tautology.
 */

import { type Btt, btt } from '@millrace/base'
import type { LabPeer } from '../../lab-peer.ts'
import type { SwarmRun } from '../../swarm-run.ts'
import { gasOf, weiPerGas } from '../gas.ts'
import { amountOf } from '../measuring.ts'

/** Unclaimed vouchers are cashed when they come to so many times the gas. */
const cashAtGas = 100n
const cashEverySeconds = 10
/** What everybody brings for gas. */
const gasMoney = btt(BigInt(amountOf(2_000)))
/** Stake of the chain's validators and what other chains hold through the bridge: neither moves in a swarm. */
const staked = btt(BigInt(amountOf(10_000_000)))
const locked = btt(BigInt(amountOf(5_000_000)))

export class ClosedLoop {
  readonly #spendsEarned: boolean
  readonly #held = new Map<LabPeer, bigint>()
  readonly #pairs = new Set<string>()
  #issued = staked + locked
  #burned = 0n
  /** Seconds at which the sums did not agree. */
  brokenSeconds = 0
  /** Earned and put back into the own vault balance. */
  returned = 0n

  constructor(spendsEarned: boolean) {
    this.#spendsEarned = spendsEarned
  }

  onSecond(run: SwarmRun, second: number): void {
    if (second === 1) for (const peer of run.peers) this.#open(peer)
    if (second % cashEverySeconds === 0) for (const peer of run.peers) this.#cash(peer, run)
    let held = 0n
    for (const amount of this.#held.values()) held += amount
    const vaulted = run.vault.totals().balance
    if (this.#issued !== held + staked + vaulted + locked + this.#burned) this.brokenSeconds++
  }

  get burned(): Btt {
    return btt(this.#burned)
  }

  /** What it deposits was in its wallet before, and the gas of depositing is gone. */
  #open(peer: LabPeer): void {
    const deposit = peer.wallet?.purse.deposit ?? 0n
    const gas = deposit > 0n ? gasOf.deposit * weiPerGas : 0n
    this.#issued += deposit + gasMoney
    this.#burned += gas
    this.#held.set(peer, gasMoney - gas)
  }

  /** Cashes in one batch what is worth its gas, or everything at the end of a peer's time; into its own balance. */
  #cash(peer: LabPeer, { vault }: SwarmRun): void {
    const open = peer.shop.unclaimed()
    if (open.length === 0) return
    const worth = open.reduce((sum, [, amount]) => sum + amount, 0n)
    const gas = open.reduce((sum, [payer]) => sum + this.#gasOf(payer, peer.id), 0n) * weiPerGas
    const held = this.#held.get(peer) ?? 0n
    if ((peer.isPresent && worth < gas * cashAtGas) || gas > held || worth < gas) return
    this.#held.set(peer, held - gas)
    this.#burned += gas
    for (const [payer] of open) {
      this.#pairs.add(pairOf(payer, peer.id))
      const paid = peer.shop.cash(payer)
      vault.deposit(peer.id, paid)
      this.returned += paid
      if (this.#spendsEarned) peer.wallet?.purse.earn(paid)
    }
  }

  #gasOf(payer: number, payee: number): bigint {
    return this.#pairs.has(pairOf(payer, payee)) ? gasOf.cashAgain : gasOf.cashFirst
  }
}

function pairOf(payer: number, payee: number): string {
  return `${payer} ${payee}`
}
