/** What a transfer came to, as data: for the terminal, for `--json`, for trackers. */

import { toHex } from '@millrace/base'
import type { Info } from '@millrace/metainfo'
import type { PeerSummary, Torrent } from '@millrace/swarm'

export interface TransferReport {
  readonly infoHash: string
  readonly name: string | undefined
  readonly totalBytes: number | undefined
  /** Payload of pieces verified in this run. */
  readonly bytes: number
  /** Payload in pieces that are missing still; undefined while the size is unknown. */
  readonly leftBytes: number | undefined
  readonly receivedBytes: number
  readonly uploadedBytes: number
  readonly wastedBytes: number
  readonly pieces: number
  readonly piecesTotal: number | undefined
  /** From the first payload byte to the last verified piece; 0 before both. */
  readonly seconds: number
  readonly bytesPerSecond: number
  readonly cpuSeconds: number
  /** Largest resident set of this process. */
  readonly rssKiB: number
  readonly sources: readonly PeerSummary[]
}

export function reportOf(torrent: Torrent, info: Info | undefined): TransferReport {
  const progress = torrent.progress
  const bytes = progress.verifiedBytes
  const seconds = secondsBetween(progress.firstByteAt, progress.lastPieceAt)
  const usage = process.resourceUsage()
  const sources = torrent.summaries
  return {
    infoHash: toHex(torrent.infoHash),
    name: info?.name,
    totalBytes: info?.totalSize,
    bytes,
    leftBytes: info && Math.min(info.totalSize, (info.pieceCount - torrent.verifiedCount) * info.pieceLength),
    receivedBytes: sum(sources.map((source) => source.receivedBytes)),
    uploadedBytes: sum(sources.map((source) => source.uploadedBytes)),
    wastedBytes: progress.wastedBytes + sum(sources.map((source) => source.wastedBytes)),
    pieces: torrent.verifiedCount,
    piecesTotal: info?.pieceCount,
    seconds,
    bytesPerSecond: seconds > 0 ? Math.round(bytes / seconds) : 0,
    cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    rssKiB: usage.maxRSS,
    sources,
  }
}

function secondsBetween(from: number | undefined, to: number | undefined): number {
  return from === undefined || to === undefined ? 0 : (to - from) / 1000
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
