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
  /** The board holds as many as it may. */
  | 'full'

/** How far clocks may differ. */
export const beaconSkewSecondsMax = 300
const beaconsMax = 20_000

export class BeaconBoard {
  readonly #ledger: Uint8Array
  readonly #newest = new Map<string, Beacon>()

  /** @param ledger the id of the one ledger whose beacons count */
  constructor(ledger: Uint8Array) {
    this.#ledger = ledger
  }

  /** What speaks against a beacon before anybody looks at its signature. */
  precheck(beacon: Beacon, nowSeconds: number): BeaconFault | undefined {
    if (!equalBytes(beacon.ledger, this.#ledger)) return 'wrong-ledger'
    if (beacon.issuedAtSeconds > nowSeconds + beaconSkewSecondsMax) return 'from-the-future'
    if (isOver(beacon, nowSeconds)) return 'expired'
    const known = this.#newest.get(keyOf(beacon))
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
    if (this.#newest.size >= beaconsMax) this.forgetOld(nowSeconds)
    if (this.#newest.size >= beaconsMax) return refuse('full')
    this.#newest.set(keyOf(beacon), beacon)
    return ok(account)
  }

  /** The beacons of one torrent that count now. */
  of(infoHash: Uint8Array, nowSeconds: number): readonly Beacon[] {
    const torrent = toHex(infoHash)
    return [...this.#newest].flatMap(([key, beacon]) =>
      key.startsWith(torrent) && !isOver(beacon, nowSeconds) ? [beacon] : [],
    )
  }

  /** Forgets those whose `seq` guards nothing any more: every one issued before them is refused by age. */
  forgetOld(nowSeconds: number): void {
    for (const [key, beacon] of this.#newest) {
      if (nowSeconds >= beacon.issuedAtSeconds + beaconSecondsMax) this.#newest.delete(key)
    }
  }
}

function isOver({ issuedAtSeconds, lifeSeconds }: Beacon, nowSeconds: number): boolean {
  return nowSeconds >= issuedAtSeconds + lifeSeconds
}

function keyOf({ infoHash, account, side }: Beacon): string {
  return `${toHex(infoHash)} ${toHex(account)} ${side.kind}`
}
