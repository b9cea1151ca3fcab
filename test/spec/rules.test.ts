/** When to quote and state, what to credit, what holds as a bill and what is paid: against the vectors of docs/spec. */

import { btt } from '@millrace/base'
import { advanceBytes, billFault, payable, prepayment, quoteDue, statementDue } from '@millrace/market'
import { describe, expect, it } from 'vitest'
import { creditLimit } from '../../packages/market/src/credit.ts'
import { readVectors } from './vectors.ts'

interface SellerRules {
  readonly quotes: readonly {
    name: string
    last: { price: string; sentAt: number; life: number } | null
    price: string
    at: number
    due: boolean
  }[]
  readonly statements: readonly {
    name: string
    unstated: string
    credit: string
    ahead: string
    lastAt: number | null
    at: number
    due: boolean
  }[]
  readonly credits: readonly { paid: string; price: string; w: string; ts: number; unit: number; credit: string }[]
}
interface Bill {
  readonly b: number
  readonly o: string
}
interface BuyerRules {
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
    voucher: string
  }[]
  readonly prepayments: readonly { price: string; w: string; piece: number; allowance: string; prepayment: string }[]
}

const sum = (text: string) => btt(BigInt(text))
const billOf = ({ b, o }: Bill) => ({ billed: BigInt(o), billedBytes: b })

describe('seller-rules.json', () => {
  const { quotes, statements, credits } = readVectors<SellerRules>('seller-rules')
  it.each(quotes)('quote: $name', ({ last, price, at, due }) => {
    const before = last ? { pricePerMiB: sum(last.price), sentAtMs: last.sentAt, lifeMs: last.life } : undefined
    expect(quoteDue(BigInt(price), before, at)).toBe(due)
  })
  it.each(statements)('statement: $name', ({ unstated, credit, ahead, lastAt, at, due }) => {
    const sums = { unstated: BigInt(unstated), credit: BigInt(credit), paidAhead: BigInt(ahead) }
    const view = { ...sums, lastStatementMs: lastAt ?? undefined }
    expect(statementDue(view, at)).toBe(due)
  })
  it.each(credits)('credit of who paid $paid at $price', ({ paid, price, w, ts, unit, credit }) => {
    const terms = {
      paid: sum(paid),
      pricePerMiB: sum(price),
      spendRatePerSecond: sum(w),
      settleMs: ts,
      unitBytes: unit,
    }
    expect(String(creditLimit(terms))).toBe(credit)
  })
})

describe('buyer-rules.json', () => {
  const { statements, payments, prepayments } = readVectors<BuyerRules>('buyer-rules')
  it.each(statements)('a statement $name', ({ last, next, received, price, allowed, w, connections, fault }) => {
    const terms = {
      receivedBytes: received,
      pricePerMiB: BigInt(price),
      spendAllowed: BigInt(allowed),
      spendRatePerSecond: BigInt(w),
      blockBytes: 16_384 * connections,
    }
    expect(billFault(billOf(last), billOf(next), terms) ?? null).toBe(fault)
  })
  it.each(payments)('$name', (vector) => {
    const { billedBytes, verified, received, piece, badPiece } = vector
    const unverified = Math.max(0, received - verified)
    expect(Math.min(unverified, advanceBytes(verified, piece, badPiece))).toBe(vector.advance)
    const target = payable({
      billed: sum(vector.billed),
      billedBytes,
      verifiedBytes: verified,
      receivedBytes: received,
      pieceBytes: piece,
      badPiece,
      prepaid: sum(vector.ahead),
      paid: sum(vector.paid),
      budgetLeft: sum(vector.budgetLeft),
    })
    expect(String(target)).toBe(vector.voucher)
  })
  it.each(prepayments)('ahead: $w a second at $price', ({ price, w, piece, allowance, prepayment: wanted }) => {
    expect(String(prepayment(BigInt(price), BigInt(w), piece, BigInt(allowance)))).toBe(wanted)
  })
})
