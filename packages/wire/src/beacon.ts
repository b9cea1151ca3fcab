/**
 * A beacon: what a seller asks or a buyer wants in one torrent, signed by its account, so that supply can see demand from
 * outside the swarm. Bencoded, below the 1,000 bytes of a BEP 44 value: whatever carries it, it stays the same.
 *
 *     d1:a20:<account>1:h20:<info-hash>1:l32:<ledger>1:ni1790000000000e1:ti1790000000e1:vi1e
 *       1:wd1:bi61e1:m8:<cap>1:ui2097152ee1:xi600e1:z65:<signature>e
 */

import { assert, ok, type Result, refuse } from '@millrace/base'
import { asDict, type BencodeDict, decode, dictDict, dictInt, type Encodable, encode } from '@millrace/bencode'
import { accountBytesLength, amountBytes, dictAmount, exactBytes, signatureBytesLength } from './amount-bytes.ts'
import { beaconBytesMax, beaconSecondsMax } from './limits.ts'

/** Amounts are base units of BTT (10^-18) a MiB, rates bytes a second. */
export type BeaconSide = SellSide | BuySide

export interface SellSide {
  readonly kind: 'sell'
  readonly pricePerMiB: bigint
  readonly askPerMiB: bigint
  /** Millionths of the upload for who does not pay. */
  readonly freeSharePpm: number
  /** Paid payload of this torrent that leaves now. */
  readonly soldBytesPerSecond: number
  /** What bids in this torrent would take. */
  readonly demandBytesPerSecond: number
}

export interface BuySide {
  readonly kind: 'buy'
  readonly wantedBytesPerSecond: number
  readonly priceMaxPerMiB: bigint
  /** The budget left lies in [2^bits, 2^(bits + 1)) base units: a bucket, so that it does not say who is who. */
  readonly budgetBits: number
}

export interface Beacon {
  /** 20 bytes. */
  readonly infoHash: Uint8Array
  /** 32 bytes, as in the handshake of btt_speed. */
  readonly ledger: Uint8Array
  /** 20 bytes. */
  readonly account: Uint8Array
  /** Rises with each beacon of the account for this torrent and side. */
  readonly seq: number
  /** Seconds since 1970. */
  readonly issuedAtSeconds: number
  /** 1 to `beaconSecondsMax`. */
  readonly lifeSeconds: number
  readonly side: BeaconSide
  /** 65 bytes. */
  readonly signature: Uint8Array
}

export interface BeaconError {
  readonly kind: 'beacon'
  readonly code: 'too-long' | 'malformed' | 'unknown-version'
  readonly message: string
}

const version = 1
const infoHashBytes = 20
const ledgerBytes = 32
const ppmMax = 1_000_000
const budgetBitsMax = 255
const depthMax = 4
const itemsMax = 64

/**
 * @example
 * encodeBeacon({ infoHash, ledger, account, seq, issuedAtSeconds, lifeSeconds: 600, side, signature })
 */
export function encodeBeacon(beacon: Beacon): Uint8Array {
  const { side } = beacon
  const bytes = encode({
    a: beacon.account,
    h: beacon.infoHash,
    l: beacon.ledger,
    n: beacon.seq,
    o: side.kind === 'sell' ? sellFields(side) : undefined,
    t: beacon.issuedAtSeconds,
    v: version,
    w: side.kind === 'buy' ? buyFields(side) : undefined,
    x: beacon.lifeSeconds,
    z: beacon.signature,
  })
  assert(bytes.length <= beaconBytesMax, `a beacon of at most ${beaconBytesMax} bytes`)
  return bytes
}

/** Reads one beacon; its signature is not looked at. Byte strings of the answer are copies. */
export function decodeBeacon(bytes: Uint8Array): Result<Beacon, BeaconError> {
  if (bytes.length > beaconBytesMax) {
    return fault('too-long', `${bytes.length} bytes, expected at most ${beaconBytesMax}`)
  }
  const decoded = decode(bytes, { depthMax, itemsMax })
  if (!decoded.ok) return fault('malformed', decoded.error.message)
  const dict = asDict(decoded.value.value)
  if (dict === undefined) return fault('malformed', 'expected a dictionary')
  if (dictInt(dict, 'v') !== version) return fault('unknown-version', `expected version ${version}`)
  const beacon = read(dict)
  return beacon === undefined ? fault('malformed', 'a key is missing or out of range') : ok(beacon)
}

function read(dict: BencodeDict): Beacon | undefined {
  const account = exactBytes(dict, 'a', accountBytesLength)?.slice()
  const infoHash = exactBytes(dict, 'h', infoHashBytes)?.slice()
  const ledger = exactBytes(dict, 'l', ledgerBytes)?.slice()
  const signature = exactBytes(dict, 'z', signatureBytesLength)?.slice()
  const seq = dictInt(dict, 'n', { min: 0 })
  const issuedAtSeconds = dictInt(dict, 't', { min: 0 })
  const lifeSeconds = dictInt(dict, 'x', { min: 1, max: beaconSecondsMax })
  const side = readSide(dictDict(dict, 'o'), dictDict(dict, 'w'))
  if (account === undefined || infoHash === undefined || ledger === undefined || signature === undefined)
    return undefined
  if (seq === undefined || issuedAtSeconds === undefined || lifeSeconds === undefined || side === undefined)
    return undefined
  return { infoHash, ledger, account, seq, issuedAtSeconds, lifeSeconds, side, signature }
}

/** One side, not both: two beacons say more than one that says two things. */
function readSide(sell: BencodeDict | undefined, buy: BencodeDict | undefined): BeaconSide | undefined {
  if (sell !== undefined && buy !== undefined) return undefined
  if (sell !== undefined) return readSell(sell)
  return buy === undefined ? undefined : readBuy(buy)
}

function readSell(dict: BencodeDict): SellSide | undefined {
  const pricePerMiB = dictAmount(dict, 'p')
  const askPerMiB = dictAmount(dict, 'r')
  const freeSharePpm = dictInt(dict, 'f', { min: 0, max: ppmMax })
  const soldBytesPerSecond = dictInt(dict, 'u', { min: 0 })
  const demandBytesPerSecond = dictInt(dict, 'd', { min: 0 })
  if (pricePerMiB === undefined || askPerMiB === undefined || freeSharePpm === undefined) return undefined
  if (soldBytesPerSecond === undefined || demandBytesPerSecond === undefined) return undefined
  return { kind: 'sell', pricePerMiB, askPerMiB, freeSharePpm, soldBytesPerSecond, demandBytesPerSecond }
}

function readBuy(dict: BencodeDict): BuySide | undefined {
  const wantedBytesPerSecond = dictInt(dict, 'u', { min: 0 })
  const priceMaxPerMiB = dictAmount(dict, 'm')
  const budgetBits = dictInt(dict, 'b', { min: 0, max: budgetBitsMax })
  if (wantedBytesPerSecond === undefined || priceMaxPerMiB === undefined || budgetBits === undefined) return undefined
  return { kind: 'buy', wantedBytesPerSecond, priceMaxPerMiB, budgetBits }
}

function sellFields(side: SellSide): { readonly [key: string]: Encodable } {
  return {
    d: side.demandBytesPerSecond,
    f: side.freeSharePpm,
    p: amountBytes(side.pricePerMiB),
    r: amountBytes(side.askPerMiB),
    u: side.soldBytesPerSecond,
  }
}

function buyFields(side: BuySide): { readonly [key: string]: Encodable } {
  return { b: side.budgetBits, m: amountBytes(side.priceMaxPerMiB), u: side.wantedBytesPerSecond }
}

function fault(code: BeaconError['code'], reason: string): Result<never, BeaconError> {
  return refuse({ kind: 'beacon', code, message: `beacon: ${reason}` })
}
