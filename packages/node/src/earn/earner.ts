/**
 * An earning node: looks at what the trackers' beacons say of a library of torrents, lets the agent choose, and does it:
 * fetches, seeds, drops. One round after the other; money and swarm go on meanwhile.
 */

import { dirname } from 'node:path'
import { type Btt, btt, defined, type Logger, messageOf, systemClock, zeroBtt } from '@millrace/base'
import {
  chooseTorrents,
  type EarnCandidate,
  type EarnChoice,
  type EarnRecord,
  type EarnTerms,
  emptyEarnRecord,
  noteEarned,
  type Schedule,
} from '@millrace/market'
import { NetError, scrapeTracker } from '@millrace/net'
import { sellSide } from '../beacon-sides.ts'
import type { MillraceNode } from '../node.ts'
import type { BeaconCounts, CarriedBeacon, TorrentMarket } from '../payments/beacon-desk.ts'
import type { PaymentDesk } from '../payments/payment-desk.ts'
import { TorrentTask } from '../torrent-task.ts'
import type { TransferReport } from '../transfer-report.ts'
import { applySchedule } from '../upload-schedule.ts'
import { type LibraryEntry, libraryTorrentsMax, readLibrary } from './library.ts'
import { ManagedFolder } from './managed-folder.ts'

export interface EarnOptions {
  /** Folders with .torrent files, perhaps with their content. Nothing in them is ever written. */
  readonly folders: readonly string[]
  /** Where fetched content goes. */
  readonly managedFolder: string
  /** Announce URLs that are asked for beacons, and told of what is seeded. */
  readonly trackers: readonly string[]
  readonly uploadBytesPerSecondMax: number
  readonly schedule: Schedule | undefined
  readonly terms: Omit<EarnTerms, 'offer'> & { readonly horizonSeconds: number }
  /** Shows prices and sales of what is seeded to others. */
  readonly hasBeacon: boolean
  readonly roundSeconds: number
  readonly onRound?: ((round: EarnRound) => void) | undefined
}

/** What one round saw and decided. */
export interface EarnRound {
  readonly choices: readonly EarnChoice[]
  readonly beacons: BeaconCounts
  readonly uploadBytesPerSecond: number
}

/** One torrent as it stands: what was decided of it last, and what passed. */
export interface EarnTorrent {
  readonly name: string
  readonly choice: EarnChoice | undefined
  readonly record: EarnRecord
  readonly transfer: TransferReport | undefined
}

interface Running {
  readonly task: TorrentTask
  readonly place: 'held' | 'own'
  uploadedBytes: number
  sinceMs: number
}

const tenthsOfShare = 1_000_000

export class Earner {
  readonly #node: MillraceNode
  readonly #payments: PaymentDesk
  readonly #options: EarnOptions
  readonly #managed: ManagedFolder
  readonly #logger: Logger
  readonly #running = new Map<string, Running>()
  readonly #records = new Map<string, EarnRecord>()
  readonly #choices = new Map<string, EarnChoice>()
  /** Own content that turned out damaged or incomplete: it is treated as absent. */
  readonly #damaged = new Set<string>()
  /** Reports of what is not seeded any more. */
  readonly #past = new Map<string, TransferReport>()
  #library: readonly LibraryEntry[] = []
  #earned: Btt = zeroBtt
  #isClosed = false
  #wake: (() => void) | undefined
  #loop: Promise<void> = Promise.resolve()

  /** @param node sells: it has payments and an ask */
  constructor(node: MillraceNode, options: EarnOptions) {
    this.#node = node
    this.#payments = defined(node.payments, 'a node that sells')
    this.#options = options
    this.#logger = node.logger
    this.#managed = new ManagedFolder(options.managedFolder)
  }

  /** Reads the library and begins; rounds follow until `close`. @throws what reading a folder throws */
  async start(): Promise<void> {
    this.#library = await readLibrary(this.#options.folders, this.#logger)
    this.#logger.log('info', 'library read', { torrents: this.#library.length, most: libraryTorrentsMax })
    this.#loop = this.#rounds()
  }

  get torrents(): readonly EarnTorrent[] {
    return this.#library.map(({ torrent, metainfo }) => ({
      name: metainfo.info.name,
      choice: this.#choices.get(torrent),
      record: this.#records.get(torrent) ?? emptyEarnRecord,
      transfer: this.#running.get(torrent)?.task.report() ?? this.#past.get(torrent),
    }))
  }

  /** Ends the round under way and leaves every swarm. What was fetched stays. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#wake?.()
    await this.#loop
    await Promise.all([...this.#running.keys()].map((torrent) => this.#stop(torrent)))
  }

  async #rounds(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#round()
      } catch (error) {
        this.#logger.log('warn', 'a round of earning failed', { reason: messageOf(error) })
      }
      if (this.#isClosed) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#options.roundSeconds * 1000)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  async #round(): Promise<void> {
    const { schedule, uploadBytesPerSecondMax } = this.#options
    const uploadBytesPerSecond = applySchedule(this.#node.market, schedule, uploadBytesPerSecondMax)
    this.#noteRecords()
    const { askPerMiB, freeSharePpm } = this.#node.market
    // Feeds say no price: nothing is sold, and nothing is decided by it.
    if (askPerMiB === undefined) return
    const { counts, beacons } = await this.#ask()
    const markets = await this.#payments.beacons.markets(this.#library.map(({ metainfo }) => metainfo.infoHash))
    const { terms } = this.#options
    const paidPart = 1 - freeSharePpm / tenthsOfShare
    const choices = chooseTorrents(await this.#candidates(counts, markets), {
      ...terms,
      offer: {
        askPerMiB,
        paidBytesPerSecond: uploadBytesPerSecond * paidPart,
        horizonSeconds: terms.horizonSeconds,
      },
    })
    for (const choice of choices) this.#choices.set(choice.torrent, choice)
    this.#options.onRound?.({ choices, beacons, uploadBytesPerSecond })
    // What is given up makes room for what is fetched.
    for (const choice of [...choices].sort((a, b) => rankOf(a) - rankOf(b))) {
      if (this.#isClosed) return
      await this.#apply(choice)
    }
  }

  /** Shares what was earned since the last round over the torrents, by what each uploaded; rounded down. */
  #noteRecords(): void {
    const { earned } = this.#payments.sales()
    const gain = earned - this.#earned
    this.#earned = earned
    const now = systemClock.now()
    const uploads = [...this.#running].map(([torrent, running]) => {
      const { uploadedBytes } = running.task.report()
      const stretch = { torrent, bytes: uploadedBytes - running.uploadedBytes, seconds: (now - running.sinceMs) / 1000 }
      running.uploadedBytes = uploadedBytes
      running.sinceMs = now
      return stretch
    })
    const total = uploads.reduce((sum, { bytes }) => sum + bytes, 0)
    for (const { torrent, bytes, seconds } of uploads) {
      const part = total === 0 ? 0n : (gain * BigInt(bytes)) / BigInt(total)
      const income = this.#choices.get(torrent)?.income ?? zeroBtt
      const expected = btt(
        (income * BigInt(Math.floor(seconds * 1000))) / BigInt(this.#options.terms.horizonSeconds * 1000),
      )
      const known = this.#records.get(torrent) ?? emptyEarnRecord
      this.#records.set(torrent, noteEarned(known, { seconds, expected, earned: btt(part) }))
    }
  }

  /** Counts and beacons of every tracker; one that fails is left out of this round. */
  async #ask() {
    const hashes = this.#library.map(({ metainfo }) => metainfo.infoHash)
    const counts = new Map<string, { readonly seeders: number; readonly leechers: number }>()
    const asked = new Set(this.#library.map(({ torrent }) => torrent))
    const carried: CarriedBeacon[] = []
    for (const tracker of this.#options.trackers) {
      try {
        const reply = await scrapeTracker(tracker, hashes, this.#payments.beacons.ledgerId)
        for (const [torrent, scraped] of reply) {
          if (!asked.has(torrent)) continue
          const known = counts.get(torrent) ?? { seeders: 0, leechers: 0 }
          const [seeders, leechers] = [known.seeders + scraped.seeders, known.leechers + scraped.leechers]
          counts.set(torrent, { seeders, leechers })
          carried.push(...scraped.beacons.map((bytes) => ({ torrent, bytes })))
        }
      } catch (error) {
        if (!(error instanceof NetError)) throw error
        this.#logger.log('warn', 'a tracker tells nothing of its torrents', { tracker, reason: error.message })
      }
    }
    return { counts, beacons: await this.#payments.beacons.read(carried) }
  }

  async #candidates(
    counts: ReadonlyMap<string, { readonly seeders: number; readonly leechers: number }>,
    markets: ReadonlyMap<string, TorrentMarket>,
  ): Promise<readonly EarnCandidate[]> {
    const held = await this.#managed.held()
    return this.#library.map(({ torrent, metainfo, contentPath }) => {
      const takenAt = held.get(torrent)
      const isOwn = contentPath !== undefined && !this.#damaged.has(torrent)
      const { demands, rivals } = markets.get(torrent) ?? { demands: [], rivals: [] }
      return {
        torrent,
        sizeBytes: metainfo.info.totalSize,
        place: isOwn ? 'own' : takenAt === undefined ? 'absent' : 'held',
        heldSeconds: takenAt === undefined ? 0 : Math.max(0, nowSeconds() - takenAt),
        ...(counts.get(torrent) ?? { seeders: 0, leechers: 0 }),
        demands,
        rivals,
        record: this.#records.get(torrent) ?? emptyEarnRecord,
      }
    })
  }

  async #apply({ torrent, action }: EarnChoice): Promise<void> {
    const entry = defined(
      this.#library.find((candidate) => candidate.torrent === torrent),
      'a torrent of the library',
    )
    try {
      if (action === 'drop' || action === 'leave') {
        await this.#stop(torrent)
        if (action === 'drop') await this.#managed.drop(torrent, entry.metainfo.info)
      } else if (!this.#running.has(torrent)) await this.#run(entry)
    } catch (error) {
      this.#logger.log('warn', 'a torrent cannot be seeded', {
        name: entry.metainfo.info.name,
        reason: messageOf(error),
      })
      await this.#stop(torrent)
      if (entry.contentPath !== undefined) this.#damaged.add(torrent)
    }
  }

  async #run({ torrent, metainfo, contentPath }: LibraryEntry): Promise<void> {
    const isOwn = contentPath !== undefined && !this.#damaged.has(torrent)
    const named = metainfo.trackers.flat()
    const more = this.#options.trackers.filter((tracker) => !named.includes(tracker)).map((tracker) => [tracker])
    const { hasBeacon } = this.#options
    const task = new TorrentTask(this.#node, {
      source: { kind: 'metainfo', metainfo: { ...metainfo, trackers: [...metainfo.trackers, ...more] } },
      folder: isOwn ? dirname(contentPath) : await this.#managed.take(torrent, nowSeconds()),
      contentPath: isOwn ? contentPath : undefined,
      mode: isOwn ? 'seed' : 'leech',
      peers: [],
      beacon: hasBeacon ? (peers) => sellSide(this.#payments, this.#node.market, peers) : undefined,
    })
    const place = isOwn ? 'own' : 'held'
    this.#running.set(torrent, { task, place, uploadedBytes: 0, sinceMs: systemClock.now() })
    // A disk that fails while it runs ends it; the next round may begin it again.
    task.broken.catch((error: unknown) => {
      this.#logger.log('warn', 'a torrent broke off', { name: metainfo.info.name, reason: messageOf(error) })
      void this.#stop(torrent)
    })
    await task.start()
  }

  async #stop(torrent: string): Promise<void> {
    const running = this.#running.get(torrent)
    if (running === undefined) return
    this.#running.delete(torrent)
    await running.task.close()
    this.#past.set(torrent, running.task.report())
  }
}

function rankOf({ action }: EarnChoice): number {
  return action === 'drop' || action === 'leave' ? 0 : 1
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
