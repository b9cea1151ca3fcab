/** The JSON vectors of docs/spec/vectors, and their messages as this project's types have them. */

import { readFileSync } from 'node:fs'
import { btt } from '@millrace/base'
import { type Account, type LedgerDomain, parseAccount, type Voucher } from '@millrace/voucher'
import type { BttSpeedMessage } from '@millrace/wire'

const folder = new URL('../../docs/spec/vectors/', import.meta.url)
const types = ['hello', 'quote', 'bid', 'account', 'voucher', 'reject', 'setOff'] as const

/** A message in JSON: the keys of the wire, bytes in hex, amounts as decimal strings. */
export type WireMessage = { readonly t: number } & Readonly<Record<string, string | number | readonly number[]>>

export interface DomainVector {
  readonly chainId: string
  readonly vault: string
  readonly genesisHash: string
}

export interface VaultVector {
  readonly deposited: string
  readonly withdrawn: string
  readonly planned: string
  readonly paidOut: string
  readonly cashed: string
}

export interface VoucherVector {
  readonly payer: string
  readonly payee: string
  readonly cumulative: string
  readonly seq: string
  readonly totalIssued: string
}

/** Reads a file; its description says that it has this shape. */
export function readVectors<Shape>(name: string): Shape {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Shape
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export function accountOfHex(hex: string): Account {
  const account = parseAccount(`0x${hex}`)
  if (account === undefined) throw new Error(`no account: ${hex}`)
  return account
}

export function domainOf({ chainId, vault, genesisHash }: DomainVector): LedgerDomain {
  return { chainId: BigInt(chainId), verifyingContract: accountOfHex(vault), genesisHash: bytesOf(genesisHash) }
}

export function voucherOf({ payer, payee, cumulative, seq, totalIssued }: VoucherVector): Voucher {
  return {
    payer: accountOfHex(payer),
    payee: accountOfHex(payee),
    cumulative: btt(BigInt(cumulative)),
    seq: BigInt(seq),
    totalIssued: btt(BigInt(totalIssued)),
  }
}

export function backingOf({ deposited, withdrawn, planned, paidOut, cashed }: VaultVector) {
  const sums = { deposited, withdrawn, planned, paidOut }
  const coverage = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, btt(BigInt(sum))]))
  // The same four names.
  return { coverage: coverage as Record<keyof typeof sums, ReturnType<typeof btt>>, cashed: btt(BigInt(cashed)) }
}

/** As the codec of packages/wire has it. */
export function ofWire(message: WireMessage): BttSpeedMessage {
  const amount = (key: string): bigint => BigInt(String(message[key]))
  const number = (key: string): number => Number(message[key])
  const bytes = (key: string): Uint8Array => bytesOf(String(message[key]))
  switch (types[message.t]) {
    case 'hello':
      return { t: 'hello', account: bytes('a'), signature: bytes('z') }
    case 'quote':
      return {
        t: 'quote',
        askPerMiB: amount('r'),
        pricePerMiB: amount('p'),
        credit: amount('k'),
        expiresInSeconds: number('x'),
      }
    case 'bid':
      return { t: 'bid', number: number('n'), spendRatePerSecond: amount('w'), priceMaxPerMiB: amount('m') }
    case 'account': {
      const [bootId = 0, counter = 0] = Array.isArray(message.n) ? message.n : []
      const sums = { billed: amount('o'), accepted: amount('g'), credit: amount('k') }
      return { t: 'account', bootId, counter, bidNumber: number('i'), billedBytes: number('b'), ...sums }
    }
    case 'voucher': {
      const sums = { cumulative: amount('u'), seq: amount('n'), totalIssued: amount('i') }
      return { t: 'voucher', payer: bytes('f'), ...sums, signature: bytes('z') }
    }
    case 'reject':
      return { t: 'reject', refused: number('o'), code: number('k'), words: String(message.d ?? '') }
    case 'setOff':
      return { t: 'setOff', bootId: number('n'), sum: amount('c') }
    default:
      throw new Error(`no message of type ${message.t}`)
  }
}

/** A message without the words of a reject, which are free. */
export function plain(message: BttSpeedMessage): BttSpeedMessage {
  return message.t === 'reject' ? { ...message, words: '' } : message
}
