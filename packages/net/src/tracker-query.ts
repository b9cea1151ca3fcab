/** The query of an announce or scrape, in which bytes travel as %XX (BEP 3, 48). */

import { fromLatin1, ok, type Result, refuse } from '@millrace/base'
import { parseIp } from '@millrace/wire'
import type { AnnounceEvent } from './announce-url.ts'

export interface AnnounceQuery {
  readonly infoHash: Uint8Array
  readonly peerId: Uint8Array
  readonly port: number
  readonly left: number
  readonly event: AnnounceEvent | undefined
  readonly numwant: number
  readonly isCompact: boolean
  readonly withPeerIds: boolean
  /** A literal address that the client names for itself: to be believed of local clients only. */
  readonly ip: string | undefined
  /** A bencoded beacon that others are to see, not looked at yet. */
  readonly beacon?: Uint8Array
}

export interface ScrapeQuery {
  readonly infoHashes: readonly Uint8Array[]
  /** The id of the ledger whose beacons are wanted, 32 bytes. */
  readonly ledger?: Uint8Array
}

/** Peers in one reply. */
export const numwantMax = 200
const numwantDefault = 50
/** Hashes in one scrape. */
export const scrapeHashesMax = 100
const queryCharactersMax = 8_192
const fieldsMax = 200
const events: readonly string[] = ['started', 'completed', 'stopped']

/** Each name with its values as latin1 text, one character a byte; a refusal is the failure reason. */
export function parseQuery(query: string): Result<ReadonlyMap<string, readonly string[]>, string> {
  if (query.length > queryCharactersMax) return refuse('the query is too long')
  const fields = new Map<string, string[]>()
  const parts = query.split('&')
  if (parts.length > fieldsMax) return refuse('the query has too many fields')
  for (const part of parts) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = percentDecode(equals < 0 ? part : part.slice(0, equals))
    const value = percentDecode(equals < 0 ? '' : part.slice(equals + 1))
    if (name === undefined || value === undefined) return refuse('the query has a broken %XX escape')
    fields.set(name, [...(fields.get(name) ?? []), value])
  }
  return ok(fields)
}

export function readAnnounce(fields: ReadonlyMap<string, readonly string[]>): Result<AnnounceQuery, string> {
  const field = (name: string): string | undefined => fields.get(name)?.[0]
  const infoHash = bytesOf(field('info_hash'), 20)
  const peerId = bytesOf(field('peer_id'), 20)
  const beacon = field('beacon')
  const port = integer(field('port'))
  const event = field('event')
  const numwant = integer(field('numwant'))
  const ip = field('ip')
  if (infoHash === undefined) return refuse('info_hash must be 20 bytes, escaped')
  if (peerId === undefined) return refuse('peer_id must be 20 bytes, escaped')
  if (port === undefined || port < 1 || port > 65_535) return refuse('port must be 1 to 65535')
  return ok({
    infoHash,
    peerId,
    port,
    left: integer(field('left')) ?? 1,
    event: isEvent(event) ? event : undefined,
    numwant: Math.min(numwant ?? numwantDefault, numwantMax),
    isCompact: field('compact') !== '0',
    withPeerIds: field('no_peer_id') !== '1',
    ip: ip !== undefined && parseIp(ip) !== undefined ? ip : undefined,
    ...(beacon === undefined ? {} : { beacon: fromLatin1(beacon) }),
  })
}

export function readScrape(fields: ReadonlyMap<string, readonly string[]>): Result<ScrapeQuery, string> {
  const hashes = (fields.get('info_hash') ?? []).map((hash) => bytesOf(hash, 20))
  if (hashes.length < 1 || hashes.length > scrapeHashesMax) return refuse(`name 1 to ${scrapeHashesMax} info_hash`)
  const infoHashes = hashes.flatMap((hash) => (hash === undefined ? [] : [hash]))
  if (infoHashes.length !== hashes.length) return refuse('info_hash must be 20 bytes, escaped')
  const named = fields.get('btt_beacons')?.[0]
  const ledger = bytesOf(named, 32)
  if (named !== undefined && ledger === undefined)
    return refuse('btt_beacons must be the 32 bytes of a ledger, escaped')
  return ok({ infoHashes, ...(ledger === undefined ? {} : { ledger }) })
}

function percentDecode(text: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined
  return text.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function bytesOf(text: string | undefined, length: number): Uint8Array | undefined {
  const isBytes = text?.length === length && [...text].every((character) => character.charCodeAt(0) < 256)
  return isBytes ? fromLatin1(text) : undefined
}

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function isEvent(text: string | undefined): text is AnnounceEvent {
  return text !== undefined && events.includes(text)
}
