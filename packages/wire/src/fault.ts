/** What a peer did wrong on the wire: a value that leads to a disconnect reason, never an exception. */

export type WireFaultCode =
  /** The first 68 bytes are no BitTorrent handshake. */
  | 'bad-handshake'
  /** A length prefix above what any message of this torrent can need. */
  | 'message-too-long'
  /** A message whose length does not fit its type. */
  | 'bad-length'
  /** A piece index outside the torrent. */
  | 'bad-piece'
  /** A block that is empty or longer than clients may ask for. */
  | 'bad-block'
  /** A bitfield of the wrong length or with spare bits set. */
  | 'bad-bitfield'
  /** An extension message that its BEP does not allow. */
  | 'bad-extension'

export interface WireFault {
  readonly kind: 'wire'
  readonly code: WireFaultCode
  /** For logs and for the person who asks why a peer was dropped. */
  readonly message: string
}

export function wireFault(code: WireFaultCode, message: string): WireFault {
  return { kind: 'wire', code, message }
}
