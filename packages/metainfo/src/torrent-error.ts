/** How a .torrent file is refused. */

import { type Refusal, refuse } from '@millrace/base'

export type TorrentErrorCode =
  | 'bad-bencoding'
  | 'no-info'
  | 'bad-name'
  | 'bad-path'
  | 'bad-length'
  | 'bad-piece-length'
  | 'bad-pieces'
  | 'no-files'
  | 'too-many-pieces'
  | 'v2-not-yet'

export type TorrentError = {
  readonly kind: 'torrent'
  readonly code: TorrentErrorCode
  readonly message: string
  /** What could be told of a file of a kind that is recognised but not supported yet. */
  readonly recognised?: Recognised
}

export type Recognised = {
  readonly format: 'v2' | 'hybrid'
  readonly name?: string
  /** SHA-1 of the info dictionary, of a hybrid. */
  readonly infoHash?: Uint8Array
  /** SHA-256 of the info dictionary (BEP 52). */
  readonly infoHashV2: Uint8Array
}

export function refuseTorrent(code: TorrentErrorCode, message: string): Refusal<TorrentError> {
  return refuse({ kind: 'torrent', code, message })
}
