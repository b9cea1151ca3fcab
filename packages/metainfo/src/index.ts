/**
 * .torrent files (v1), magnet links and piece geometry (BEP 3, 9, 12, 17, 19, 27, 47, 53). Everything that comes from a
 * stranger is limited, and every path is safe to create below a folder. v2 and hybrid torrents (BEP 52) are recognised
 * and refused with `v2-not-yet`.
 *
 *     parseTorrent(bytes)  -> { info, infoBytes, infoHash, trackers, webSeeds, ... } or a refusal with a code
 *     parseMagnet(text)    -> { infoHash, displayName, trackers, peers, ... } or a refusal with a code
 *     createTorrent(...)   -> the bytes of a new .torrent file, from hashes that the caller made
 */

export { choosePieceLength, createTorrent, type TorrentToCreate } from './create.ts'
export {
  blockCount,
  blockSize,
  type FileSpan,
  fileSpans,
  pieceOffset,
  pieceSize,
  piecesOfFile,
} from './geometry.ts'
export type { FileEntry, Info, Metainfo } from './info.ts'
export { type InspectJson, toInspectJson } from './inspect.ts'
export {
  formatMagnet,
  type Magnet,
  type MagnetError,
  type MagnetErrorCode,
  magnetLengthMax,
  parseMagnet,
} from './magnet.ts'
export { parseInfo, pieceCountMax, pieceLengthMax } from './parse-info.ts'
export { parseTorrent, torrentBytesMax } from './parse-torrent.ts'
export type { Recognised, TorrentError, TorrentErrorCode } from './torrent-error.ts'
