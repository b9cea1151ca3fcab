/** What the leeching half sees of a peer that it downloads from: no socket, no frames. */

import type { AskedBlocks } from './asked-blocks.ts'
import type { PaidSession } from './ports.ts'

export interface DownloadPeer {
  readonly id: number
  /** Keys of the blocks it was asked for and has not sent; see `Downloader`. */
  readonly outstanding: AskedBlocks
  /** Keys of the blocks it owed when it began to snub us. */
  readonly late: Set<number>
  /** Key of the block whose bytes come right now, or -1; belongs to the downloader. */
  arriving: number
  /** `restarts` of the picker when every piece that it has was started, or -1; belongs to the downloader. */
  exhaustedAt: number
  /** Bytes a second when it last sent all that it owed; belongs to the downloader. */
  pace: number
  /** When it may be looked for again what it could help others with; belongs to the downloader. */
  helpsAt: number
  /** It got fewer requests than it has room for; belongs to the downloader. */
  isStarved: boolean
  readonly download: {
    readonly total: number
    add(bytes: number, now: number): void
    bytesPerSecond(now: number): number
  }
  readonly chokesUs: boolean
  /** Pieces it has; undefined until it told. */
  readonly bitfield: Uint8Array | undefined
  /** What it said of itself: how many requests it keeps, whether it sells. */
  readonly extended:
    | { readonly reqq?: number | undefined; readonly bttSpeed?: { readonly sells: boolean } | undefined }
    | undefined
  readonly paid: Pick<PaidSession, 'onBlock' | 'onVerified' | 'onFailed'> | undefined
  /** Pieces it has that we lack. */
  wantedCount: number
  lastBlockAt: number
  snubbed: boolean
  verifiedBytes: number
  /** The memory that a block on its way was copied to is no longer ours. */
  dropBlock(): void
  sendRequest(piece: number, begin: number, length: number): void
  send(message: {
    readonly type: 'cancel'
    readonly piece: number
    readonly begin: number
    readonly length: number
  }): void
  flush(): void
}
