/** One torrent from its source to its last verified piece: metadata, storage, trackers and peers brought together. */

import { readFile } from 'node:fs/promises'
import { type Logger, MillraceError, systemClock, toHex } from '@millrace/base'
import { DiskError, openStorage, type Storage } from '@millrace/disk'
import { type Info, type Magnet, type Metainfo, parseInfo, parseMagnet, parseTorrent } from '@millrace/metainfo'
import { type Announcer, startAnnouncing } from '@millrace/net'
import type { Address, Torrent } from '@millrace/swarm'
import type { BeaconSide } from '@millrace/wire'
import { DiskRetry, type DiskWait } from './disk-retry.ts'
import type { MillraceNode } from './node.ts'
import { reportOf, type TransferReport } from './transfer-report.ts'

export type TorrentSource =
  | { readonly kind: 'metainfo'; readonly metainfo: Metainfo }
  | { readonly kind: 'magnet'; readonly magnet: Magnet }

export class SourceError extends MillraceError<'not-found' | 'bad-torrent' | 'bad-magnet'> {
  override readonly name = 'SourceError'
}

export interface TaskOptions {
  readonly source: TorrentSource
  /** Where the torrent's name appears. */
  readonly folder: string
  /** Seeding: the file or folder that is served, whatever its name. */
  readonly contentPath?: string | undefined
  readonly mode: 'leech' | 'seed'
  readonly resumeFolder?: string | undefined
  readonly overwrite?: boolean | undefined
  readonly allocation?: 'sparse' | 'full' | undefined
  readonly peers: readonly Address[]
  readonly onCheck?: ((checked: number, total: number) => void) | undefined
  /** Wait for a disk that fails while the torrent runs, and say so; absent, that ends the torrent. */
  readonly diskWait?: DiskWait | undefined
  /**
   * What others may see of our trade in this torrent, asked before each announce; given the handles of its peers. Absent:
   * nothing is shown. Private torrents show nothing in any case.
   */
  readonly beacon?: ((peers: readonly number[]) => BeaconSide | undefined) | undefined
}

/**
 * Reads a magnet link, or a .torrent file from disk.
 *
 * @throws SourceError `not-found`, `bad-torrent`, `bad-magnet`
 */
export async function readSource(text: string): Promise<TorrentSource> {
  if (text.startsWith('magnet:')) {
    const magnet = parseMagnet(text)
    if (!magnet.ok) throw new SourceError('bad-magnet', magnet.error.message)
    return { kind: 'magnet', magnet: magnet.value }
  }
  const bytes = await readFile(text).catch((cause: unknown) => {
    throw new SourceError('not-found', `cannot read ${text}: expected a .torrent file or a magnet link`, { cause })
  })
  const metainfo = parseTorrent(bytes)
  if (!metainfo.ok) throw new SourceError('bad-torrent', `${text}: ${metainfo.error.message}`)
  return { kind: 'metainfo', metainfo: metainfo.value }
}

export class TorrentTask {
  readonly #node: MillraceNode
  readonly #options: TaskOptions
  readonly #torrent: Torrent
  readonly #logger: Logger
  #announcer: Announcer | undefined
  #storage: Storage | undefined
  #info: Info | undefined
  readonly #diskRetry: DiskRetry | undefined
  #settle: { resolve(): void; reject(error: unknown): void } | undefined
  /** Settles when every piece is verified and written, or when the torrent cannot go on. */
  readonly complete: Promise<void>
  /** Rejects when the torrent cannot go on, also when it had been complete; else never settles. */
  readonly broken: Promise<never>
  #break: ((error: unknown) => void) | undefined

  constructor(node: MillraceNode, options: TaskOptions) {
    this.#node = node
    this.#options = options
    this.#logger = node.logger
    this.complete = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.complete.catch(() => {})
    this.broken = new Promise((_, reject) => {
      this.#break = reject
    })
    this.broken.catch(() => {})
    this.#diskRetry = options.diskWait && new DiskRetry(options.diskWait, () => this.#tryDisk())
    this.#torrent = node.session.add(
      infoHashOf(options.source),
      {
        onMetadata: (infoBytes) => this.#onMetadata(infoBytes),
        onPiece: () => {},
        onComplete: () => this.#onComplete(),
        onError: (error) => this.#onDiskError(error),
      },
      options.source.kind === 'metainfo' ? options.source.metainfo.infoBytes : undefined,
    )
  }

  /**
   * Opens the files (when the metadata is known) and joins the swarm.
   *
   * @throws DiskError as `openStorage` does
   */
  async start(): Promise<void> {
    const { source, peers } = this.#options
    if (source.kind === 'metainfo') await this.#open(source.metainfo.info, source.metainfo.infoBytes)
    const hints = source.kind === 'magnet' ? source.magnet.peers : []
    this.#torrent.onAddresses([...peers, ...hints])
    this.#announcer = this.#announce()
  }

  report(): TransferReport {
    return reportOf(this.#torrent, this.#info)
  }

  /** Leaves the swarm and closes the files cleanly, so that the next start needs no check. */
  async close(): Promise<void> {
    this.#diskRetry?.stop()
    await this.#announcer?.stop()
    this.#node.session.remove(this.#torrent)
    await this.#storage?.close()
  }

  async #open(info: Info, infoBytes: Uint8Array): Promise<void> {
    const { folder, contentPath, mode, resumeFolder, overwrite, allocation, onCheck } = this.#options
    this.#info = info
    this.#storage = await openStorage(
      { info, infoHash: this.#torrent.infoHash, folder, contentPath, mode, resumeFolder, overwrite, allocation },
      { events: this.#torrent.storeEvents, logger: this.#logger, clock: systemClock, onProgress: onCheck },
    )
    this.#torrent.activate(info, infoBytes, this.#storage)
  }

  #onMetadata(infoBytes: Uint8Array): void {
    const info = parseInfo(infoBytes)
    if (!info.ok) {
      this.#fail(new SourceError('bad-torrent', info.error.message))
      return
    }
    this.#logger.log('info', 'metadata received', { name: info.value.name, bytes: infoBytes.length })
    this.#open(info.value, infoBytes).catch((error: unknown) => this.#fail(error))
  }

  #onComplete(): void {
    this.#announcer?.completed()
    const flushed = this.#storage?.flush() ?? Promise.resolve()
    flushed.then(
      () => this.#settle?.resolve(),
      (error: unknown) => this.#onDiskError(error),
    )
  }

  #fail(error: unknown): void {
    this.#settle?.reject(error)
    this.#break?.(error)
  }

  #onDiskError(error: unknown): void {
    if (this.#diskRetry === undefined || !(error instanceof DiskError)) this.#fail(error)
    else this.#diskRetry.start(error)
  }

  /** Whether the disk works again; then the exchange goes on. */
  async #tryDisk(): Promise<boolean> {
    const [storage, info, infoBytes] = [this.#storage, this.#info, this.#torrent.infoBytes]
    if (storage === undefined || info === undefined || infoBytes === undefined) return false
    const resumed = await storage.resume()
    if (!resumed.ok) return false
    const lost = resumed.value.lost.length
    if (lost > 0 && this.#options.mode === 'seed') {
      const path = this.#options.contentPath ?? this.#options.folder
      this.#fail(new DiskError('file-gone', `${lost} pieces are gone from ${path}. Put them back, then seed it again.`))
      return false
    }
    const isSaved = await storage.flush().then(
      () => true,
      () => false,
    )
    if (!isSaved || this.#diskRetry?.isStopped !== false) return false
    if (this.#torrent.phase.kind === 'stopped') this.#torrent.activate(info, infoBytes, storage)
    else this.#onComplete()
    this.#torrent.onAddresses(this.#options.peers)
    this.#announcer?.announceNow()
    return true
  }

  #announce(): Announcer | undefined {
    const { source } = this.#options
    const tiers = source.kind === 'metainfo' ? source.metainfo.trackers : source.magnet.trackers.map((url) => [url])
    const port = this.#node.session.port
    if (tiers.length === 0 || port === undefined) return undefined
    return startAnnouncing(
      {
        infoHash: this.#torrent.infoHash,
        peerId: this.#node.peerId,
        port,
        tiers,
        totals: () => this.#totals(),
        beacon: () => this.#beacon(),
        onPeers: (addresses) => this.#torrent.onAddresses(addresses),
        onStatus: (status) => this.#logger.log('debug', 'tracker', { status: JSON.stringify(status) }),
      },
      { clock: systemClock, random: this.#node.random, logger: this.#logger },
    )
  }

  /** Whether a torrent is private shows with its metadata. */
  async #beacon(): Promise<Uint8Array | undefined> {
    if (this.#info === undefined || this.#info.isPrivate) return undefined
    const side = this.#options.beacon?.(this.#torrent.peers.map((peer) => peer.id))
    return side && this.#node.payments?.beacons.make(this.#torrent.infoHash, side)
  }

  /** What trackers want to know (BEP 3); `left` is 1 while the size is unknown. */
  #totals(): { readonly uploaded: number; readonly downloaded: number; readonly left: number } {
    const { uploadedBytes, receivedBytes, leftBytes } = this.report()
    return { uploaded: uploadedBytes, downloaded: receivedBytes, left: leftBytes ?? 1 }
  }
}

function infoHashOf(source: TorrentSource): Uint8Array {
  return source.kind === 'metainfo' ? source.metainfo.infoHash : source.magnet.infoHash
}

/** A name for people, before and after the metadata is known. */
export function sourceName(source: TorrentSource): string {
  if (source.kind === 'metainfo') return source.metainfo.info.name
  return source.magnet.displayName ?? toHex(source.magnet.infoHash)
}
