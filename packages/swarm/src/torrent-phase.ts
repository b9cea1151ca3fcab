/** What a torrent of a session is doing. */

import type { Info } from '@millrace/metainfo'
import type { Downloader } from './downloader.ts'
import type { MetadataFetch } from './metadata-fetch.ts'
import type { Store } from './ports.ts'

export type TorrentPhase =
  | { readonly kind: 'metadata'; readonly fetch: MetadataFetch }
  | { readonly kind: 'opening'; readonly infoBytes: Uint8Array }
  | {
      readonly kind: 'active'
      readonly info: Info
      readonly infoBytes: Uint8Array
      readonly store: Store
      readonly downloader: Downloader
    }
  | {
      readonly kind: 'stopped'
      readonly infoBytes: Uint8Array | undefined
      /** What was exchanged until then: its last verdicts may be on their way. */
      readonly content: TorrentContent | undefined
    }

export interface TorrentContent {
  readonly info: Info
  readonly store: Store
}

/** What is exchanged, or was until the torrent stopped. */
export function contentOf(phase: TorrentPhase): TorrentContent | undefined {
  if (phase.kind === 'stopped') return phase.content
  return phase.kind === 'active' ? { info: phase.info, store: phase.store } : undefined
}
