/** Asking an HTTP tracker for counts (BEP 48) and, where it keeps them, beacons: of a few torrents at once. */

import { ok, type Result, refuse, toHex } from '@millrace/base'
import { asBytes, asDict, type BencodeDict, decode, dictBytes, dictDict, dictInt, dictList } from '@millrace/bencode'
import { beaconBytesMax } from '@millrace/wire'
import { escapeBytes } from './announce-url.ts'
import { NetError } from './errors.ts'
import { type HttpGetOptions, httpGet } from './http-get.ts'

export interface ScrapedTorrent {
  readonly seeders: number
  readonly leechers: number
  readonly completed: number
  /** Bencoded beacons as they came, none checked. */
  readonly beacons: readonly Uint8Array[]
}

/** By hex info-hash; what the tracker does not know is absent. */
export type ScrapeReply = ReadonlyMap<string, ScrapedTorrent>

/** Hashes asked for at once, so that the reply holds the beacons of all. */
export const scrapeHashesAtOnceMax = 16
/** Beacons read of one torrent. */
export const scrapedBeaconsMax = 200
const filesMax = 100
const depthMax = 8
const itemsMax = 20_000
const infoHashBytes = 20

/**
 * Asks one tracker. Hashes beyond `scrapeHashesAtOnceMax` take more requests, one after the other.
 *
 * @param announce the tracker's announce URL
 * @param ledger beacons of this ledger, 32 bytes; none are asked for when absent
 * @throws NetError `http-...`
 * @example
 * await scrapeTracker('http://tracker.example/announce', [infoHash], ledger)
 */
export async function scrapeTracker(
  announce: string,
  infoHashes: readonly Uint8Array[],
  ledger?: Uint8Array,
  options: HttpGetOptions = {},
): Promise<ScrapeReply> {
  const all = new Map<string, ScrapedTorrent>()
  for (let from = 0; from < infoHashes.length; from += scrapeHashesAtOnceMax) {
    const part = infoHashes.slice(from, from + scrapeHashesAtOnceMax)
    const reply = await httpGet(scrapeUrl(announce, part, ledger), options)
    const decoded = decodeScrapeReply(reply.body)
    if (!decoded.ok) throw new NetError('http-status', decoded.error)
    for (const [hash, torrent] of decoded.value) all.set(hash, torrent)
  }
  return all
}

/** BEP 48: `announce` in the last part of the path becomes `scrape`. */
function scrapeUrl(announce: string, infoHashes: readonly Uint8Array[], ledger: Uint8Array | undefined): string {
  const [base = '', query = ''] = announce.split('#', 1)[0]?.split('?', 2) ?? []
  const slash = base.lastIndexOf('/')
  const last = base.slice(slash + 1)
  if (!last.startsWith('announce')) {
    throw new NetError('http-failed', `${announce} has no scrape address: expected a path that ends in /announce`)
  }
  const fields = infoHashes.map((infoHash) => `info_hash=${escapeBytes(infoHash)}`)
  const wanted = ledger === undefined ? [] : [`btt_beacons=${escapeBytes(ledger)}`]
  const parts = [...(query === '' ? [] : [query]), ...fields, ...wanted]
  return `${base.slice(0, slash + 1)}scrape${last.slice('announce'.length)}?${parts.join('&')}`
}

/** Reads one reply; the error is in words. */
export function decodeScrapeReply(body: Uint8Array): Result<ScrapeReply, string> {
  const decoded = decode(body, { mode: 'lenient', depthMax, itemsMax })
  const dict = decoded.ok ? asDict(decoded.value.value) : undefined
  if (dict === undefined) return refuse('the reply to a scrape is no bencoded dictionary')
  const failure = dictBytes(dict, 'failure reason')
  if (failure !== undefined) return refuse(`the tracker refused a scrape: ${new TextDecoder().decode(failure)}`)
  const files = dictDict(dict, 'files')
  if (files === undefined) return refuse('the reply to a scrape has no files')
  const torrents = new Map<string, ScrapedTorrent>()
  for (const [key, value] of files) {
    const entry = asDict(value)
    if (entry === undefined || key.length !== infoHashBytes || torrents.size >= filesMax) continue
    torrents.set(toHex(Uint8Array.from(key, (character) => character.charCodeAt(0))), readTorrent(entry))
  }
  return ok(torrents)
}

function readTorrent(entry: BencodeDict): ScrapedTorrent {
  const beacons = (dictList(entry, 'btt_beacons') ?? []).slice(0, scrapedBeaconsMax).flatMap((value) => {
    const bytes = asBytes(value)
    return bytes === undefined || bytes.length > beaconBytesMax ? [] : [bytes.slice()]
  })
  return {
    seeders: dictInt(entry, 'complete', { min: 0 }) ?? 0,
    leechers: dictInt(entry, 'incomplete', { min: 0 }) ?? 0,
    completed: dictInt(entry, 'downloaded', { min: 0 }) ?? 0,
    beacons,
  }
}
