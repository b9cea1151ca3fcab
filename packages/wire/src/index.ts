/**
 * The peer wire: encode and decode, nothing else. No socket, no state of a torrent, no rule about money.
 * BEP 3 (peer protocol), 6 (fast), 9 (metadata), 10 (extension protocol), 11 (peer exchange), 21 (upload only) and
 * btt_speed (docs/spec/btt-speed.md). Integers are big-endian.
 *
 *     leecher                                              seeder
 *     13 "BitTorrent protocol" reserved[8] info-hash[20] peer-id[20]
 *                                                     ->
 *                                                     <-   the same, with its own reserved bits and peer id
 *     0000..   14 00 d9:btt_speedd1:ll32:...e1:n16:...1:si0e1:vi1ee1:md9:btt_speedi3e11:ut_metadatai1e...
 *                                                     <->  each its extended handshake (BEP 10: id 20, sub-id 0)
 *     00000001 0e                                     <-   haveAll (BEP 6)
 *     00000001 02                                     ->   interested
 *     0000006b 14 03 d1:a20:...1:ti0e1:z65:...e       <->  btt_speed hello, to the sub-id that the other side chose
 *     0000..   14 03 d1:k..:...1:p..:...1:r..:...1:ti1e1:xi600ee
 *                                                     <-   quote
 *     0000..   14 03 d1:m..:...1:ni1e1:ti2e1:w..:...e ->   bid
 *     00000001 01                                     <-   unchoke
 *     0000000d 06 00000000 00004000 00004000          ->   request piece 0, offset 16384, 16384 bytes
 *     00004009 07 00000000 00004000 <16384 bytes>     <-   piece
 *     0000..   14 03 d1:b..1:g..1:i..1:k..1:nl..e1:o..1:ti3ee
 *                                                     <-   account: what was billed so far
 *     0000..   14 03 d1:f20:..1:i..1:ni1e1:ti4e1:u..1:z65:..e
 *                                                     ->   voucher
 *     00000005 04 00000000                            ->   have, once the piece is verified
 */

export { decodeCompactPeers, encodeCompactPeers, formatIp, type PeerAddress, parseIp } from './address.ts'
export {
  type Beacon,
  type BeaconError,
  type BeaconSide,
  type BuySide,
  decodeBeacon,
  encodeBeacon,
  type SellSide,
} from './beacon.ts'
export {
  type BttSpeedError,
  type BttSpeedMessage,
  bttSpeedTypes,
  decodeBttSpeed,
  encodeBttSpeed,
  rejectCodes,
} from './btt-speed.ts'
export {
  type BttSpeedOffer,
  decodeExtendedHandshake,
  type ExtendedHandshake,
  encodeExtendedHandshake,
  extendedHandshakeId,
  ownExtensionIds,
} from './extended-handshake.ts'
export { allowedFastCount, allowedFastSet } from './fast-set.ts'
export type { WireFault, WireFaultCode } from './fault.ts'
export { type FrameLimits, FrameReader, type FrameSink } from './frame-reader.ts'
export {
  decodeHandshake,
  encodeHandshake,
  type Handshake,
  type HandshakeProgress,
  HandshakeReader,
  reservedBits,
} from './handshake.ts'
export {
  beaconBytesMax,
  beaconSecondsMax,
  bitfieldBytes,
  bttSpeedMessageBytesMax,
  extendedPayloadBytesMax,
  handshakeBytes,
  messageBytesMaxOf,
  metadataBytesMax,
  metadataPieceBytes,
  pexPeersMax,
  pieceCountMax,
  quoteSecondsMax,
  requestBlockBytesMax,
} from './limits.ts'
export {
  type BlockRange,
  bitfieldFault,
  decodeMessage,
  encodeExtended,
  encodeMessage,
  messageIds,
  type PeerMessage,
} from './messages.ts'
export { decodeMetadataMessage, encodeMetadataMessage, type MetadataMessage, metadataPieceSize } from './ut-metadata.ts'
export { decodePex, encodePex, type PexMessage, type PexPeer, pexFlags } from './ut-pex.ts'
export {
  haveFrameBytes,
  pieceHeaderBytes,
  requestFrameBytes,
  stateFrameBytes,
  writeCancel,
  writeHave,
  writeKeepAlive,
  writePieceHeader,
  writeReject,
  writeRequest,
  writeState,
} from './writers.ts'
