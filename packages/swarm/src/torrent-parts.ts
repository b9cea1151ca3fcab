/** What a torrent is made of, and what its owner is told. */

import type { Clock, Logger, Random } from '@millrace/base'
import type { UploadMarket } from '@millrace/market'
import type { Limiter } from './limiter.ts'
import type { Payments } from './ports.ts'
import type { Uploader } from './uploader.ts'

export interface TorrentParts {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly market: UploadMarket
  readonly uploader: Uploader
  readonly downloadLimit: Limiter
  readonly payments: Payments | undefined
  readonly listenPort: () => number | undefined
  readonly clientName: string
}

export interface TorrentOptions {
  readonly infoHash: Uint8Array
  readonly unchokeSlots: number
  /** The info dictionary, where it is known: it is not fetched from peers while the files are opened. */
  readonly infoBytes?: Uint8Array | undefined
}

/** What the owner of a torrent is told. */
export interface TorrentEvents {
  /** A magnet's info dictionary, verified against the info-hash: open a store, then `activate`. */
  onMetadata(infoBytes: Uint8Array): void
  onPiece(piece: number): void
  /** Every piece is verified and written. */
  onComplete(): void
  /** The store failed; the torrent is stopped until it is activated again. */
  onError(error: Error): void
}
