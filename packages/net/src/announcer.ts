/**
 * Tells trackers about one torrent and learns peers from them: events, intervals, tiers, and retries that back off.
 * One announce is under way at a time.
 */

import { type Clock, type Logger, messageOf, type Random, toHex } from '@millrace/base'
import type { PeerAddress } from '@millrace/wire'
import { type AnnounceReply, decodeAnnounceReply } from './announce-reply.ts'
import { type AnnounceEvent, type AnnounceTotals, announceUrl } from './announce-url.ts'
import { NetError } from './errors.ts'
import { type HttpGetOptions, httpGet } from './http-get.ts'
import { systemTimers, type Timers } from './timers.ts'
import { createTiers, type TrackerTiers } from './tracker-tiers.ts'

export interface AnnounceOptions {
  /** 20 bytes. */
  readonly infoHash: Uint8Array
  /** 20 bytes. */
  readonly peerId: Uint8Array
  /** The TCP port that accepts peers. */
  readonly port: number
  /** Announce URLs, BEP 12. */
  readonly tiers: readonly (readonly string[])[]
  totals(): AnnounceTotals
  /** What the tracker is to show others of our trade, made anew for each announce; see wire's `Beacon`. */
  beacon?(): Promise<Uint8Array | undefined>
  onPeers(addresses: readonly PeerAddress[]): void
  onStatus?(status: TrackerStatus): void
  readonly numwant?: number
  /** Least time between two periodic announces, whatever the tracker says. */
  readonly intervalMsMin?: number
  readonly requestTimeoutMs?: number
  readonly stopTimeoutMs?: number
}

export interface AnnounceComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly timers?: Timers
}

export type TrackerStatus =
  | { readonly url: string; readonly state: 'announcing'; readonly event?: AnnounceEvent }
  | {
      readonly url: string
      readonly state: 'working'
      /** Peers in this reply. */
      readonly peers: number
      readonly seeders?: number
      readonly leechers?: number
      readonly warning?: string
      readonly nextInMs: number
    }
  | { readonly url: string; readonly state: 'failed'; readonly message: string }
  /** A kind of tracker that this client does not speak yet: it is left out. */
  | { readonly url: string; readonly state: 'unsupported'; readonly message: string }
  /** Every tracker failed. */
  | { readonly state: 'waiting'; readonly failures: number; readonly retryInMs: number }

export interface Announcer {
  /** The last piece is verified. Announced at once, and again until a tracker took it. */
  completed(): void
  /** Asks for peers now, or as soon as the tracker's minimum interval allows. */
  announceNow(): void
  /** Says goodbye to the trackers that know us; resolves soon even if they do not answer. Repeating it is harmless. */
  stop(): Promise<void>
}

const numwantDefault = 50
const intervalMsMinDefault = 5_000
const requestTimeoutMsDefault = 15_000
const stopTimeoutMsDefault = 3_000
const retryMsFirst = 5_000
const retryMsMax = 1_800_000

/**
 * Starts at once with the event `started`.
 *
 * @example
 * const announcer = startAnnouncing({ infoHash, peerId, port, tiers, totals, onPeers }, { clock, random, logger })
 * await announcer.stop()
 */
export function startAnnouncing(options: AnnounceOptions, components: AnnounceComponents): Announcer {
  const loop = new AnnounceLoop(options, components)
  loop.start()
  return loop
}

/** The delay before attempt `failures` + 1: doubled each time, with the lower half at random. */
export function retryDelayMs(failures: number, random: Random): number {
  const full = Math.min(retryMsMax, retryMsFirst * 2 ** Math.min(failures - 1, 20))
  return full / 2 + random.below(full / 2 + 1)
}

/** What one tracker has heard from us. */
interface Acquaintance {
  readonly trackerId?: Uint8Array
}

class AnnounceLoop implements Announcer {
  readonly #options: AnnounceOptions
  readonly #components: AnnounceComponents
  readonly #timers: Timers
  readonly #tiers: TrackerTiers
  readonly #key: string
  readonly #abort = new AbortController()
  /** Trackers that took our `started` and know us. */
  readonly #known = new Map<string, Acquaintance>()
  readonly #unsupported = new Set<string>()
  #cancelTimer: () => void = () => {}
  #isBusy = false
  /** The tracker that is being asked: it may know us before we know that. */
  #asking: string | undefined
  #completedPending = false
  #failures = 0
  #earliestMs = Number.NEGATIVE_INFINITY
  #stopping: Promise<void> | undefined

  constructor(options: AnnounceOptions, components: AnnounceComponents) {
    this.#options = options
    this.#components = components
    this.#timers = components.timers ?? systemTimers
    this.#tiers = createTiers(options.tiers, components.random)
    this.#key = toHex(components.random.bytes(4))
  }

  start(): void {
    this.#schedule(0)
  }

  completed(): void {
    this.#completedPending = true
    if (!this.#isBusy) this.#schedule(0) // the announce under way looks for this when it ends
  }

  announceNow(): void {
    if (!this.#isBusy) this.#schedule(Math.max(0, this.#earliestMs - this.#components.clock.now()))
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#cancelTimer()
    this.#abort.abort()
    const timeoutMs = this.#options.stopTimeoutMs ?? stopTimeoutMsDefault
    const urls = new Set([...this.#known.keys(), ...(this.#asking === undefined ? [] : [this.#asking])])
    await Promise.all(
      [...urls].map(async (url) => {
        try {
          await this.#ask(url, 'stopped', { timeoutMs })
        } catch (thrown) {
          this.#components.logger.log('debug', 'a tracker missed our stop', { url, reason: messageOf(thrown) })
        }
      }),
    )
  }

  #schedule(delayMs: number): void {
    this.#cancelTimer()
    if (this.#stopping !== undefined) return
    this.#cancelTimer = this.#timers.after(delayMs, () => {
      void this.#round()
    })
  }

  /** One announce: the first tracker that answers ends it. */
  async #round(): Promise<void> {
    this.#isBusy = true
    const delayMs = await this.#firstAnswer()
    this.#isBusy = false
    if (delayMs !== undefined) this.#schedule(delayMs)
  }

  /** @returns milliseconds until the next announce; undefined when there is nobody to ask. */
  async #firstAnswer(): Promise<number | undefined> {
    const urls = this.#tiers.order().filter((url) => this.#isSupported(url))
    if (urls.length === 0) return undefined
    for (const url of urls) {
      if (this.#stopping !== undefined) return undefined
      const event = this.#eventFor(url)
      this.#status({ url, state: 'announcing', ...(event === undefined ? {} : { event }) })
      this.#asking = url
      try {
        const reply = await this.#ask(url, event, { signal: this.#abort.signal })
        return this.#answered(url, event, reply)
      } catch (thrown) {
        if (!(thrown instanceof NetError || thrown instanceof TrackerRefusal)) throw thrown
        if (this.#stopping !== undefined) return undefined
        this.#status({ url, state: 'failed', message: thrown.message })
      } finally {
        this.#asking = undefined
      }
    }
    this.#failures += 1
    this.#earliestMs = this.#components.clock.now() + (this.#options.intervalMsMin ?? intervalMsMinDefault)
    const retryInMs = retryDelayMs(this.#failures, this.#components.random)
    this.#status({ state: 'waiting', failures: this.#failures, retryInMs })
    return retryInMs
  }

  #answered(url: string, event: AnnounceEvent | undefined, reply: AnnounceReply): number | undefined {
    const trackerId = reply.trackerId ?? this.#known.get(url)?.trackerId
    this.#known.set(url, trackerId === undefined ? {} : { trackerId })
    this.#tiers.promote(url)
    this.#failures = 0
    if (event === 'completed') this.#completedPending = false
    if (this.#stopping !== undefined) return undefined
    const { intervalMsMin = intervalMsMinDefault } = this.#options
    const earliestMs = Math.max(intervalMsMin, 1000 * (reply.intervalSecondsMin ?? 0))
    this.#earliestMs = this.#components.clock.now() + earliestMs
    const nextInMs = this.#completedPending ? 0 : Math.max(earliestMs, 1000 * reply.intervalSeconds)
    const { seeders, leechers, warning } = reply
    this.#status({
      url,
      state: 'working',
      peers: reply.peers.length,
      ...(seeders === undefined ? {} : { seeders }),
      ...(leechers === undefined ? {} : { leechers }),
      ...(warning === undefined ? {} : { warning }),
      nextInMs,
    })
    if (reply.peers.length > 0) this.#options.onPeers(reply.peers)
    return nextInMs
  }

  async #ask(url: string, event: AnnounceEvent | undefined, options: HttpGetOptions): Promise<AnnounceReply> {
    const { infoHash, peerId, port, numwant = numwantDefault, requestTimeoutMs } = this.#options
    const trackerId = this.#known.get(url)?.trackerId
    const beacon = event === 'stopped' ? undefined : await this.#options.beacon?.()
    const target = announceUrl(url, {
      infoHash,
      peerId,
      port,
      totals: this.#options.totals(),
      numwant: event === 'stopped' ? 0 : numwant,
      key: this.#key,
      ...(event === undefined ? {} : { event }),
      ...(trackerId === undefined ? {} : { trackerId }),
      ...(beacon === undefined ? {} : { beacon }),
    })
    const reply = await httpGet(target, { timeoutMs: requestTimeoutMs ?? requestTimeoutMsDefault, ...options })
    const decoded = decodeAnnounceReply(reply.body)
    if (decoded.ok) {
      if (reply.status === 200) return decoded.value
    } else if (decoded.error.code === 'refused' || reply.status === 200) {
      throw new TrackerRefusal(decoded.error.message)
    }
    throw new NetError('http-status', `the tracker answered with HTTP status ${reply.status}, expected 200`)
  }

  #eventFor(url: string): AnnounceEvent | undefined {
    if (!this.#known.has(url)) return 'started'
    return this.#completedPending ? 'completed' : undefined
  }

  #isSupported(url: string): boolean {
    if (/^https?:\/\//i.test(url) && URL.canParse(url)) return true
    if (this.#unsupported.has(url)) return false
    this.#unsupported.add(url)
    const message = /^udp:/i.test(url)
      ? 'UDP trackers (BEP 15) are not spoken yet: the other trackers are used'
      : 'no HTTP address: expected http://HOST/... or https://HOST/...'
    this.#status({ url, state: 'unsupported', message })
    return false
  }

  #status(status: TrackerStatus): void {
    this.#options.onStatus?.(status)
  }
}

/** A tracker's reply that refuses us or cannot be used; it stays within this file. */
class TrackerRefusal extends Error {
  override readonly name = 'TrackerRefusal'
}
