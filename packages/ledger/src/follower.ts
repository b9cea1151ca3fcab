/** Follows the chain: polls, backs off while the RPC is down, and stops only when the chain was replaced. */

import { type Logger, messageOf } from '@millrace/base'
import type { Account } from '@millrace/voucher'
import type { CoverageCache } from './coverage.ts'
import { advanceCursor, type Cursor, windowBlocksMax } from './cursor.ts'
import type { Block } from './decode.ts'
import { LedgerError } from './errors.ts'
import type { Timers } from './ports.ts'
import type { Rpc } from './rpc.ts'
import type { VaultEvent } from './vault-event.ts'

export const backoffMsMax = 30_000

export type LedgerStatus =
  | { readonly state: 'live'; readonly head: Block }
  /** Coverage is as old as `head`; it goes on by itself. */
  | { readonly state: 'down'; readonly head: Block; readonly error: LedgerError }
  /** For ever: the chain was replaced. */
  | { readonly state: 'failed'; readonly head: Block; readonly error: LedgerError }

/** Called on the loop that opened the ledger. Coverage already shows what the events say. */
export interface LedgerListener {
  /** A block or more later than before. "Not covered" is worth another look. */
  onBlock?(head: Block): void
  /** Save `cursor` once the events are in the books; events may come twice after a crash or a reorganisation. */
  onEvents?(events: readonly VaultEvent[], cursor: Cursor): void
  onStatus?(status: LedgerStatus): void
  /** A transaction sent through this ledger was mined: what its gas cost, in base units of BTT. */
  onGas?(cost: bigint): void
  /** The incentive pool paid into the vault balance of who sent a transaction through this ledger, in base units of BTT. */
  onReward?(amount: bigint): void
}

export interface FollowerComponents {
  readonly rpc: Rpc
  readonly timers: Timers
  readonly logger: Logger
  readonly coverage: CoverageCache
}

export class ChainFollower {
  readonly #components: FollowerComponents
  readonly #contracts: readonly Account[]
  readonly #pollMs: number
  readonly #listeners = new Set<LedgerListener>()
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined
  #polling: Promise<void> | undefined
  #cursor: Cursor
  #windowBlocks = windowBlocksMax
  #status: LedgerStatus
  #failures = 0

  constructor(
    components: FollowerComponents,
    contracts: readonly Account[],
    cursor: Cursor,
    head: Block,
    pollMs: number,
  ) {
    this.#components = components
    this.#contracts = contracts
    this.#pollMs = pollMs
    this.#cursor = cursor
    this.#status = { state: 'live', head }
  }

  get cursor(): Cursor {
    return this.#cursor
  }

  get status(): LedgerStatus {
    return this.#status
  }

  subscribe(listener: LedgerListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells everybody of the gas of a transaction. */
  spent(cost: bigint): void {
    this.#tell((listener) => listener.onGas?.(cost))
  }

  /** Tells everybody of what the incentive pool paid. */
  rewarded(amount: bigint): void {
    this.#tell((listener) => listener.onReward?.(amount))
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
    await this.#polling
    this.#listeners.clear()
  }

  /** One poll now (or the one under way), to the head. Never rejects: see `status`. */
  poll(): Promise<void> {
    this.#polling ??= this.#poll().finally(() => {
      this.#polling = undefined
    })
    return this.#polling
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted && this.#status.state !== 'failed') {
      await this.poll()
      const backoffMs = Math.min(backoffMsMax, this.#pollMs * 2 ** Math.min(this.#failures, 20))
      await this.#components.timers.sleep(backoffMs, signal)
    }
  }

  async #poll(): Promise<void> {
    try {
      let behind = true
      while (behind && !this.#stop.signal.aborted && this.#status.state !== 'failed') behind = await this.#step()
      this.#failures = 0
    } catch (thrown) {
      if (!(thrown instanceof LedgerError)) throw thrown
      this.#failures += 1
      this.#failed(thrown)
    }
  }

  async #step(): Promise<boolean> {
    const { rpc, coverage } = this.#components
    const before = this.#status.head
    const step = await advanceCursor(rpc, this.#contracts, this.#cursor, this.#windowBlocks)
    this.#windowBlocks = step.windowBlocks
    if (step.reorganised) coverage.markAllStale()
    coverage.apply(step.events)
    this.#cursor = step.cursor
    // A failure here leaves entries stale: the next poll reads them, and these events are delivered all the same.
    const refreshed = await coverage.refresh().then(
      () => undefined,
      (thrown: unknown) => ({ thrown }),
    )
    if (step.events.length > 0) this.#tell((listener) => listener.onEvents?.(step.events, step.cursor))
    if (refreshed !== undefined) throw refreshed.thrown
    this.#live(step.head)
    if (step.head.hash !== before.hash) this.#tell((listener) => listener.onBlock?.(step.head))
    return step.behind
  }

  #live(head: Block): void {
    const { state } = this.#status
    this.#status = { state: 'live', head }
    if (state === 'live') return
    this.#components.logger.log('info', 'the chain answers again', { block: head.number })
    this.#tell((listener) => listener.onStatus?.(this.#status))
  }

  #failed(error: LedgerError): void {
    const { head, state } = this.#status
    const final = error.code === 'chain-reset'
    if (final) this.#components.coverage.forgetAll()
    this.#status = { state: final ? 'failed' : 'down', head, error }
    if (this.#status.state === state) return
    this.#components.logger.log(final ? 'error' : 'warn', error.message, { code: error.code })
    this.#tell((listener) => listener.onStatus?.(this.#status))
  }

  #tell(call: (listener: LedgerListener) => void): void {
    for (const listener of [...this.#listeners]) {
      try {
        call(listener)
      } catch (thrown) {
        // A listener's bug must not end the following of the chain for the others.
        this.#components.logger.log('error', 'a listener of the ledger failed', { reason: messageOf(thrown) })
      }
    }
  }
}
