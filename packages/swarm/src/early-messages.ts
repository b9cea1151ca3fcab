/** What peers say of their pieces before the metadata is known: kept, and heard again when it is. */

import type { PeerMessage } from '@millrace/wire'
import type { Peer } from './peer.ts'

const messagesMax = 4_096

export class EarlyMessages {
  readonly #kept = new WeakMap<Peer, PeerMessage[]>()

  keep(peer: Peer, message: PeerMessage): void {
    // A bitfield holds all that was said before it. Kept beside others, 4,096 of them would take hundreds of MiB.
    const messages = message.type === 'have' ? (this.#kept.get(peer) ?? []) : []
    if (messages.length >= messagesMax) return peer.close('too many messages before the metadata')
    messages.push(message)
    this.#kept.set(peer, messages)
  }

  /** The peer's messages in their order; they are not kept any longer. */
  take(peer: Peer): readonly PeerMessage[] {
    const messages = this.#kept.get(peer) ?? []
    this.#kept.delete(peer)
    return messages
  }
}
