/** What stands behind each payer's vouchers, as the chain said last. Read without waiting; moved by the events. */

import { assert, type Btt, btt } from '@millrace/base'
import type { Account, PayerBond } from '@millrace/voucher'
import { accountIn } from './account.ts'
import { readStake, type Stake } from './bond.ts'
import { LedgerError } from './errors.ts'
import type { Rpc } from './rpc.ts'
import { readAccount, readCashed, type VaultAccount } from './vault.ts'
import type { VaultEvent } from './vault-event.ts'

/** Strangers decide whom we watch: the sum of peers of a node, with room. */
export const watchedPayersMax = 10_000

/** Lifetime sums in base units of BTT. */
export interface PayerCoverage {
  readonly deposited: Btt
  readonly withdrawn: Btt
  /** What may leave after the delay: no longer behind any voucher. */
  readonly planned: Btt
  /** Chain time of the plan in seconds; undefined without one. */
  readonly plannedAtSeconds: bigint | undefined
  /** Paid for all of the payer's vouchers. */
  readonly paidOut: Btt
  /** Undefined where the ledger has no bonds. */
  readonly bond: PayerBond | undefined
}

interface Watched {
  account: VaultAccount | undefined
  stake: Stake | undefined
  readonly cashed: Map<Account, bigint | undefined>
  /** An event touched it, or it was never read. */
  stale: boolean
}

export class CoverageCache {
  readonly #rpc: Rpc
  readonly #vault: Account
  readonly #bond: Account | undefined
  readonly #watched = new Map<Account, Watched>()

  constructor(rpc: Rpc, vault: Account, bond: Account | undefined) {
    this.#rpc = rpc
    this.#vault = vault
    this.#bond = bond
  }

  /**
   * Follows `payer`, and what it was cashed to `payees`, from now on. Resolves once it is known; when the RPC fails the
   * payer stays watched and is read by a later `refresh`.
   *
   * @throws LedgerError `unreachable`, `bad-reply`, `refused`; `bad-input` above `watchedPayersMax`
   */
  async watch(payer: Account, payees: readonly Account[] = []): Promise<void> {
    const key = accountIn(payer)
    const watched = this.#watched.get(key) ?? { account: undefined, stake: undefined, cashed: new Map(), stale: true }
    if (!this.#watched.has(key) && this.#watched.size >= watchedPayersMax) {
      throw new LedgerError('bad-input', `${watchedPayersMax} payers are watched already: stop watching some`)
    }
    this.#watched.set(key, watched)
    for (const payee of payees.map((address) => accountIn(address))) {
      if (watched.cashed.get(payee) !== undefined) continue
      watched.cashed.set(payee, undefined)
      watched.stale = true
    }
    if (watched.stale) await this.#read(key, watched)
  }

  unwatch(payer: Account): void {
    this.#watched.delete(accountIn(payer))
  }

  /** No waiting, no RPC. Undefined before the first answer and for who is not watched. */
  get(payer: Account): PayerCoverage | undefined {
    const { account, stake } = this.#watched.get(accountIn(payer)) ?? {}
    if (account === undefined) return undefined
    const { deposited, withdrawn, planned, plannedAtSeconds, paidOut } = account
    return {
      deposited: btt(deposited),
      withdrawn: btt(withdrawn),
      planned: btt(planned),
      plannedAtSeconds: planned === 0n ? undefined : plannedAtSeconds,
      paidOut: btt(paidOut),
      bond: stake && bondOf(stake),
    }
  }

  /** Paid to one payee over all time; undefined for a pair that is not watched or not yet read. */
  cashed(payer: Account, payee: Account): Btt | undefined {
    const sum = this.#watched.get(accountIn(payer))?.cashed.get(accountIn(payee))
    return sum === undefined ? undefined : btt(sum)
  }

  /** Marks what `events` touch. `refresh` reads it again: the state is the chain's own, not our sum of events. */
  apply(events: readonly VaultEvent[]): void {
    for (const event of events) {
      for (const key of touchedBy(event)) this.#markStale(key)
    }
  }

  /** After a reorganisation nothing that was read is sure. */
  markAllStale(): void {
    for (const watched of this.#watched.values()) watched.stale = true
  }

  /** After the chain was replaced nothing is known. */
  forgetAll(): void {
    this.#watched.clear()
  }

  /**
   * Reads what is stale.
   *
   * @throws LedgerError at the first failure; the rest stays stale
   */
  async refresh(): Promise<void> {
    for (const [key, watched] of this.#watched) if (watched.stale) await this.#read(key, watched)
  }

  #markStale(key: Account): void {
    const watched = this.#watched.get(key)
    if (watched !== undefined) watched.stale = true
  }

  async #read(key: Account, watched: Watched): Promise<void> {
    watched.stale = false
    try {
      const payees = [...watched.cashed.keys()]
      const [account, stake, ...cashed] = await Promise.all([
        readAccount(this.#rpc, this.#vault, key),
        this.#bond === undefined ? undefined : readStake(this.#rpc, this.#bond, key),
        ...payees.map((payee) => readCashed(this.#rpc, this.#vault, key, payee)),
      ])
      assert(cashed.length === payees.length, 'one sum for each payee')
      watched.account = account
      watched.stake = stake
      for (const [i, payee] of payees.entries()) watched.cashed.set(payee, cashed[i])
    } catch (thrown) {
      watched.stale = true
      throw thrown
    }
  }
}

function bondOf({ amount, planned, provenAtSeconds }: Stake): PayerBond {
  return {
    amount: btt(amount),
    planned: btt(planned),
    provenAtSeconds: provenAtSeconds === 0n ? undefined : provenAtSeconds,
  }
}

function touchedBy(event: VaultEvent): readonly Account[] {
  switch (event.type) {
    case 'skipped':
      return []
    case 'cashed':
      return [event.payer, event.payee]
    case 'bond':
    case 'overissued':
      return [event.payer]
    default:
      return [event.key]
  }
}
