/** Addresses that may be connected to: where they came from does not matter, how often they failed does. */

import type { Address } from './ports.ts'

export const candidatesMax = 2_000
/** Bans that are remembered; the oldest make room. */
export const bansMax = 10_000
const retryMillisecondsStart = 5_000
const retryMillisecondsMax = 600_000
const failuresMax = 6

interface Candidate {
  readonly address: Address
  failures: number
  retryAt: number
  isBusy: boolean
}

export class Candidates {
  readonly #known = new Map<string, Candidate>()
  readonly #banned = new Set<string>()

  /** Takes addresses that are neither known nor banned. At the limit each takes the place of one that failed. */
  add(addresses: readonly Address[], now: number): void {
    let failed: string[] | undefined
    for (const address of addresses) {
      const key = addressKey(address)
      if (address.port === 0 || this.#known.has(key) || this.isBanned(address)) continue
      if (this.#known.size >= candidatesMax) {
        failed ??= this.#failed()
        const worst = failed.pop()
        if (worst === undefined) return
        this.#known.delete(worst)
      }
      this.#known.set(key, { address, failures: 0, retryAt: now, isBusy: false })
    }
  }

  /** The next address to connect to, marked as in use until `settle`. `connected` holds keys of those that need none. */
  take(now: number, connected: ReadonlySet<string>): Address | undefined {
    for (const [key, candidate] of this.#known) {
      if (candidate.isBusy || candidate.retryAt > now || connected.has(key)) continue
      candidate.isBusy = true
      return candidate.address
    }
    return undefined
  }

  /** The connection ended: after a failure it is tried again later and later, then forgotten. */
  settle(address: Address, succeeded: boolean, now: number): void {
    const key = addressKey(address)
    const candidate = this.#known.get(key)
    if (candidate === undefined) return
    candidate.isBusy = false
    candidate.failures = succeeded ? 0 : candidate.failures + 1
    if (candidate.failures >= failuresMax) this.#known.delete(key)
    const delay = retryMillisecondsStart * 2 ** Math.max(0, candidate.failures - 1)
    candidate.retryAt = now + Math.min(retryMillisecondsMax, delay)
  }

  /** Never again: the host, or on loopback (where everybody shares it) only that port. */
  ban(address: Address): void {
    this.#banned.add(banKey(address))
    const [oldest] = this.#banned
    if (this.#banned.size > bansMax && oldest !== undefined) this.#banned.delete(oldest)
    for (const [key, candidate] of this.#known) if (this.isBanned(candidate.address)) this.#known.delete(key)
  }

  isBanned(address: Address): boolean {
    return this.#banned.has(banKey(address))
  }

  /** Keys of those that failed and are not being tried, the worst last. */
  #failed(): string[] {
    return [...this.#known]
      .filter(([, { failures, isBusy }]) => failures > 0 && !isBusy)
      .sort(([, a], [, b]) => a.failures - b.failures)
      .map(([key]) => key)
  }
}

export function addressKey(address: Address): string {
  return `${address.host}|${address.port}`
}

export function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.') || host.startsWith('::ffff:127.')
}

function banKey(address: Address): string {
  return isLoopback(address.host) ? addressKey(address) : address.host
}
