/** What goes over the wire, against the vectors of docs/spec: offers, amounts, messages, and the page's transcript. */

import { readFileSync } from 'node:fs'
import { btt } from '@millrace/base'
import { chooseLedger, roleOf } from '@millrace/voucher'
import { decodeBttSpeed, decodeExtendedHandshake, decodeMessage, encodeBttSpeed, encodeExtended } from '@millrace/wire'
import { describe, expect, it } from 'vitest'
import { bytePriceOf, bytePriceShift, costCeiling } from '../../packages/market/src/bid.ts'
import { bytesOf, hexOf, ofWire, readVectors, type WireMessage } from './vectors.ts'

interface Offer {
  readonly n: string
  readonly s: number
  readonly l: readonly string[]
}
interface Handshakes {
  readonly offers: readonly { name: string; handshake: string; offer: (Offer & { v: number }) | null }[]
  readonly choices: readonly {
    name: string
    one: Offer
    other: Offer
    ledger: string | null
    roleOfOne: number
    roleOfOther: number
  }[]
}
interface Amounts {
  readonly amounts: readonly { value: string; bytes: string }[]
  readonly invalid: readonly { name: string; bytes: string }[]
  readonly costs: readonly { bytes: number; price: string; floor: string; ceil: string }[]
  readonly bills: readonly { blocks: { bytes: number; price: string }[]; billed: string[] }[]
}
interface Messages {
  readonly messages: readonly { name: string; message: WireMessage; bytes: string }[]
  readonly readable: readonly { name: string; message: WireMessage; bytes: string }[]
  readonly refused: readonly { name: string; bytes: string; answer: 'close' | 'none' | { reject: WireMessage } }[]
}
interface Transcript {
  readonly frames: readonly { from: 'buyer' | 'seller'; note: string; bytes: string; message?: WireMessage }[]
}

const offerOf = ({ n, s, l }: Offer) => ({ nonce: bytesOf(n), sells: s === 1, ledgers: l.map(bytesOf) })
const optional = (bytes: Uint8Array | undefined): string | null => (bytes === undefined ? null : hexOf(bytes))

describe('handshake.json', () => {
  const { offers, choices } = readVectors<Handshakes>('handshake')
  it.each(offers)('offer $name', ({ handshake, offer }) => {
    const read = decodeExtendedHandshake(bytesOf(handshake))
    expect(read.ok && read.value.m.btt_speed).toBe(3)
    const wanted = offer === null ? undefined : { v: offer.v, ...offerOf(offer) }
    expect(read.ok ? read.value.bttSpeed : read.error).toEqual(wanted)
  })
  it.each(choices)('$name', ({ one, other, ledger, roleOfOne, roleOfOther }) => {
    expect(optional(chooseLedger(offerOf(one), offerOf(other)))).toBe(ledger)
    expect(optional(chooseLedger(offerOf(other), offerOf(one)))).toBe(ledger)
    expect(roleOf(one.s === 1, other.s === 1)).toBe(roleOfOne)
    expect(roleOf(other.s === 1, one.s === 1)).toBe(roleOfOther)
  })
})

describe('amounts.json', () => {
  const { amounts, invalid, costs, bills } = readVectors<Amounts>('amounts')
  const account = new Uint8Array(20)
  /** A voucher with these bytes as its sum. */
  const withAmount = (hex: string): Uint8Array => {
    const bytes = Buffer.from(hex, 'hex')
    const head = `d1:f20:${'\0'.repeat(20)}1:i0:1:ni1e1:ti4e1:u${bytes.length}:`
    return Buffer.concat([Buffer.from(head, 'latin1'), bytes, Buffer.from(`1:z65:${'\0'.repeat(65)}e`, 'latin1')])
  }
  it.each(amounts)('$value', ({ value, bytes }) => {
    const signature = new Uint8Array(65)
    const fields = { payer: account, cumulative: BigInt(value), seq: 1n, totalIssued: 0n, signature }
    expect(hexOf(encodeBttSpeed({ t: 'voucher', ...fields }))).toBe(hexOf(withAmount(bytes)))
    expect(decodeBttSpeed(withAmount(bytes))).toMatchObject({ ok: true, value: { cumulative: BigInt(value) } })
  })
  it.each(invalid)('$name is none', ({ bytes }) => {
    expect(decodeBttSpeed(withAmount(bytes))).toMatchObject({ ok: false, error: { code: 'malformed', refused: 4 } })
  })
  it.each(costs)('$bytes bytes at $price', ({ bytes, price, floor, ceil }) => {
    expect(String(bytePriceOf(bytes, BigInt(price)) >> bytePriceShift)).toBe(floor)
    expect(String(costCeiling(bytes, BigInt(price)))).toBe(ceil)
  })
  it.each(bills)('a bill carries its rounding (%#)', ({ blocks, billed }) => {
    let exact = 0n
    const sums = blocks.map(({ bytes, price }) => {
      exact += bytePriceOf(bytes, btt(BigInt(price)))
      return String(exact >> bytePriceShift)
    })
    expect(sums).toEqual(billed)
  })
})

describe('messages.json', () => {
  const { messages, readable, refused } = readVectors<Messages>('messages')
  it.each(messages)('$name', ({ message, bytes }) => {
    expect(hexOf(encodeBttSpeed(ofWire(message)))).toBe(bytes)
    expect(decodeBttSpeed(bytesOf(bytes))).toEqual({ ok: true, value: ofWire(message) })
  })
  it.each(readable)('reads $name', ({ message, bytes }) => {
    expect(decodeBttSpeed(bytesOf(bytes))).toEqual({ ok: true, value: ofWire(message) })
  })
  it.each(refused)('refuses $name', ({ bytes, answer }) => {
    const read = decodeBttSpeed(bytesOf(bytes))
    if (read.ok) throw new Error('it was read')
    const { code, refused: type } = read.error
    expect(code === 'too-long').toBe(answer === 'close')
    const isAnswered = type !== undefined && type !== 5
    if (typeof answer === 'string') expect(isAnswered).toBe(false)
    else expect({ t: 5, o: type, k: 1 }).toEqual(answer.reject)
  })
})

describe('transcript.json', () => {
  const { frames } = readVectors<Transcript>('transcript')
  it.each(frames)('$from: $note', ({ bytes, message }) => {
    const frame = bytesOf(bytes)
    expect(new DataView(frame.buffer).getUint32(0)).toBe(frame.length - 4)
    const read = decodeMessage(frame.subarray(4))
    if (!read.ok || read.value.type !== 'extended') throw new Error('no extension message')
    const { id, payload } = read.value
    if (message === undefined) {
      const handshake = decodeExtendedHandshake(payload)
      expect(id === 0 && handshake.ok && handshake.value.bttSpeed?.v).toBe(1)
      return
    }
    expect(id).toBe(3)
    expect(decodeBttSpeed(payload)).toEqual({ ok: true, value: ofWire(message) })
    expect(hexOf(encodeExtended(3, encodeBttSpeed(ofWire(message))))).toBe(hexOf(frame))
  })
  it('is the one on the page', () => {
    const page = readFileSync(new URL('../../docs/spec/btt-speed.md', import.meta.url), 'utf8')
    const lines = page.split('\n').filter((line) => /^ {6}[0-9a-f]+$/.test(line))
    expect(lines.map((line) => line.trim()).join('')).toBe(frames.map(({ bytes }) => bytes).join(''))
  })
})
