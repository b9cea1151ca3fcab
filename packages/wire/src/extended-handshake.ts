/** The extended handshake of BEP 10, with the entries of BEP 9, BEP 21 and btt_speed. */

import { ok, type Result } from '@millrace/base'
import {
  asBytes,
  asInt,
  type BencodeDict,
  dictBytes,
  dictDict,
  dictInt,
  dictList,
  dictText,
  type Encodable,
  encode,
} from '@millrace/bencode'
import { extensionDict } from './extension-dict.ts'
import type { WireFault } from './fault.ts'
import { bttSpeedLedgersMax, extensionsMax, metadataBytesMax } from './limits.ts'

/** The ids under which this client receives extension messages; BEP 10's `m`. */
export const ownExtensionIds = { ut_metadata: 1, ut_pex: 2, btt_speed: 3 } as const

/** The id of the extended handshake itself. */
export const extendedHandshakeId = 0

export interface ExtendedHandshake {
  /** Extension name to the id (1-255) to send it with; 0 means switched off. */
  readonly m: Readonly<Record<string, number>>
  /** Client name and version. */
  readonly v?: string
  /** TCP listen port. */
  readonly p?: number
  /** Requests that may be outstanding towards this peer. */
  readonly reqq?: number
  /** BEP 9: bytes of the info dictionary. */
  readonly metadataSize?: number
  /** The receiver's address as the sender sees it, 4 or 16 bytes. */
  readonly yourIp?: Uint8Array
  /** BEP 21: this peer wants nothing more. */
  readonly uploadOnly?: boolean
  readonly bttSpeed?: BttSpeedOffer
}

/** speed-protocol, "Handshake". */
export interface BttSpeedOffer {
  /** The highest protocol version spoken. */
  readonly v: number
  /** 16 fresh bytes. */
  readonly nonce: Uint8Array
  readonly sells: boolean
  /** 32 bytes each, best first. */
  readonly ledgers: readonly Uint8Array[]
}

const versionTextMax = 200

/**
 * The payload of extension message 0.
 *
 * @example
 * encodeExtended(extendedHandshakeId, encodeExtendedHandshake({ m: ownExtensionIds, reqq: 500 }))
 */
export function encodeExtendedHandshake(handshake: ExtendedHandshake): Uint8Array {
  const offer = handshake.bttSpeed
  return encode({
    m: { ...handshake.m },
    v: handshake.v,
    p: handshake.p,
    reqq: handshake.reqq,
    metadata_size: handshake.metadataSize,
    yourip: handshake.yourIp,
    upload_only: handshake.uploadOnly === undefined ? undefined : Number(handshake.uploadOnly),
    btt_speed: offer === undefined ? undefined : encodeOffer(offer),
  })
}

/** Entries of a wrong type or outside their range are as good as missing; only what is no dictionary is refused. */
export function decodeExtendedHandshake(payload: Uint8Array): Result<ExtendedHandshake, WireFault> {
  const decoded = extensionDict(payload, 'extended handshake')
  if (!decoded.ok) return decoded
  const { dict } = decoded.value
  const yourIp = dictBytes(dict, 'yourip', { min: 4, max: 16 })
  const uploadOnly = dictInt(dict, 'upload_only')
  const speed = dictDict(dict, 'btt_speed')
  return ok({
    m: readExtensionIds(dictDict(dict, 'm')),
    ...present('v', dictText(dict, 'v')?.slice(0, versionTextMax)),
    ...present('p', dictInt(dict, 'p', { min: 1, max: 65_535 })),
    ...present('reqq', dictInt(dict, 'reqq', { min: 1 })),
    ...present('metadataSize', dictInt(dict, 'metadata_size', { min: 1, max: metadataBytesMax })),
    ...present('yourIp', yourIp?.length === 4 || yourIp?.length === 16 ? yourIp : undefined),
    ...present('uploadOnly', uploadOnly === undefined ? undefined : uploadOnly !== 0),
    ...present('bttSpeed', speed === undefined ? undefined : readOffer(speed)),
  })
}

function encodeOffer(offer: BttSpeedOffer): Encodable {
  return { v: offer.v, n: offer.nonce, s: Number(offer.sells), l: offer.ledgers }
}

/** Undefined for an offer that breaks the specification: its sender is an ordinary peer. */
function readOffer(dict: BencodeDict): BttSpeedOffer | undefined {
  const v = dictInt(dict, 'v', { min: 1 })
  const nonce = dictBytes(dict, 'n', { min: 16, max: 16 })
  const sells = dictInt(dict, 's', { min: 0, max: 1 })
  const list = dictList(dict, 'l')
  if (v === undefined || nonce === undefined || sells === undefined || list === undefined) return undefined
  const ledgers: Uint8Array[] = []
  for (const item of list.slice(0, bttSpeedLedgersMax)) {
    const ledger = asBytes(item)
    if (ledger?.length !== 32) return undefined
    ledgers.push(ledger)
  }
  return { v, nonce, sells: sells === 1, ledgers }
}

function readExtensionIds(dict: BencodeDict | undefined): Readonly<Record<string, number>> {
  const entries: [string, number][] = []
  for (const [name, value] of dict ?? []) {
    if (entries.length === extensionsMax) break
    const id = asInt(value)
    if (id !== undefined && id >= 0n && id <= 255n) entries.push([name, Number(id)])
  }
  return Object.fromEntries(entries)
}

/** A member only where there is a value: exactOptionalPropertyTypes tells absent from undefined. */
function present<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]: V }) // a computed key widens to string
}
