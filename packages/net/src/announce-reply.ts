/** What an HTTP tracker answers (BEP 3, 7, 23): a bencoded dictionary, read with limits. */

import { ok, type Result, refuse, toLatin1 } from '@millrace/base'
import { asBytes, asDict, type BencodeDict, decode, dictBytes, dictInt, dictList, dictText } from '@millrace/bencode'
import { decodeCompactPeers, formatIp, type PeerAddress, parseIp } from '@millrace/wire'

export interface AnnounceReply {
  readonly intervalSeconds: number
  /** Never announce more often than this. */
  readonly intervalSecondsMin?: number
  /** IPv4 and IPv6, none with port 0. */
  readonly peers: readonly PeerAddress[]
  readonly seeders?: number
  readonly leechers?: number
  /** For people. */
  readonly warning?: string
  /** To be sent with later announces. */
  readonly trackerId?: Uint8Array
}

export interface TrackerFault {
  readonly kind: 'tracker'
  /** `refused`: the tracker answered with a failure reason. `malformed`: what it answered cannot be used. */
  readonly code: 'refused' | 'malformed'
  readonly message: string
}

/** Read from one reply; what follows is ignored. */
export const trackerPeersMax = 1_000
const depthMax = 8
const itemsMax = 20_000
const textMax = 300
const trackerIdBytesMax = 256
const intervalSecondsDefault = 1_800
const intervalSecondsLeast = 1
const intervalSecondsMost = 86_400

/**
 * @example
 * const reply = decodeAnnounceReply(body)
 * if (reply.ok) reply.value.peers
 */
export function decodeAnnounceReply(body: Uint8Array): Result<AnnounceReply, TrackerFault> {
  const decoded = decode(body, { mode: 'lenient', depthMax, itemsMax })
  if (!decoded.ok) return fault('malformed', `the reply is no bencoding: ${decoded.error.message}`)
  const dict = asDict(decoded.value.value)
  if (dict === undefined) return fault('malformed', 'the reply is no dictionary')
  const failure = text(dict, 'failure reason')
  if (failure !== undefined) return fault('refused', failure)
  const interval = dictInt(dict, 'interval', { min: 0 })
  const intervalMin = dictInt(dict, 'min interval', { min: 0 })
  const trackerId = dictBytes(dict, 'tracker id', { min: 1, max: trackerIdBytesMax })
  const seeders = dictInt(dict, 'complete', { min: 0 })
  const leechers = dictInt(dict, 'incomplete', { min: 0 })
  const warning = text(dict, 'warning message')
  return ok({
    intervalSeconds: interval === undefined ? intervalSecondsDefault : clamp(interval),
    peers: readPeers(dict),
    ...(intervalMin === undefined ? {} : { intervalSecondsMin: clamp(intervalMin) }),
    ...(seeders === undefined ? {} : { seeders }),
    ...(leechers === undefined ? {} : { leechers }),
    ...(warning === undefined ? {} : { warning }),
    ...(trackerId === undefined ? {} : { trackerId: trackerId.slice() }),
  })
}

function readPeers(dict: BencodeDict): readonly PeerAddress[] {
  const list = dictList(dict, 'peers')
  const peers4 =
    list === undefined ? compact(dictBytes(dict, 'peers'), 4) : list.slice(0, trackerPeersMax).map(readPeer)
  const peers6 = compact(dictBytes(dict, 'peers6'), 16)
  return [...peers4, ...peers6]
    .flatMap((peer) => (peer === undefined || peer.port === 0 ? [] : [peer]))
    .slice(0, trackerPeersMax)
}

/** An entry cut off at the end is left out: some trackers pad. */
function compact(bytes: Uint8Array | undefined, addressBytes: 4 | 16): readonly PeerAddress[] {
  if (bytes === undefined) return []
  const whole = bytes.length - (bytes.length % (addressBytes + 2))
  const peers = decodeCompactPeers(bytes.subarray(0, whole), addressBytes, trackerPeersMax)
  return peers.ok ? peers.value : []
}

/** Literal addresses only: a tracker shall not make this machine look up names. */
function readPeer(value: Parameters<typeof asDict>[0]): PeerAddress | undefined {
  const entry = asDict(value)
  if (entry === undefined) return undefined
  const host = asBytes(entry.get('ip'))
  const port = dictInt(entry, 'port', { min: 1, max: 65_535 })
  const ip = host === undefined ? undefined : parseIp(toLatin1(host))
  return ip === undefined || port === undefined ? undefined : { host: formatIp(ip), port }
}

function text(dict: BencodeDict, key: string): string | undefined {
  const bytes = dictBytes(dict, key)
  return bytes === undefined ? undefined : (dictText(dict, key) ?? toLatin1(bytes)).slice(0, textMax)
}

function clamp(seconds: number): number {
  return Math.min(Math.max(seconds, intervalSecondsLeast), intervalSecondsMost)
}

function fault(code: TrackerFault['code'], message: string): Result<never, TrackerFault> {
  return refuse({ kind: 'tracker', code, message })
}
