/**
 * The beacons a tracker passes on. It checks size, form and rate, never signatures: so one endpoint cannot push out the
 * beacon of another, whatever account it names, and readers choose the newest that is really signed.
 */

import { type Clock, equalBytes, toHex } from '@millrace/base'
import { type Beacon, decodeBeacon } from '@millrace/wire'

export interface BeaconLimits {
  readonly perTorrentMax: number
  /** Endpoints of one host in a torrent; those of this machine's own loopback are not counted. */
  readonly perHostMax: number
  readonly totalMax: number
}

export const beaconLimitsDefault: BeaconLimits = { perTorrentMax: 200, perHostMax: 8, totalMax: 20_000 }
/** A new beacon of one endpoint replaces its last after this time at the earliest. */
const gapMsMin = 1_000
/** Beacons of one reply together: a reply is read up to 1 MiB. */
const replyBytesMax = 524_288

interface Entry {
  readonly host: string
  readonly side: Beacon['side']['kind']
  readonly ledger: Uint8Array
  readonly bytes: Uint8Array
  readonly takenMs: number
  readonly endsMs: number
}

export class TrackerBeacons {
  readonly #clock: Clock
  readonly #limits: BeaconLimits
  /** By hex info-hash, then by endpoint and side. */
  readonly #torrents = new Map<string, Map<string, Entry>>()
  #total = 0

  constructor(clock: Clock, limits: BeaconLimits = beaconLimitsDefault) {
    this.#clock = clock
    this.#limits = limits
  }

  get total(): number {
    return this.#total
  }

  /** Keeps what came with an announce. @returns why not, in words */
  put(infoHash: Uint8Array, host: string, port: number, bytes: Uint8Array): string | undefined {
    const beacon = decodeBeacon(bytes)
    if (!beacon.ok) return beacon.error.message
    if (!equalBytes(beacon.value.infoHash, infoHash)) return 'the beacon is for another torrent'
    const now = this.#clock.now()
    const key = toHex(infoHash)
    const kept = this.#torrents.get(key) ?? new Map<string, Entry>()
    const side = beacon.value.side.kind
    const endpoint = `${host} ${port} ${side}`
    const last = kept.get(endpoint)
    if (last !== undefined && now - last.takenMs < gapMsMin) return 'beacons come too often'
    this.#forgetOver(key, kept, now)
    if (this.#total >= this.#limits.totalMax) this.#forgetAllOver(now)
    if (!kept.has(endpoint)) {
      const refusal = this.#roomFor(kept, host)
      if (refusal !== undefined) return refusal
      this.#total += 1
    }
    const { ledger, lifeSeconds } = beacon.value
    kept.set(endpoint, { host, side, ledger, bytes, takenMs: now, endsMs: now + lifeSeconds * 1000 })
    this.#torrents.set(key, kept)
    return undefined
  }

  /** Who leaves the swarm takes its beacons along. */
  drop(infoHash: Uint8Array, host: string, port: number): void {
    const key = toHex(infoHash)
    const kept = this.#torrents.get(key)
    for (const side of ['sell', 'buy']) if (kept?.delete(`${host} ${port} ${side}`)) this.#total -= 1
    if (kept?.size === 0) this.#torrents.delete(key)
  }

  /** For one reply: of each torrent the newest first, those of one ledger only, until the reply is full. */
  of(infoHashes: readonly Uint8Array[], ledger: Uint8Array): readonly (readonly Uint8Array[])[] {
    const now = this.#clock.now()
    let room = replyBytesMax
    return infoHashes.map((infoHash) => {
      const key = toHex(infoHash)
      const kept = this.#torrents.get(key)
      if (kept !== undefined) this.#forgetOver(key, kept, now)
      const newest = [...(kept?.values() ?? [])]
        .filter((entry) => equalBytes(entry.ledger, ledger))
        .sort((a, b) => b.takenMs - a.takenMs)
      return newest.flatMap(({ bytes }) => {
        if (bytes.length > room) return []
        room -= bytes.length
        return [bytes]
      })
    })
  }

  #roomFor(kept: ReadonlyMap<string, Entry>, host: string): string | undefined {
    if (kept.size >= this.#limits.perTorrentMax || this.#total >= this.#limits.totalMax) {
      return 'no room for another beacon'
    }
    if (host === '::1' || host.startsWith('127.')) return undefined
    const ofHost = [...kept.values()].filter((entry) => entry.host === host).length
    return ofHost >= this.#limits.perHostMax ? 'no room for another beacon of your address' : undefined
  }

  #forgetAllOver(now: number): void {
    for (const [key, kept] of this.#torrents) this.#forgetOver(key, kept, now)
  }

  #forgetOver(key: string, kept: Map<string, Entry>, now: number): void {
    for (const [endpoint, { endsMs }] of kept) {
      if (now >= endsMs && kept.delete(endpoint)) this.#total -= 1
    }
    if (kept.size === 0) this.#torrents.delete(key)
  }
}
