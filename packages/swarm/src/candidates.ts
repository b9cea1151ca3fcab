/** Addresses that may be connected to: where they came from does not matter, how often they failed does. */

import type { Address } from './ports.ts'

export const candidatesMax = 2_000
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

  /** Takes addresses up to the limit; known and banned ones are left out. */
  add(addresses: readonly Address[], now: number): void {
    for (const address of addresses) {
      if (this.#known.size >= candidatesMax) return
      const key = addressKey(address)
      if (address.port === 0 || this.#known.has(key) || this.isBanned(address)) continue
      this.#known.set(key, { address, failures: 0, retryAt: now, isBusy: false })
    }
  }

  /** The next address to connect to, marked as in use until `settle`. */
  take(now: number): Address | undefined {
    for (const candidate of this.#known.values()) {
      if (candidate.isBusy || candidate.retryAt > now) continue
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
    for (const [key, candidate] of this.#known) if (this.isBanned(candidate.address)) this.#known.delete(key)
  }

  isBanned(address: Address): boolean {
    return this.#banned.has(banKey(address))
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
