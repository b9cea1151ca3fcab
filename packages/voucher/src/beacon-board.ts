/**
 * The beacons that count: of each account, torrent and side the newest that was signed by it, for this ledger, within its
 * time. Cheap checks come before the signature. Pure: time is an argument, the signer is recovered elsewhere.
 */

import { equalBytes, ok, type Result, refuse, toHex } from '@millrace/base'
import { type Beacon, beaconSecondsMax } from '@millrace/wire'
import { type Account, accountOf } from './account.ts'

export type BeaconFault =
  | 'wrong-ledger'
  /** Its time is over: an old one that is replayed ends here at the latest. */
  | 'expired'
  /** Issued later than clocks may differ. */
  | 'from-the-future'
  /** A newer or the same one of this account is known. */
  | 'not-rising'
  | 'bad-signature'
  /** The board follows as many torrents as it may. */
  | 'full'

/** How far clocks may differ. */
export const beaconSkewSecondsMax = 300
export const beaconsPerTorrentMax = 400
const torrentsMax = 1_000

export class BeaconBoard {
  readonly #ledger: Uint8Array
  /** By hex info-hash, then by account and side, the longest known first. */
  readonly #torrents = new Map<string, Map<string, Beacon>>()

  /** @param ledger the id of the one ledger whose beacons count */
  constructor(ledger: Uint8Array) {
    this.#ledger = ledger
  }

  /** What speaks against a beacon before anybody looks at its signature. */
  precheck(beacon: Beacon, nowSeconds: number): BeaconFault | undefined {
    if (!equalBytes(beacon.ledger, this.#ledger)) return 'wrong-ledger'
    if (beacon.issuedAtSeconds > nowSeconds + beaconSkewSecondsMax) return 'from-the-future'
    if (isOver(beacon, nowSeconds)) return 'expired'
    const known = this.#torrents.get(toHex(beacon.infoHash))?.get(keyOf(beacon))
    return known !== undefined && known.seq >= beacon.seq ? 'not-rising' : undefined
  }

  /**
   * Takes a beacon that its account signed.
   *
   * @param signer whom the signature over `beaconDigest` names
   */
  admit(beacon: Beacon, signer: Account | undefined, nowSeconds: number): Result<Account, BeaconFault> {
    const account = accountOf(beacon.account)
    const fault = this.precheck(beacon, nowSeconds)
    if (fault !== undefined) return refuse(fault)
    if (signer !== account) return refuse('bad-signature')
    const torrent = toHex(beacon.infoHash)
    const kept = this.#torrents.get(torrent) ?? new Map<string, Beacon>()
    if (kept.size === 0 && this.#torrents.size >= torrentsMax) return refuse('full')
    kept.delete(keyOf(beacon))
    this.#torrents.set(torrent, kept.set(keyOf(beacon), beacon))
    // Accounts cost nothing: a crowd of them pushes out the oldest, and who is still there is read again.
    const [oldest] = kept.keys()
    if (kept.size > beaconsPerTorrentMax && oldest !== undefined) kept.delete(oldest)
    return ok(account)
  }

  /** The beacons of one torrent that count now. */
  of(infoHash: Uint8Array, nowSeconds: number): readonly Beacon[] {
    const kept = this.#torrents.get(toHex(infoHash))
    return [...(kept?.values() ?? [])].filter((beacon) => !isOver(beacon, nowSeconds))
  }

  /** Forgets those whose `seq` guards nothing any more: every one issued before them is refused by age. */
  forgetOld(nowSeconds: number): void {
    for (const [torrent, kept] of this.#torrents) {
      for (const [key, { issuedAtSeconds }] of kept) {
        if (nowSeconds >= issuedAtSeconds + beaconSecondsMax) kept.delete(key)
      }
      if (kept.size === 0) this.#torrents.delete(torrent)
    }
  }
}

function isOver({ issuedAtSeconds, lifeSeconds }: Beacon, nowSeconds: number): boolean {
  return nowSeconds >= issuedAtSeconds + lifeSeconds
}

function keyOf({ account, side }: Beacon): string {
  return `${toHex(account)} ${side.kind}`
}
