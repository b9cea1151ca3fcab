/** Magnet links (BEP 9, 53, and this client's price hints). */

import { type Btt, btt, fromHex, ok, type Refusal, type Result, refuse, toHex } from '@millrace/base'
import { fromBase32 } from './base32.ts'

export type Magnet = {
  /** 20 bytes. */
  readonly infoHash: Uint8Array
  /** For people only; never a path. */
  readonly displayName?: string
  readonly trackers: readonly string[]
  /** Peers to try at once (`x.pe`). */
  readonly peers: readonly { readonly host: string; readonly port: number }[]
  readonly webSeeds: readonly string[]
  /** Indexes of wanted files as ranges, both ends included (BEP 53). */
  readonly selectOnly?: readonly (readonly [from: number, to: number])[]
  /** Base units a MiB that a seller hopes for (`x.ask`): a hint for people, never a reason to pay. */
  readonly ask?: Btt
  /** Ledgers on which it can be paid (`x.ledger`), 32 bytes each. */
  readonly ledgers?: readonly Uint8Array[]
}

export type MagnetErrorCode = 'not-a-magnet' | 'too-long' | 'no-info-hash' | 'bad-info-hash' | 'v2-not-yet'

export type MagnetError = { readonly kind: 'magnet'; readonly code: MagnetErrorCode; readonly message: string }

export const magnetLengthMax = 65_536
const listMax = 200
const nameLengthMax = 255
const askDigitsMax = 78
const ledgerBytes = 32
/** No torrent this client takes lists more files. */
const fileIndexMax = 1_000_000

type Fields = {
  readonly xt: string[]
  readonly trackers: Set<string>
  readonly webSeeds: Set<string>
  readonly peers: Map<string, { host: string; port: number }>
  readonly selectOnly: (readonly [number, number])[]
  readonly ledgers: Map<string, Uint8Array>
  displayName: string | undefined
  ask: Btt | undefined
}

/**
 * Parses a magnet link. Only the info-hash must be right; a broken or unknown parameter is left out.
 *
 * @example
 * const magnet = parseMagnet('magnet:?xt=urn:btih:d2474e86c95b19b8bcfdb92bc12c9d44667cfa36&dn=Leaves&x.pe=127.0.0.1:6881')
 */
export function parseMagnet(text: string): Result<Magnet, MagnetError> {
  const link = wellFormed(text.trim())
  if (link.length > magnetLengthMax)
    return fault('too-long', `a magnet link of more than ${magnetLengthMax} characters`)
  if (!/^magnet:\?/i.test(link)) return fault('not-a-magnet', 'expected a link that begins with "magnet:?xt=urn:btih:"')
  const fields = newFields()
  for (const parameter of link.slice('magnet:?'.length).split('#', 1)[0]?.split('&') ?? []) {
    const split = parameter.indexOf('=')
    if (split > 0) takeField(fields, parameter.slice(0, split), decodePercent(parameter.slice(split + 1)))
  }
  const infoHash = findInfoHash(fields.xt)
  if (!infoHash.ok) return infoHash
  return ok({
    infoHash: infoHash.value,
    trackers: [...fields.trackers],
    peers: [...fields.peers.values()],
    webSeeds: [...fields.webSeeds],
    ...(fields.displayName === undefined ? {} : { displayName: fields.displayName }),
    ...(fields.selectOnly.length === 0 ? {} : { selectOnly: fields.selectOnly }),
    ...(fields.ask === undefined ? {} : { ask: fields.ask }),
    ...(fields.ledgers.size === 0 ? {} : { ledgers: [...fields.ledgers.values()] }),
  })
}

/**
 * The link of a magnet, its info-hash in hex; parseMagnet of it gives the same back.
 *
 * @example
 * formatMagnet({ infoHash, displayName: 'Leaves', trackers: [], peers: [], webSeeds: [] })
 */
export function formatMagnet(magnet: Magnet): string {
  const parts = [`xt=urn:btih:${toHex(magnet.infoHash)}`]
  if (magnet.displayName !== undefined) parts.push(`dn=${encodeURIComponent(wellFormed(magnet.displayName))}`)
  for (const url of magnet.trackers) parts.push(`tr=${encodeURIComponent(wellFormed(url))}`)
  for (const url of magnet.webSeeds) parts.push(`ws=${encodeURIComponent(wellFormed(url))}`)
  for (const { host, port } of magnet.peers) parts.push(`x.pe=${host.includes(':') ? `[${host}]` : host}:${port}`)
  const ranges = magnet.selectOnly?.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`))
  if (ranges !== undefined && ranges.length > 0) parts.push(`so=${ranges.join(',')}`)
  if (magnet.ask !== undefined) parts.push(`x.ask=${magnet.ask}`)
  for (const ledger of magnet.ledgers ?? []) parts.push(`x.ledger=${toHex(ledger)}`)
  return `magnet:?${parts.join('&')}`
}

function newFields(): Fields {
  return {
    xt: [],
    trackers: new Set(),
    webSeeds: new Set(),
    peers: new Map(),
    selectOnly: [],
    ledgers: new Map(),
    displayName: undefined,
    ask: undefined,
  }
}

function takeField(fields: Fields, rawKey: string, value: string): void {
  // "tr.1", "xt.2" and "amp;tr" mean tr and xt: numbered lists, and links copied from a page's source
  const key = rawKey
    .toLowerCase()
    .replace(/^amp;/, '')
    .replace(/\.\d+$/, '')
  if (key === 'xt') fields.xt.push(value)
  else if (key === 'dn') fields.displayName ??= wellFormed(value.slice(0, nameLengthMax))
  else if (key === 'tr') addText(fields.trackers, value)
  else if (key === 'ws' || key === 'as') addText(fields.webSeeds, value)
  else if (key === 'x.pe') addPeer(fields, value)
  else if (key === 'so') for (const item of value.split(',').slice(0, listMax)) addRange(fields, item)
  else if (key === 'x.ask' && /^\d+$/.test(value) && value.length <= askDigitsMax) fields.ask ??= btt(BigInt(value))
  else if (key === 'x.ledger') {
    const ledger = fromHex(value)
    if (ledger?.length === ledgerBytes && fields.ledgers.size < listMax) fields.ledgers.set(toHex(ledger), ledger)
  }
}

function addText(set: Set<string>, value: string): void {
  if (value !== '' && set.size < listMax) set.add(value)
}

function addPeer(fields: Fields, value: string): void {
  const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9._-]{1,253})):(\d{1,5})$/.exec(value)
  if (match === null || fields.peers.size >= listMax) return
  const port = Number(match[3])
  const host = match[1] ?? match[2] ?? ''
  if (port >= 1 && port <= 65_535) fields.peers.set(`${host}:${port}`, { host, port })
}

function addRange(fields: Fields, item: string): void {
  const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(item)
  if (match === null || fields.selectOnly.length >= listMax) return
  const from = Number(match[1])
  const to = Number(match[2] ?? match[1])
  if (from <= to && to <= fileIndexMax) fields.selectOnly.push([from, to])
}

function findInfoHash(topics: readonly string[]): Result<Uint8Array, MagnetError> {
  const v1 = topics.filter((topic) => /^urn:btih:/i.test(topic)).map((topic) => topic.slice('urn:btih:'.length))
  for (const text of v1) {
    const bytes = text.length === 40 ? fromHex(text) : text.length === 32 ? fromBase32(text) : undefined
    if (bytes?.length === 20) return ok(bytes)
  }
  if (v1.length > 0) {
    return fault('bad-info-hash', 'the info-hash after "urn:btih:" is neither 40 hex digits nor 32 of base 32')
  }
  if (topics.some((topic) => /^urn:btmh:/i.test(topic))) {
    return fault('v2-not-yet', 'this link names a v2 torrent only (BEP 52), which is not supported yet')
  }
  return fault('no-info-hash', 'the link has no "xt=urn:btih:" with an info-hash')
}

function decodePercent(value: string): string {
  const spaced = value.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    // not escaped UTF-8: keep what can be read
    const raw = Buffer.from(spaced, 'utf8').toString('latin1')
    const bytes = raw.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    return Buffer.from(bytes, 'latin1').toString('utf8')
  }
}

/** Half a surrogate pair cannot be encoded: it becomes U+FFFD. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}

function fault(code: MagnetErrorCode, message: string): Refusal<MagnetError> {
  return refuse({ kind: 'magnet', code, message })
}
