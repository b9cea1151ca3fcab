/** The second client's sessions against the sequences of docs/spec: those that a minimal implementation must pass. */

import { describe, expect, it } from 'vitest'
import { BuyerSession } from './buyer-session.ts'
import type { Message } from './messages.ts'
import { SellerSession } from './seller-session.ts'
import { bytesOf } from './signing.ts'
import {
  domainOf,
  type JsonDomain,
  type JsonMessage,
  type JsonVault,
  messageOf,
  plain,
  readVectors,
  vaultOf,
} from './vectors.ts'

interface Sent {
  readonly sends: readonly { connection: number; message: JsonMessage }[]
}
interface SellerStep extends Sent {
  readonly at: number
  readonly event: string
  readonly message?: JsonMessage
  readonly ask?: string
  readonly price?: string
  readonly bytes?: number
  readonly amount?: string
  readonly credit?: string
  readonly vault?: JsonVault
  readonly inForce?: readonly string[]
  readonly accepted?: string
  readonly disputed?: boolean
}
interface BuyerStep extends Sent {
  readonly at: number
  readonly event: string
  readonly message?: JsonMessage
  readonly w?: string
  readonly m?: string
  readonly bytes?: number
  readonly guilty?: boolean
}
interface Parties {
  readonly domain: JsonDomain
  readonly payer: string
  readonly payee: string
}
interface Sequence<Step> {
  readonly name: string
  readonly level: 'minimal' | 'full'
  readonly steps: readonly Step[]
}

const wanted = ({ sends }: Sent): Message[] => sends.map(({ message }) => plain(messageOf(message)))
const said = (session: { readonly outbox: Message[] }): Message[] => session.outbox.splice(0).map(plain)
const minimal = <Step, One extends Sequence<Step>>(all: readonly One[]): One[] =>
  all.filter(({ level }) => level === 'minimal')

function sellerFor({ domain, payer, payee }: Parties, newest?: { u: string; n: string }): SellerSession {
  const own = domainOf(domain)
  const parties = { payer: bytesOf(payer), payee: bytesOf(payee) }
  const terms = { ...parties, domain: own, others: [{ ...own, chainId: 1_029n }], bootId: 1, quoteSeconds: 600 }
  const sum = BigInt(newest?.u ?? 0)
  const voucher = { ...parties, cumulative: sum, seq: BigInt(newest?.n ?? 0), totalIssued: sum }
  return new SellerSession(terms, newest && { ...voucher, signature: Buffer.alloc(65) })
}

async function stepSeller(seller: SellerSession, step: SellerStep): Promise<void> {
  const { at, event, message, ask = '0', price = '0', bytes = 0, amount = '0', credit = '0' } = step
  if (step.vault !== undefined) seller.vault = vaultOf(step.vault)
  if (event === 'price') seller.price(BigInt(ask), BigInt(price), at)
  else if (event === 'billed') seller.billed(bytes, BigInt(amount), BigInt(credit), at)
  else if (event === 'block') seller.block()
  else if (event === 'tick') seller.tick(at)
  else if (event === 'leaving') seller.leave()
  else if (message !== undefined) await seller.receive(messageOf(message), at)
}

async function stepBuyer(buyer: BuyerSession, step: BuyerStep): Promise<void> {
  const { at, event, message, bytes = 0, w = '0', m = '0', guilty = false } = step
  if (event === 'want') await buyer.want({ w: BigInt(w), m: BigInt(m) }, at)
  else if (event === 'received') buyer.received(bytes)
  else if (event === 'verified') await buyer.verified(bytes, at)
  else if (event === 'failed') buyer.failed(bytes, guilty)
  else if (event === 'block') await buyer.block(at)
  else if (event === 'tick') await buyer.tick(at)
  else if (message !== undefined) await buyer.receive(messageOf(message), at)
}

describe('vouchers.json', () => {
  interface Vectors extends Parties {
    readonly vouchers: readonly {
      name: string
      newest: { u: string; n: string } | null
      vault: JsonVault | null
      voucher: JsonMessage
      answer: 'accepted' | JsonMessage
    }[]
  }
  const vectors = readVectors<Vectors>('vouchers')
  it.each(vectors.vouchers)('$name', async ({ newest, vault, voucher, answer }) => {
    const seller = sellerFor(vectors, newest ?? undefined)
    seller.vault = vault === null ? undefined : vaultOf(vault)
    await seller.receive(messageOf(voucher), 0)
    expect(said(seller)).toEqual(answer === 'accepted' ? [] : [plain(messageOf(answer))])
    expect(String(seller.paid)).toBe(answer === 'accepted' ? voucher.u : (newest?.u ?? '0'))
  })
})

describe('seller-sequences.json', () => {
  const vectors = readVectors<Parties & { vault: JsonVault; sequences: Sequence<SellerStep>[] }>('seller-sequences')
  it.each(minimal<SellerStep, Sequence<SellerStep>>(vectors.sequences))('$name', async ({ steps }) => {
    const seller = sellerFor(vectors)
    seller.vault = vaultOf(vectors.vault)
    for (const [index, step] of steps.entries()) {
      const place = `step ${index} at ${step.at}`
      await stepSeller(seller, step)
      expect(said(seller), place).toEqual(wanted(step))
      if (step.inForce !== undefined) expect([String(seller.bid?.w ?? 0n)], place).toEqual(step.inForce)
      if (step.accepted !== undefined) expect(String(seller.paid), place).toBe(step.accepted)
      expect(seller.isDisputed, place).toBe(step.disputed ?? false)
    }
  })
})

describe('buyer-sequences.json', () => {
  interface Vectors extends Omit<Parties, 'payer'> {
    readonly payerKey: string
    readonly piece: number
    readonly allowance: string
    readonly budget: string
    readonly sequences: (Sequence<BuyerStep> & { budget?: string })[]
  }
  const vectors = readVectors<Vectors>('buyer-sequences')
  const { keys } = readVectors<{ keys: { key: string; account: string }[] }>('signing')
  const payer = bytesOf(keys.find(({ key }) => key === vectors.payerKey)?.account ?? '')
  const all = minimal<BuyerStep, Sequence<BuyerStep> & { budget?: string }>(vectors.sequences)
  it.each(all)('$name', async ({ steps, budget }) => {
    const { piece, payee, payerKey, allowance } = vectors
    const terms = { domain: domainOf(vectors.domain), key: bytesOf(payerKey), payer, payee: bytesOf(payee), piece }
    const money = { allowance: BigInt(allowance), budget: BigInt(budget ?? vectors.budget) }
    const buyer = new BuyerSession({ ...terms, ...money }, 0)
    for (const [index, step] of steps.entries()) {
      await stepBuyer(buyer, step)
      expect(said(buyer), `step ${index} at ${step.at}`).toEqual(wanted(step))
    }
  })
})
