/** The second client's encodings, signatures and arithmetic against the vectors of docs/spec. */

import { describe, expect, it } from 'vitest'
import { judgeHello, ledgerOf, type Offer, readGreeting, roleOf, sayHello } from './meeting.ts'
import { amountBytes, amountOf, decodeMessage, encodeMessage, type Hello } from './messages.ts'
import {
  advanceOf,
  costCeil,
  costFloor,
  creditOf,
  exactCost,
  faultOf,
  isQuoteDue,
  isStatementDue,
  max,
  min,
  owedOf,
  prepaymentOf,
} from './money-rules.ts'
import { routeOf } from './routing.ts'
import {
  bytesOf,
  compactOf,
  domainSeparator,
  ledgerId,
  sessionDigest,
  signDigest,
  signerOf,
  voucherDigest,
} from './signing.ts'
import { domainOf, type JsonDomain, type JsonMessage, messageOf, plain, readVectors } from './vectors.ts'

type Row = Readonly<Record<string, string>> & { readonly name?: string }
interface JsonOffer {
  readonly n: string
  readonly s: number
  readonly l: readonly string[]
}

const offerOf = ({ n, s, l }: JsonOffer) => ({ n: bytesOf(n), s: s === 1, l: l.map(bytesOf) })

describe('handshake.json', () => {
  interface Vectors {
    readonly offers: readonly { name: string; handshake: string; offer: (JsonOffer & { v: number }) | null }[]
    readonly choices: readonly {
      name: string
      one: JsonOffer
      other: JsonOffer
      ledger: string | null
      roleOfOne: number
      roleOfOther: number
    }[]
  }
  const { offers, choices } = readVectors<Vectors>('handshake')
  it.each(offers)('offer $name', ({ handshake, offer }) => {
    const wanted: Offer | undefined = offer === null ? undefined : { v: offer.v, ...offerOf(offer) }
    expect(readGreeting(bytesOf(handshake))).toEqual({ id: 3, offer: wanted })
  })
  it.each(choices)('$name', ({ one, other, ledger, roleOfOne, roleOfOther }) => {
    expect(ledgerOf(offerOf(one), offerOf(other))?.toString('hex') ?? null).toBe(ledger)
    expect(ledgerOf(offerOf(other), offerOf(one))?.toString('hex') ?? null).toBe(ledger)
    expect([roleOf(one.s === 1, other.s === 1), roleOf(other.s === 1, one.s === 1)]).toEqual([roleOfOne, roleOfOther])
  })
})

describe('amounts.json', () => {
  interface Vectors {
    readonly amounts: readonly { value: string; bytes: string }[]
    readonly invalid: readonly { name: string; bytes: string }[]
    readonly costs: readonly { bytes: number; price: string; floor: string; ceil: string }[]
    readonly bills: readonly { blocks: { bytes: number; price: string }[]; billed: string[] }[]
  }
  const { amounts, invalid, costs, bills } = readVectors<Vectors>('amounts')
  it.each(amounts)('$value', ({ value, bytes }) => {
    expect(amountBytes(BigInt(value)).toString('hex')).toBe(bytes)
    expect(String(amountOf(bytesOf(bytes)))).toBe(value)
  })
  it.each(invalid)('$name is none', ({ bytes }) => expect(amountOf(bytesOf(bytes))).toBeUndefined())
  it.each(costs)('$bytes bytes at $price', ({ bytes, price, floor, ceil }) => {
    expect(String(costFloor(exactCost(bytes, BigInt(price))))).toBe(floor)
    expect(String(costCeil(bytes, BigInt(price)))).toBe(ceil)
  })
  it.each(bills)('a bill carries its rounding (%#)', ({ blocks, billed }) => {
    let exact = 0n
    const sums = blocks.map(({ bytes, price }) => {
      exact += exactCost(bytes, BigInt(price))
      return String(costFloor(exact))
    })
    expect(sums).toEqual(billed)
  })
})

describe('messages.json and transcript.json', () => {
  interface Vectors {
    readonly messages: readonly { name: string; message: JsonMessage; bytes: string }[]
    readonly readable: readonly { name: string; message: JsonMessage; bytes: string }[]
    readonly refused: readonly { name: string; bytes: string; answer: 'close' | 'none' | { reject: JsonMessage } }[]
  }
  const { messages, readable, refused } = readVectors<Vectors>('messages')
  const { frames } = readVectors<{ frames: readonly { note: string; message?: JsonMessage; bytes: string }[] }>(
    'transcript',
  )
  it.each(messages)('$name', ({ message, bytes }) => {
    expect(encodeMessage(messageOf(message)).toString('hex')).toBe(bytes)
    expect(decodeMessage(bytesOf(bytes))).toEqual({ message: messageOf(message) })
  })
  it.each(readable)('reads $name', ({ message, bytes }) => {
    expect(decodeMessage(bytesOf(bytes))).toEqual({ message: messageOf(message) })
  })
  it.each(refused)('refuses $name', ({ bytes, answer }) => {
    const wanted = typeof answer === 'string' ? answer : messageOf(answer.reject)
    expect(decodeMessage(bytesOf(bytes))).toEqual({ answer: wanted })
  })
  it.each(frames.flatMap((frame) => (frame.message ? [{ ...frame, message: frame.message }] : [])))(
    '$note',
    (frame) => {
      const payload = bytesOf(frame.bytes).subarray(6)
      expect(decodeMessage(payload)).toEqual({ message: messageOf(frame.message) })
      expect(encodeMessage(messageOf(frame.message)).equals(payload)).toBe(true)
    },
  )
})

describe('signing.json', () => {
  interface Signed {
    readonly domain: JsonDomain
    readonly key: string
    readonly digest: string
    readonly signature: string
  }
  interface Vectors {
    readonly domains: readonly (JsonDomain & { separator: string; ledgerId: string })[]
    readonly vouchers: readonly (Signed & { voucher: Row; compact: { r: string; vs: string } })[]
    readonly sessions: readonly (Signed & { session: Row & { role: string } })[]
    readonly nobody: readonly { name: string; digest: string; signature: string }[]
    readonly somebodyElse: readonly { name: string; digest: string; signature: string; account: string }[]
  }
  const vectors = readVectors<Vectors>('signing')
  const bytes = (row: Row, key: string): Buffer => bytesOf(row[key] ?? '')
  const number = (row: Row, key: string): bigint => BigInt(row[key] ?? '')
  it.each(vectors.domains)('chain $chainId', (domain) => {
    expect(domainSeparator(domainOf(domain)).toString('hex')).toBe(domain.separator)
    expect(ledgerId(domainOf(domain)).toString('hex')).toBe(domain.ledgerId)
  })
  it.each(vectors.vouchers)('a voucher over $voucher.cumulative', async ({ domain, key, voucher, ...wanted }) => {
    const digest = voucherDigest(domainOf(domain), {
      payer: bytes(voucher, 'payer'),
      payee: bytes(voucher, 'payee'),
      cumulative: number(voucher, 'cumulative'),
      seq: number(voucher, 'seq'),
      totalIssued: number(voucher, 'totalIssued'),
    })
    const signature = await signDigest(bytesOf(key), digest)
    const { r, vs } = compactOf(signature)
    const compact = { r: r.toString('hex'), vs: vs.toString('hex') }
    expect({ digest: digest.toString('hex'), signature: signature.toString('hex'), compact }).toEqual(wanted)
    expect(await signerOf(digest, signature)).toEqual(bytes(voucher, 'payer'))
  })
  it.each(vectors.sessions)('a session of role $session.role', async ({ domain, key, session, ...wanted }) => {
    const digest = sessionDigest(domainOf(domain), {
      ledger: bytes(session, 'ledger'),
      account: bytes(session, 'account'),
      ownNonce: bytes(session, 'ownNonce'),
      otherNonce: bytes(session, 'otherNonce'),
      infoHash: bytes(session, 'infoHash'),
      role: Number(session.role),
    })
    const signature = (await signDigest(bytesOf(key), digest)).toString('hex')
    expect({ digest: digest.toString('hex'), signature }).toEqual(wanted)
  })
  it.each(vectors.nobody)('$name recovers nobody', async ({ digest, signature }) => {
    expect(await signerOf(bytesOf(digest), bytesOf(signature))).toBeUndefined()
  })
  it.each(vectors.somebodyElse)('$name recovers somebody else', async ({ digest, signature, account }) => {
    expect((await signerOf(bytesOf(digest), bytesOf(signature)))?.toString('hex')).toBe(account)
  })
})

describe('connection.json', () => {
  interface Vectors {
    readonly cases: readonly {
      name: string
      bound: boolean
      sells: number
      buys: number
      message: JsonMessage
      answer: string | JsonMessage
    }[]
  }
  it.each(readVectors<Vectors>('connection').cases)('$name', ({ bound, sells, buys, message: json, answer }) => {
    const message = messageOf(json)
    if (message.t === 0) throw new Error('a hello is judged elsewhere')
    const route = routeOf(message, { isBound: bound, sells: sells === 1, buys: buys === 1 })
    expect(route).toEqual(typeof answer === 'string' ? answer : messageOf(answer))
  })
})

describe('hellos.json', () => {
  interface Vectors {
    readonly receiver: Row & { domain: JsonDomain; ownSells: number; otherSells: number }
    readonly hellos: readonly {
      name: string
      bound: string | null
      hello: JsonMessage
      answer: 'bound' | JsonMessage
    }[]
  }
  const { receiver, hellos } = readVectors<Vectors>('hellos')
  const domain = domainOf(receiver.domain)
  const meeting = {
    domain,
    ownAccount: bytesOf(receiver.ownAccount ?? ''),
    ownNonce: bytesOf(receiver.ownNonce ?? ''),
    otherNonce: bytesOf(receiver.otherNonce ?? ''),
    infoHash: bytesOf(receiver.infoHash ?? ''),
    ownSells: receiver.ownSells === 1,
    otherSells: receiver.otherSells === 1,
  }
  it.each(hellos)('$name', async ({ bound, hello, answer }) => {
    const before = bound === null ? undefined : bytesOf(bound)
    // The table of `t` 0.
    const answered = await judgeHello(messageOf(hello) as Hello, meeting, before, [{ ...domain, chainId: 1_029n }])
    expect(answered === 'bound' ? answered : plain(answered)).toEqual(answer === 'bound' ? answer : messageOf(answer))
  })
  it('are signed as the transcript has them', async () => {
    const { frames, buyer } = readVectors<{ frames: { message?: JsonMessage }[]; buyer: Row }>('transcript')
    const [ownAccount, key] = [bytesOf(buyer.account ?? ''), bytesOf(buyer.key ?? '')]
    const { ownNonce: otherNonce, otherNonce: ownNonce } = meeting
    const mirrored = { ...meeting, ownAccount, ownNonce, otherNonce, ownSells: false, otherSells: true }
    const said = frames.find(({ message }) => message?.t === 0)?.message
    expect(await sayHello(key, mirrored)).toEqual(said && messageOf(said))
  })
})

describe('seller-rules.json and buyer-rules.json', () => {
  interface Seller {
    readonly quotes: readonly {
      name: string
      last: Record<string, string> | null
      price: string
      at: number
      due: boolean
    }[]
    readonly statements: readonly (Row & { lastAt: number | null; at: number; due: boolean })[]
    readonly credits: readonly { paid: string; price: string; w: string; ts: number; unit: number; credit: string }[]
  }
  interface Bill {
    readonly b: number
    readonly o: string
  }
  interface Buyer {
    readonly statements: readonly {
      name: string
      last: Bill
      next: Bill
      received: number
      price: string
      allowed: string
      w: string
      connections: number
      fault: string | null
    }[]
    readonly payments: readonly {
      name: string
      billed: string
      billedBytes: number
      verified: number
      received: number
      piece: number
      badPiece: boolean
      ahead: string
      paid: string
      budgetLeft: string
      advance: number
      owed: string
      voucher: string
    }[]
    readonly prepayments: readonly { price: string; w: string; piece: number; allowance: string; prepayment: string }[]
  }
  const seller = readVectors<Seller>('seller-rules')
  const buyer = readVectors<Buyer>('buyer-rules')
  it.each(seller.quotes)('quote: $name', ({ last, price, at, due }) => {
    const before = last && { price: BigInt(last.price ?? ''), sentAt: Number(last.sentAt), life: Number(last.life) }
    expect(isQuoteDue(BigInt(price), before ?? undefined, at)).toBe(due)
  })
  it.each(seller.statements)('statement: $name', ({ unstated, credit, ahead, lastAt, at, due }) => {
    const sums = { unstated: BigInt(unstated ?? ''), credit: BigInt(credit ?? ''), ahead: BigInt(ahead ?? '') }
    expect(isStatementDue(sums, lastAt ?? undefined, at)).toBe(due)
  })
  it.each(seller.credits)('credit of who paid $paid at $price', ({ paid, price, w, ts, unit, credit }) => {
    expect(String(creditOf({ paid: BigInt(paid), price: BigInt(price), w: BigInt(w), ts, unit }))).toBe(credit)
  })
  it.each(buyer.statements)('a statement $name', ({ last, next, price, allowed, w, fault, ...terms }) => {
    const sums = ({ b, o }: Bill) => ({ b, o: BigInt(o) })
    const all = { ...terms, price: BigInt(price), allowed: BigInt(allowed), w: BigInt(w) }
    expect(faultOf(sums(last), sums(next), all) ?? null).toBe(fault)
  })
  it.each(buyer.payments)('$name', ({ billed, ahead, paid, budgetLeft, ...vector }) => {
    const purchase = { ...vector, billed: BigInt(billed) }
    expect(advanceOf(purchase)).toBe(vector.advance)
    expect(String(owedOf(purchase))).toBe(vector.owed)
    const target = owedOf(purchase) + (vector.badPiece ? 0n : BigInt(ahead))
    const capped = min(target, BigInt(paid) + BigInt(budgetLeft))
    expect(String(max(capped, BigInt(paid)))).toBe(vector.voucher)
  })
  it.each(buyer.prepayments)('ahead: $w a second at $price', ({ price, w, piece, allowance, prepayment }) => {
    expect(String(prepaymentOf(BigInt(price), BigInt(w), piece, BigInt(allowance)))).toBe(prepayment)
  })
})
