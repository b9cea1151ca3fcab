/** The request line of an HTTP announce (BEP 3, 7, 12, 23). */

export type AnnounceEvent = 'started' | 'completed' | 'stopped'

export interface AnnounceRequest {
  /** 20 bytes. */
  readonly infoHash: Uint8Array
  /** 20 bytes. */
  readonly peerId: Uint8Array
  /** The TCP port that accepts peers. */
  readonly port: number
  readonly totals: AnnounceTotals
  /** Absent for a periodic announce. */
  readonly event?: AnnounceEvent
  /** Peers wanted. */
  readonly numwant: number
  /** Tells a client that changed its address from another (BEP 7). */
  readonly key: string
  /** What the tracker gave in an earlier reply. */
  readonly trackerId?: Uint8Array
  /** A bencoded beacon; a tracker that keeps none overlooks it. */
  readonly beacon?: Uint8Array
}

/** Bytes of payload. */
export interface AnnounceTotals {
  readonly uploaded: number
  readonly downloaded: number
  readonly left: number
}

/**
 * The announce URL with its query; a query that the tracker's URL already has (a passkey) stays in front.
 *
 * @example
 * announceUrl('http://tracker.example/announce', request)
 */
export function announceUrl(tracker: string, request: AnnounceRequest): string {
  const fields: [string, string | number | undefined][] = [
    ['info_hash', escapeBytes(request.infoHash)],
    ['peer_id', escapeBytes(request.peerId)],
    ['port', request.port],
    ['uploaded', request.totals.uploaded],
    ['downloaded', request.totals.downloaded],
    ['left', request.totals.left],
    ['compact', 1],
    ['numwant', request.numwant],
    ['key', request.key],
    ['event', request.event],
    ['trackerid', request.trackerId && escapeBytes(request.trackerId)],
    ['beacon', request.beacon && escapeBytes(request.beacon)],
  ]
  const query = fields.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join('&')
  const [base = ''] = tracker.split('#', 1)
  const joint = base.includes('?') ? (/[?&]$/.test(base) ? '' : '&') : '?'
  return `${base}${joint}${query}`
}

/** RFC 3986: unreserved characters stand for themselves, every other byte is %XX. */
export function escapeBytes(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    const character = String.fromCharCode(byte)
    text += /[0-9A-Za-z._~-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`
  }
  return text
}
