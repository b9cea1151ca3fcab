/** What `inspect --json` prints of a .torrent file: plain data with fixed keys, for people and for comparing clients. */

import { type Result, toHex } from '@millrace/base'
import type { Metainfo } from './info.ts'
import type { TorrentError } from './torrent-error.ts'

export type InspectJson =
  | {
      readonly accepted: true
      readonly infoHashV1: string
      readonly infoHashV2: string | null
      readonly name: string
      readonly totalSize: number
      readonly pieceLength: number
      readonly pieces: number
      readonly private: boolean
      /** Sorted, of all tiers. */
      readonly trackers: readonly string[]
      /** Sorted. */
      readonly webSeeds: readonly string[]
      readonly files: readonly {
        readonly path: string
        readonly size: number
        readonly pad: boolean
        readonly symlink: boolean
      }[]
    }
  | { readonly accepted: false; readonly reason: string }

/**
 * The JSON view of what `parseTorrent` said.
 *
 * @example
 * toInspectJson(parseTorrent(bytes))
 */
export function toInspectJson(parsed: Result<Metainfo, TorrentError>): InspectJson {
  if (!parsed.ok) return { accepted: false, reason: parsed.error.message }
  const { info, infoHash, trackers, webSeeds } = parsed.value
  return {
    accepted: true,
    infoHashV1: toHex(infoHash),
    infoHashV2: null,
    name: info.name,
    totalSize: info.totalSize,
    pieceLength: info.pieceLength,
    pieces: info.pieceCount,
    private: info.isPrivate,
    trackers: trackers.flat().sort(),
    webSeeds: [...webSeeds].sort(),
    files: info.files.map(({ path, size, pad, symlink }) => ({
      path: path.join('/'),
      size,
      pad,
      symlink: symlink !== undefined,
    })),
  }
}
