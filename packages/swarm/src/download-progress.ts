/** How far the download of a torrent came in this run. Times are on the session's clock. */
export interface DownloadProgress {
  firstByteAt: number | undefined
  lastPieceAt: number | undefined
  verifiedBytes: number
  /** Blocks that came twice, and pieces that failed. */
  wastedBytes: number
}

export function noProgress(): DownloadProgress {
  return { firstByteAt: undefined, lastPieceAt: undefined, verifiedBytes: 0, wastedBytes: 0 }
}
