/** The messages of btt_speed, draft 2: bencoded dictionaries with an integer `t`. Unknown keys are ignored. */

import { assert, ok, type Result, refuse } from '@millrace/base'
import {
  asDict,
  asInt,
  type BencodeDict,
  decode,
  dictInt,
  dictList,
  dictText,
  type Encodable,
  encode,
} from '@millrace/bencode'
import {
  accountBytesLength as accountBytes,
  amountBytes as amount,
  dictAmount,
  exactBytes as exactly,
  signatureBytesLength as signatureBytes,
} from './amount-bytes.ts'
import { bttSpeedMessageBytesMax, quoteSecondsMax } from './limits.ts'

/** Amounts are base units (10^-18 BTT), at most 32 bytes. */
export type BttSpeedMessage =
  /** From both: the account behind this connection. `signature` is of Session by that account. */
  | { readonly t: 'hello'; readonly account: Uint8Array; readonly signature: Uint8Array }
  /** From the seller. */
  | {
      readonly t: 'quote'
      readonly askPerMiB: bigint
      readonly pricePerMiB: bigint
      readonly credit: bigint
      /** 0 to quoteSecondsMax, on the receiver's own clock. */
      readonly expiresInSeconds: number
    }
  /** From the buyer. A spend rate of 0 withdraws. Numbers begin at 1: a statement says 0 where no bid counts. */
  | {
      readonly t: 'bid'
      readonly number: number
      readonly spendRatePerSecond: bigint
      readonly priceMaxPerMiB: bigint
    }
  /** From the seller: a statement. Later ones have a higher (bootId, counter). */
  | {
      readonly t: 'account'
      readonly bootId: number
      readonly counter: number
      /** The newest bid that counts; 0 before the first. */
      readonly bidNumber: number
      readonly billedBytes: number
      readonly billed: bigint
      readonly accepted: bigint
      readonly credit: bigint
    }
  /** From the buyer. `payer` has 20 bytes, `signature` 65, `seq` fits 64 bits. */
  | {
      readonly t: 'voucher'
      readonly payer: Uint8Array
      readonly cumulative: bigint
      readonly seq: bigint
      readonly totalIssued: bigint
      readonly signature: Uint8Array
    }
  /** From both. `refused` is the `t` on the wire, `code` one of rejectCodes or newer. */
  | { readonly t: 'reject'; readonly refused: number; readonly code: number; readonly words: string }
  /** From both, where both sell and buy: what the sender counts as paid in both directions, at most. */
  | { readonly t: 'setOff'; readonly bootId: number; readonly sum: bigint }

/** The integer `t` of each message on the wire. */
export const bttSpeedTypes = { hello: 0, quote: 1, bid: 2, account: 3, voucher: 4, reject: 5, setOff: 6 } as const

export const rejectCodes = {
  malformed: 1,
  wrongLedger: 2,
  badSignature: 3,
  notCovered: 4,
  notRising: 5,
  priceAboveCap: 6,
  overBilled: 7,
  noQuote: 8,
  rateLimit: 9,
  goingAway: 10,
  identity: 11,
} as const

export interface BttSpeedError {
  readonly kind: 'btt_speed'
  /**
   * `too-long` closes the connection; `unknown-type` and `malformed` are answered by a reject with code 1 and `refused`
   * as its `o`, unless `refused` is missing or is a reject itself.
   */
  readonly code: 'too-long' | 'malformed' | 'unknown-type'
  readonly message: string
  /** The integer `t` of what was refused, where it could be read. */
  readonly refused?: number
}

const depthMax = 4
const itemsMax = 128

/**
 * The payload of one btt_speed message.
 *
 * @example
 * encodeBttSpeed({ t: 'bid', number: 1, spendRatePerSecond: 5n, priceMaxPerMiB: 9n })
 */
export function encodeBttSpeed(message: BttSpeedMessage): Uint8Array {
  const payload = encode({ t: bttSpeedTypes[message.t], ...fieldsOf(message) })
  assert(payload.length <= bttSpeedMessageBytesMax, `a btt_speed message of at most ${bttSpeedMessageBytesMax} bytes`)
  return payload
}

/** Reads one message; byte strings of the answer are views of `payload`. */
export function decodeBttSpeed(payload: Uint8Array): Result<BttSpeedMessage, BttSpeedError> {
  if (payload.length > bttSpeedMessageBytesMax) {
    return refuse({
      kind: 'btt_speed',
      code: 'too-long',
      message: `a btt_speed message of ${payload.length} bytes, expected at most ${bttSpeedMessageBytesMax}`,
    })
  }
  const decoded = decode(payload, { depthMax, itemsMax })
  if (!decoded.ok) return malformed(decoded.error.message)
  const dict = asDict(decoded.value.value)
  const t = dict === undefined ? undefined : dictInt(dict, 't')
  if (dict === undefined || t === undefined) return malformed('expected a dictionary with an integer t')
  const read = readers[t]
  if (read === undefined) {
    return refuse({ kind: 'btt_speed', code: 'unknown-type', message: `t = ${t} is no message of draft 2`, refused: t })
  }
  const message = read(dict)
  return message === undefined ? malformed(`a key of t = ${t} is missing or out of range`, t) : ok(message)
}

function fieldsOf(message: BttSpeedMessage): { readonly [key: string]: Encodable } {
  switch (message.t) {
    case 'hello':
      return { a: message.account, z: message.signature }
    case 'quote':
      return {
        r: amount(message.askPerMiB),
        p: amount(message.pricePerMiB),
        k: amount(message.credit),
        x: message.expiresInSeconds,
      }
    case 'bid':
      return { n: message.number, w: amount(message.spendRatePerSecond), m: amount(message.priceMaxPerMiB) }
    case 'account':
      return {
        n: [message.bootId, message.counter],
        i: message.bidNumber,
        b: message.billedBytes,
        o: amount(message.billed),
        g: amount(message.accepted),
        k: amount(message.credit),
      }
    case 'voucher':
      return {
        f: message.payer,
        u: amount(message.cumulative),
        n: message.seq,
        i: amount(message.totalIssued),
        z: message.signature,
      }
    case 'reject':
      return { o: message.refused, k: message.code, d: message.words }
    case 'setOff':
      return { c: amount(message.sum), n: message.bootId }
  }
}

type Reader = (dict: BencodeDict) => BttSpeedMessage | undefined

/** By the integer `t`. */
const readers: readonly (Reader | undefined)[] = [
  readHello,
  readQuote,
  readBid,
  readAccount,
  readVoucher,
  readReject,
  readSetOff,
]

function readHello(dict: BencodeDict): BttSpeedMessage | undefined {
  const account = exactly(dict, 'a', accountBytes)
  const signature = exactly(dict, 'z', signatureBytes)
  return account && signature && { t: 'hello', account, signature }
}

function readQuote(dict: BencodeDict): BttSpeedMessage | undefined {
  const askPerMiB = dictAmount(dict, 'r')
  const pricePerMiB = dictAmount(dict, 'p')
  const credit = dictAmount(dict, 'k')
  const expiresInSeconds = dictInt(dict, 'x', { min: 0, max: quoteSecondsMax })
  if (askPerMiB === undefined || pricePerMiB === undefined) return undefined
  if (credit === undefined || expiresInSeconds === undefined) return undefined
  return { t: 'quote', askPerMiB, pricePerMiB, credit, expiresInSeconds }
}

function readBid(dict: BencodeDict): BttSpeedMessage | undefined {
  const number = dictInt(dict, 'n', { min: 1 })
  const spendRatePerSecond = dictAmount(dict, 'w')
  const priceMaxPerMiB = dictAmount(dict, 'm')
  if (number === undefined || spendRatePerSecond === undefined || priceMaxPerMiB === undefined) return undefined
  return { t: 'bid', number, spendRatePerSecond, priceMaxPerMiB }
}

function readAccount(dict: BencodeDict): BttSpeedMessage | undefined {
  const version = dictList(dict, 'n')
  const bootId = unsigned(asInt(version?.[0]))
  const counter = unsigned(asInt(version?.[1]))
  const bidNumber = dictInt(dict, 'i', { min: 0 })
  const billedBytes = dictInt(dict, 'b', { min: 0 })
  const billed = dictAmount(dict, 'o')
  const accepted = dictAmount(dict, 'g')
  const credit = dictAmount(dict, 'k')
  if (version?.length !== 2 || bootId === undefined || counter === undefined) return undefined
  if (bidNumber === undefined || billedBytes === undefined) return undefined
  if (billed === undefined || accepted === undefined || credit === undefined) return undefined
  return { t: 'account', bootId, counter, bidNumber, billedBytes, billed, accepted, credit }
}

function readVoucher(dict: BencodeDict): BttSpeedMessage | undefined {
  const payer = exactly(dict, 'f', accountBytes)
  const cumulative = dictAmount(dict, 'u')
  const seq = asInt(dict.get('n'))
  const totalIssued = dictAmount(dict, 'i')
  const signature = exactly(dict, 'z', signatureBytes)
  if (payer === undefined || cumulative === undefined || totalIssued === undefined) return undefined
  if (signature === undefined || seq === undefined || seq < 0n || seq >= 2n ** 64n) return undefined
  return { t: 'voucher', payer, cumulative, seq, totalIssued, signature }
}

function readReject(dict: BencodeDict): BttSpeedMessage | undefined {
  const refused = dictInt(dict, 'o')
  const code = dictInt(dict, 'k', { min: 0 })
  if (refused === undefined || code === undefined) return undefined
  return { t: 'reject', refused, code, words: dictText(dict, 'd') ?? '' }
}

function readSetOff(dict: BencodeDict): BttSpeedMessage | undefined {
  const sum = dictAmount(dict, 'c')
  const bootId = dictInt(dict, 'n', { min: 0 })
  return sum === undefined || bootId === undefined ? undefined : { t: 'setOff', bootId, sum }
}

function unsigned(value: bigint | undefined): number | undefined {
  if (value === undefined || value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
  return Number(value)
}

function malformed(reason: string, refused?: number): Result<never, BttSpeedError> {
  const error: BttSpeedError = { kind: 'btt_speed', code: 'malformed', message: `btt_speed: ${reason}` }
  return refuse(refused === undefined ? error : { ...error, refused })
}
