/** Beacons of a node: signs its own, and keeps those of others that count, with what the vault holds for their buyers. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { btt, type Logger, messageOf, toHex } from '@millrace/base'
import { type Backing, backedDemand, type Demand, freeDeposit, type Rival, type StatedDemand } from '@millrace/market'
import {
  type Account,
  accountBytes,
  accountOf,
  BeaconBoard,
  type BeaconFault,
  beaconDigest,
  domainSeparator,
  type Ledger,
  ledgerId,
  type Signer,
  type Verifier,
} from '@millrace/voucher'
import { type BeaconSide, decodeBeacon, encodeBeacon } from '@millrace/wire'

/** Outlives the half hour that trackers leave between two announces. */
const lifeSeconds = 1_900
/** Signatures looked at of one reading: some 100 microseconds each. */
const signaturesPerReadingMax = 2_000
/** After so many the loop has its turn. */
const signaturesPerTurn = 8
/** Accounts followed for their beacons alone: the ledger's room is for those who really pay. */
const watchedMax = 1_000
/** Accounts newly looked up in one reading. */
const watchesPerReadingMax = 200

export interface BeaconDeskParts {
  readonly ledger: Ledger
  readonly signer: Signer
  readonly verifier: Verifier
  readonly logger: Logger
  /** The desk follows this payer anyway. */
  readonly isTrading: (account: Account) => boolean
}

/** What others say of one torrent, as far as it is believed. */
export interface TorrentMarket {
  readonly demands: readonly Demand[]
  readonly rivals: readonly Rival[]
}

/** A beacon as it came, for the torrent it was given for. */
export interface CarriedBeacon {
  /** Hex info-hash. */
  readonly torrent: string
  readonly bytes: Uint8Array
}

/** How many came in one reading, and what became of them. */
export type BeaconCounts = Readonly<Partial<Record<'admitted' | 'unreadable' | 'own' | BeaconFault, number>>>

export class BeaconDesk {
  readonly #parts: BeaconDeskParts
  readonly #id: Uint8Array
  readonly #separator: Uint8Array
  readonly #board: BeaconBoard
  readonly #watched = new Set<Account>()
  /** When an account without money was looked up last, as the number of the look. */
  readonly #lookedAt = new Map<Account, number>()
  #looks = 0
  /** Where the next reading begins: what one has no time for comes first in the next. */
  #from = 0
  #seq = 0

  constructor(parts: BeaconDeskParts) {
    this.#parts = parts
    this.#id = ledgerId(parts.ledger.domain)
    this.#separator = domainSeparator(parts.ledger.domain)
    this.#board = new BeaconBoard(this.#id)
  }

  get ledgerId(): Uint8Array {
    return this.#id
  }

  /** A beacon of this node for one torrent, ready to be carried. */
  async make(infoHash: Uint8Array, side: BeaconSide): Promise<Uint8Array> {
    const { signer, ledger } = this.#parts
    // Milliseconds rise over restarts, too.
    this.#seq = Math.max(this.#seq + 1, Date.now())
    const unsigned = {
      infoHash,
      ledger: this.#id,
      account: accountBytes(signer.account),
      seq: this.#seq,
      issuedAtSeconds: nowSeconds(),
      lifeSeconds,
      side,
    }
    return encodeBeacon({ ...unsigned, signature: await signer.signBeacon(ledger.domain, unsigned) })
  }

  /** Takes in what a tracker gave for torrents that were asked for: any bytes. Never rejects. */
  async read(all: readonly CarriedBeacon[]): Promise<BeaconCounts> {
    const counts: Partial<Record<string, number>> = {}
    const from = all.length === 0 ? 0 : this.#from % all.length
    let signatures = 0
    for (const carried of [...all.slice(from), ...all.slice(0, from)]) {
      this.#from += 1
      const outcome = await this.#readOne(carried)
      counts[outcome] = (counts[outcome] ?? 0) + 1
      if (outcome !== 'admitted' && outcome !== 'bad-signature') continue
      signatures += 1
      if (signatures >= signaturesPerReadingMax) break
      if (signatures % signaturesPerTurn === 0) await nextTurn()
    }
    this.#board.forgetOld(nowSeconds())
    return counts
  }

  /** What counts of the given torrents, by hex info-hash. Asks the chain who stands behind it where that is not known. */
  async markets(infoHashes: readonly Uint8Array[]): Promise<ReadonlyMap<string, TorrentMarket>> {
    const stated: StatedDemand[] = []
    const sellers: { readonly torrent: string; readonly account: Account; readonly askPerMiB: bigint }[] = []
    for (const infoHash of infoHashes) {
      const torrent = toHex(infoHash)
      for (const beacon of this.#board.of(infoHash, nowSeconds())) {
        const account = accountOf(beacon.account)
        const { side } = beacon
        if (side.kind === 'sell') sellers.push({ torrent, account, askPerMiB: side.askPerMiB })
        else stated.push({ torrent, account, ...side, priceMaxPerMiB: btt(side.priceMaxPerMiB) })
      }
    }
    await this.#look(new Set([...stated, ...sellers].map(({ account }) => account as Account))) // accountOf made each
    const backing = (account: string): Backing | undefined => this.#parts.ledger.coverage(account as Account) // as above
    const demands = backedDemand(stated, backing)
    return new Map(
      infoHashes.map((infoHash) => {
        const torrent = toHex(infoHash)
        const rivals = sellers
          .filter((seller) => seller.torrent === torrent)
          .map(({ account, askPerMiB }) => ({ askPerMiB: btt(askPerMiB), isBacked: isFunded(backing(account)) }))
        return [torrent, { demands: demands.get(torrent) ?? [], rivals }]
      }),
    )
  }

  async #readOne({ torrent, bytes }: CarriedBeacon): Promise<'admitted' | 'unreadable' | 'own' | BeaconFault> {
    const beacon = decodeBeacon(bytes)
    if (!beacon.ok || toHex(beacon.value.infoHash) !== torrent) return 'unreadable'
    if (accountOf(beacon.value.account) === this.#parts.signer.account) return 'own'
    const fault = this.#board.precheck(beacon.value, nowSeconds())
    if (fault !== undefined) return fault
    const digest = beaconDigest(this.#separator, beacon.value)
    const signer = await this.#parts.verifier.recover(digest, beacon.value.signature)
    const admitted = this.#board.admit(beacon.value, signer, nowSeconds())
    return admitted.ok ? 'admitted' : admitted.error
  }

  /** Follows the accounts that hold money, and those only: names cost nothing. */
  async #look(accounts: ReadonlySet<Account>): Promise<void> {
    const { ledger, signer, isTrading, logger } = this.#parts
    for (const account of this.#watched) if (!accounts.has(account)) this.#unwatch(account)
    for (const account of this.#lookedAt.keys()) if (!accounts.has(account)) this.#lookedAt.delete(account)
    // New ones first, then who waited longest: a crowd without money keeps nobody from being looked at.
    const waiting = [...accounts]
      .filter((account) => !this.#watched.has(account) && !isTrading(account))
      .sort((a, b) => (this.#lookedAt.get(a) ?? 0) - (this.#lookedAt.get(b) ?? 0))
    for (const account of waiting.slice(0, watchesPerReadingMax)) {
      if (this.#watched.size >= watchedMax) return
      try {
        await ledger.watch(account, signer.account)
        this.#watched.add(account)
        if (isFunded(ledger.coverage(account))) continue
        this.#unwatch(account)
        this.#looks += 1
        this.#lookedAt.set(account, this.#looks)
      } catch (error) {
        return logger.log('warn', 'who stands behind a beacon cannot be looked up', { reason: messageOf(error) })
      }
    }
  }

  #unwatch(account: Account): void {
    this.#watched.delete(account)
    if (!this.#parts.isTrading(account)) this.#parts.ledger.unwatch(account)
  }
}

function isFunded(backing: Backing | undefined): boolean {
  return backing !== undefined && freeDeposit(backing) > 0n
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
