/** Reading a whole .torrent file. */

import { createHash } from 'node:crypto'
import { ok, type Result, toLatin1 } from '@millrace/base'
import {
  asBytes,
  asDict,
  asInt,
  asList,
  type BencodeDict,
  type BencodeValue,
  decode,
  dictBytes,
  dictDict,
  dictInt,
  dictList,
} from '@millrace/bencode'
import type { Info, Metainfo } from './info.ts'
import { depthMax, readInfo } from './parse-info.ts'
import { repairText } from './safe-path.ts'
import { refuseTorrent, type TorrentError } from './torrent-error.ts'
import { cleanSeedUrl, withTrailingSlash } from './web-seed-url.ts'

export const torrentBytesMax = 32 * 2 ** 20
const urlsMax = 1000
const nodesMax = 1000
const urlBytesMax = 4096

/**
 * Parses a .torrent file (BEP 3; v1 only for now). Faults that the field forgives become warnings.
 *
 * @example
 * const parsed = parseTorrent(await readFile('alice.torrent'))
 * if (parsed.ok) parsed.value.info.files
 */
export function parseTorrent(bytes: Uint8Array): Result<Metainfo, TorrentError> {
  const decoded = decode(bytes, { mode: 'lenient', depthMax, lengthMax: torrentBytesMax })
  if (!decoded.ok) return refuseTorrent('bad-bencoding', decoded.error.message)
  const { value, rawOf, warnings } = decoded.value
  const dict = asDict(value)
  if (dict === undefined) return refuseTorrent('no-info', 'a .torrent file is a dictionary, and this is none')
  const infoDict = dictDict(dict, 'info')
  const raw = rawOf(dict, 'info')
  if (infoDict === undefined || raw === undefined) {
    return refuseTorrent('no-info', '"info" is missing or no dictionary')
  }
  const infoBytes = raw.slice()
  const info = readInfo(infoDict, infoBytes)
  if (!info.ok) return info
  const comment = readText(dict, 'comment')
  const createdBy = readText(dict, 'created by')
  const creationDate = dictInt(dict, 'creation date', { min: 0 })
  return ok({
    info: info.value,
    infoBytes,
    infoHash: new Uint8Array(createHash('sha1').update(infoBytes).digest()),
    trackers: readTrackers(dict),
    webSeeds: readWebSeeds(dict, info.value),
    nodes: readNodes(dict),
    warnings,
    ...(comment === undefined ? {} : { comment }),
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(creationDate === undefined ? {} : { creationDate }),
  })
}

/** Tiers of BEP 12; `announce` counts when they name no tracker. */
function readTrackers(dict: BencodeDict): string[][] {
  let left = urlsMax
  const tiers: string[][] = []
  for (const item of dictList(dict, 'announce-list') ?? []) {
    const tier = (asList(item) ?? []).map(readUrl).filter((url) => url !== undefined && url !== '')
    const urls = tier.slice(0, left) as string[] // the filter above left text only
    left -= urls.length
    if (urls.length > 0) tiers.push(urls)
  }
  if (tiers.length > 0) return tiers
  const announce = readUrl(dict.get('announce'))
  return announce === undefined || announce === '' ? [] : [[announce]]
}

/** BEP 19's `url-list` and BEP 17's `httpseeds`, each a string or a list, each URL once. */
function readWebSeeds(dict: BencodeDict, info: Info): string[] {
  const isFolder = info.isMultiFile && info.files.length > 1
  const seeds = new Set<string>()
  for (const url of readUrls(dict.get('url-list'))) seeds.add(isFolder ? withTrailingSlash(url) : url)
  for (const url of readUrls(dict.get('httpseeds'))) seeds.add(url)
  return [...seeds]
}

function readUrls(value: BencodeValue | undefined): string[] {
  const items = asList(value) ?? (value === undefined ? [] : [value])
  const urls: string[] = []
  for (const item of items.slice(0, urlsMax)) {
    const bytes = asBytes(item)
    if (bytes !== undefined && bytes.length > 0 && bytes.length <= urlBytesMax) urls.push(cleanSeedUrl(bytes))
  }
  return urls
}

function readUrl(value: BencodeValue | undefined): string | undefined {
  const bytes = asBytes(value)
  if (bytes === undefined || bytes.length > urlBytesMax) return undefined
  return repairText(bytes).replace(/^[ \t\n\v\f\r]+/, '')
}

function readNodes(dict: BencodeDict): { host: string; port: number }[] {
  const nodes: { host: string; port: number }[] = []
  for (const item of (dictList(dict, 'nodes') ?? []).slice(0, nodesMax)) {
    const [rawHost, rawPort] = asList(item) ?? []
    const host = asBytes(rawHost)
    const port = Number(asInt(rawPort) ?? 0n)
    if (host === undefined || host.length === 0 || host.length > 255) continue
    if (port >= 1 && port <= 65_535) nodes.push({ host: toLatin1(host), port })
  }
  return nodes
}

function readText(dict: BencodeDict, key: string): string | undefined {
  const bytes = dictBytes(dict, `${key}.utf-8`, { min: 1 }) ?? dictBytes(dict, key, { min: 1 })
  return bytes === undefined ? undefined : repairText(bytes)
}
