/** What a pair of accounts sees of one connection. */

import type { BttSpeedMessage } from '@millrace/wire'

export interface Channel {
  /** The upload market's handle of the peer. */
  readonly id: number
  readonly pieceBytes: number
  /** Payload that came on the connection. */
  readonly receivedBytes: number
  /** Payload of the connection's torrent that is missing still. */
  leftBytes(): number
  send(message: BttSpeedMessage): void
}
