/** Every limit of the wire, with where it comes from. */

/** BEP 3: 1 + 19 bytes of protocol, 8 reserved, 20 info-hash, 20 peer id. */
export const handshakeBytes = 68

/** The largest block of `request` and `piece` that clients accept (BEP 3 speaks of 2^14; mainline dropped above 2^17). */
export const requestBlockBytesMax = 131_072

/** An extension message with its sub-id (BEP 10 names no limit; the largest in use are metadata pieces and PEX lists). */
export const extendedPayloadBytesMax = 1_048_576

/** Info dictionaries above this are not fetched from peers (BEP 9). */
export const metadataBytesMax = 33_554_432

/** BEP 9: metadata travels in pieces of 16 KiB. */
export const metadataPieceBytes = 16_384

/** A v1 info dictionary holds 20 bytes a piece, so this bounds the piece count while it is unknown. */
export const pieceCountMax = Math.floor(metadataBytesMax / 20)

/** Extensions read from one extended handshake; what follows is ignored. */
export const extensionsMax = 64

/** Ledgers read from one `btt_speed` dictionary, best first; what follows is ignored. */
export const bttSpeedLedgersMax = 16

/** speed-protocol: a longer message closes the connection. */
export const bttSpeedMessageBytesMax = 1_024

/** speed-protocol: a quote lives this long at most. */
export const quoteSecondsMax = 600

/** BEP 44: the bencoded value of an item; a beacon fits one. */
export const beaconBytesMax = 1_000

/** A beacon counts for this long at most: what a replay of an old one can do ends with it. */
export const beaconSecondsMax = 3_600

/** Addresses read from each list of a PEX message (BEP 11 advises 50 a message, more in a first one). */
export const pexPeersMax = 200

/** The longest prefix accepted while the piece count is `pieceCount`: any message, its id included. */
export function messageBytesMaxOf(pieceCount: number): number {
  return 1 + Math.max(extendedPayloadBytesMax, 8 + requestBlockBytesMax, bitfieldBytes(pieceCount))
}

/** BEP 3: one bit a piece, the last byte filled up with zeros. */
export function bitfieldBytes(pieceCount: number): number {
  return Math.ceil(pieceCount / 8)
}
