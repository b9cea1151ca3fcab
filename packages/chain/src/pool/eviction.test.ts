/** A full pool: who leaves it, for whom, and when. */

import { createFeeMarket1559Tx } from '@ethereumjs/tx'
import { maxBig, minBig } from '@millrace/base'
import fc from 'fast-check'
import type { Hex } from 'viem'
import { describe, expect, test } from 'vitest'
import type { ChainTransaction } from '../block.ts'
import { createCommon } from '../common.ts'
import { bidOf } from '../execution/price.ts'
import { hexOf } from '../hex.ts'
import { createPool, type Pool, type PoolAccount, poolTransactionsMax } from './pool.ts'
import { gapMsMax } from './waiting.ts'

const common = createCommon(19_990)
const minuteMs = 60_000

interface Made {
  readonly sender: number
  readonly nonce: number
  readonly tip: number
  readonly maxFee?: number
}

function made({ sender, nonce, tip, maxFee = tip }: Made): ChainTransaction {
  const prices = { maxFeePerGas: BigInt(maxFee), maxPriorityFeePerGas: BigInt(Math.min(tip, maxFee)) }
  const tx = createFeeMarket1559Tx({ nonce: BigInt(nonce), gasLimit: 21_000n, ...prices }, { common })
  const address = Buffer.alloc(20)
  address.writeUInt32BE(sender, 16)
  return { tx, sender: hexOf(address), hash: hexOf(Uint8Array.of(...address, ...tx.getHashedMessageToSign())) }
}

const admission = (nonce = 0, baseFeePerGas = 10) => ({
  nonce: BigInt(nonce),
  balance: 10n ** 18n,
  baseFeePerGas: BigInt(baseFeePerGas),
  floor: 1n,
})
const still = { now: () => 0 }
const codeOf = (result: ReturnType<Pool['add']>) => (result.ok ? 'taken' : result.error.code)

/** A pool of so many places, all taken by accounts of one transaction each. */
function filled(transactionsMax: number, price: (index: number) => Pick<Made, 'tip' | 'maxFee'>) {
  const pool = createPool({ clock: still }, { transactionsMax })
  const held = Array.from({ length: transactionsMax }, (_item, index) =>
    made({ sender: 1 + index, nonce: 0, ...price(index) }),
  )
  for (const transaction of held) expect(codeOf(pool.add(transaction, admission()))).toBe('taken')
  return { pool, held }
}

describe('a full pool', () => {
  test('values a transaction by what a block would get of it, not by what it promises as a tip', () => {
    // The first offers a tip of 90 and at most 100 in all: at a base fee of 80 that is 100, less than the other's 110.
    const pool = createPool({ clock: still }, { transactionsMax: 2 })
    const capped = made({ sender: 1, nonce: 0, tip: 90, maxFee: 100 })
    const open = made({ sender: 2, nonce: 0, tip: 30, maxFee: 500 })
    for (const one of [capped, open]) expect(codeOf(pool.add(one, admission(0, 80)))).toBe('taken')
    expect(codeOf(pool.add(made({ sender: 3, nonce: 0, tip: 20, maxFee: 500 }), admission(0, 80)))).toBe('full')
    expect(codeOf(pool.add(made({ sender: 3, nonce: 0, tip: 21, maxFee: 500 }), admission(0, 80)))).toBe('taken')
    expect(pool.get(capped.hash)).toBeUndefined()
    expect(pool.get(open.hash)).toBe(open)
  })

  test('values it anew when the base fee has changed', () => {
    const pool = createPool({ clock: still }, { transactionsMax: 2 })
    const capped = made({ sender: 1, nonce: 0, tip: 90, maxFee: 100 })
    const open = made({ sender: 2, nonce: 0, tip: 30, maxFee: 500 })
    for (const one of [capped, open]) pool.add(one, admission())
    // At 10 the open one is the cheaper: 40 against 100. At 80 it is not.
    expect(codeOf(pool.add(made({ sender: 3, nonce: 0, tip: 1, maxFee: 40 }), admission()))).toBe('full')
    expect(codeOf(pool.add(made({ sender: 3, nonce: 0, tip: 25, maxFee: 500 }), admission(0, 80)))).toBe('taken')
    expect([pool.get(capped.hash), pool.get(open.hash)]).toEqual([undefined, open])
  })

  test('is not moved by a flood of cheap ones, however many come', () => {
    const { pool, held } = filled(poolTransactionsMax, () => ({ tip: 200 }))
    for (let index = 0; index < 2 * poolTransactionsMax; index++) {
      const cheap = made({ sender: 10_000 + (index >> 5), nonce: index & 31, tip: 199 - (index % 100), maxFee: 200 })
      expect(codeOf(pool.add(cheap, admission()))).toBe('full')
    }
    for (const transaction of held) expect(pool.get(transaction.hash)).toBe(transaction)
  })

  test('gives the places of cheap ones to dearer ones, one for one, the cheapest first', () => {
    const { pool, held } = filled(300, (index) => ({ tip: 100 + ((index * 7) % 300) }))
    const byPrice = held.toSorted((a, b) => (bidOf(a.tx).maxFeePerGas < bidOf(b.tx).maxFeePerGas ? -1 : 1))
    for (const [index, cheapest] of byPrice.entries()) {
      expect(pool.get(cheapest.hash)).toBe(cheapest)
      expect(codeOf(pool.add(made({ sender: 5000 + index, nonce: 0, tip: 1000 }), admission()))).toBe('taken')
      expect(pool.get(cheapest.hash)).toBeUndefined()
      expect(pool.size()).toBe(300)
    }
    expect(codeOf(pool.add(made({ sender: 9000, nonce: 0, tip: 1000 }), admission()))).toBe('full')
  })

  test('does not let a dear transaction hold the places of the cheap ones before it', () => {
    const pool = createPool({ clock: still }, { transactionsMax: 64 })
    for (let nonce = 0; nonce < 63; nonce++) pool.add(made({ sender: 1, nonce, tip: 20 }), admission())
    const shield = made({ sender: 1, nonce: 63, tip: 100_000 })
    expect(codeOf(pool.add(shield, admission()))).toBe('taken')
    for (let index = 0; index < 64; index++) {
      expect(codeOf(pool.add(made({ sender: 2 + index, nonce: 0, tip: 21 }), admission()))).toBe('taken')
    }
    expect(pool.content().some(({ sender }) => sender === shield.sender)).toBe(false)
  })

  test('of equally dear ones lets the last that came go first', () => {
    const { pool, held } = filled(3, () => ({ tip: 100 }))
    for (const [index, rest] of [2, 1, 0].entries()) {
      expect(codeOf(pool.add(made({ sender: 100 + index, nonce: 0, tip: 101 }), admission()))).toBe('taken')
      expect(held.filter(({ hash }) => pool.get(hash) !== undefined)).toHaveLength(rest)
      expect(pool.get(held[rest]?.hash ?? '0x')).toBeUndefined()
    }
  })
})

describe('what waits behind a gap', () => {
  const waiting = (minutes: { now: number }) => {
    const pool = createPool({ clock: { now: () => minutes.now * minuteMs } })
    const [run, next, behind] = [0, 1, 3].map((nonce) => made({ sender: 1, nonce, tip: 50 }))
    for (const one of [run, next, behind]) if (one !== undefined) pool.add(one, admission())
    const has = () => [run, next, behind].map((one) => one !== undefined && pool.get(one.hash) === one)
    return { pool, has }
  }
  const most = gapMsMax / minuteMs

  test('is forgotten after three hours, and what a block could take is not', () => {
    const minutes = { now: 0 }
    const { pool, has } = waiting(minutes)
    minutes.now = most - 1
    pool.sweep()
    expect(has()).toEqual([true, true, true])
    minutes.now = most
    pool.sweep()
    expect(has()).toEqual([true, true, false])
    expect(pool.pendingNonce(made({ sender: 1, nonce: 0, tip: 1 }).sender, 0n)).toBe(2n)
    minutes.now = 100 * most
    pool.sweep()
    expect(has()).toEqual([true, true, false])
    expect(pool.size()).toBe(2)
  })

  test('waits on as long as its account does anything: sends, replaces, is taken into a block', () => {
    const minutes = { now: 0 }
    const { pool, has } = waiting(minutes)
    const steps = [
      () => pool.add(made({ sender: 1, nonce: 5, tip: 50 }), admission()),
      () => pool.add(made({ sender: 1, nonce: 5, tip: 60 }), admission()),
      () => pool.settle(made({ sender: 1, nonce: 0, tip: 1 }).sender, 1n),
    ]
    for (const step of steps) {
      minutes.now += most - 1
      step()
      pool.sweep()
      expect(has()[2]).toBe(true)
    }
    minutes.now += most - 1
    pool.sweep()
    expect(has()).toEqual([false, true, true])
    minutes.now += 1
    pool.sweep()
    expect(has()).toEqual([false, true, false])
  })

  test('is looked for when others come, once a minute', () => {
    const minutes = { now: 0 }
    const { pool, has } = waiting(minutes)
    minutes.now = most
    pool.add(made({ sender: 2, nonce: 0, tip: 50 }), admission())
    expect(has()[2]).toBe(false)
    pool.add(made({ sender: 3, nonce: 1, tip: 50 }), admission())
    minutes.now += most + 0.5
    pool.sweep()
    expect(pool.size()).toBe(3)
    const late = made({ sender: 4, nonce: 1, tip: 50 })
    pool.add(late, admission())
    minutes.now += most - 0.5
    pool.sweep()
    expect(pool.get(late.hash), 'half a minute short').toBe(late)
    minutes.now += 0.5
    pool.sweep()
    expect(pool.get(late.hash), 'looked half a minute ago').toBe(late)
    minutes.now += 0.5
    pool.sweep()
    expect(pool.get(late.hash)).toBeUndefined()
  })
})

/** What the rules say, spelled out over everything that waits. */
function worth({ nonce, transactions }: PoolAccount, { tx }: ChainTransaction, baseFee: bigint) {
  const upTo = [...transactions.filter((one) => one.tx.nonce < tx.nonce), { tx }]
  const prices = upTo.map((one) => {
    const { maxFeePerGas, maxPriorityFeePerGas } = bidOf(one.tx)
    return minBig(maxFeePerGas, baseFee + maxPriorityFeePerGas)
  })
  const isReached = BigInt(upTo.length) === tx.nonce - nonce + 1n
  return { isReached, price: prices.reduce((a, b) => minBig(a, b)) }
}
const isLess = (a: ReturnType<typeof worth>, b: ReturnType<typeof worth>) =>
  a.isReached === b.isReached ? a.price < b.price : b.isReached

describe('over any sequence of transactions, blocks and base fees', () => {
  const transactionsMax = 9
  const step = fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constant('add' as const),
        sender: fc.nat(4),
        ahead: fc.nat(4),
        tip: fc.nat(99),
        maxFee: fc.integer({ min: 1, max: 200 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('block' as const), sender: fc.nat(4), count: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('baseFee' as const), value: fc.nat(120) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), place: fc.nat(transactionsMax - 1) }) },
  )

  test('the limit holds, the least worthy tail leaves and no other, and a block takes the best first', () => {
    let evictions = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 200 }), (steps) => {
        const pool = createPool({ clock: still }, { transactionsMax })
        const nonces = [0, 0, 0, 0, 0]
        let baseFee = 10
        for (const one of steps) {
          const before = pool.content()
          if (one.kind === 'baseFee') baseFee = one.value
          else if (one.kind === 'drop') pool.drop([...pool.waiting()][one.place]?.hash ?? '0x')
          else if (one.kind === 'block') {
            const nonce = (nonces[one.sender] ?? 0) + one.count
            nonces[one.sender] = nonce
            pool.settle(made({ sender: one.sender, nonce: 0, tip: 0 }).sender, BigInt(nonce))
          } else {
            const nonce = nonces[one.sender] ?? 0
            const transaction = made({ ...one, nonce: nonce + one.ahead })
            const code = codeOf(pool.add(transaction, admission(nonce, baseFee)))
            if (expectAdded(pool, before, transaction, { code, nonce: BigInt(nonce), baseFee: BigInt(baseFee) })) {
              evictions += 1
            }
          }
          expectSound(pool)
          expectBestFirst(pool, BigInt(baseFee))
        }
      }),
      { numRuns: 60 },
    )
    expect(evictions, 'the pool was full often enough to show anything').toBeGreaterThan(200)
  })

  /** Whether it took another's place, which must have been the least worthy one. */
  function expectAdded(
    pool: Pool,
    before: readonly PoolAccount[],
    transaction: ChainTransaction,
    { code, nonce, baseFee }: { readonly code: string; readonly nonce: bigint; readonly baseFee: bigint },
  ): boolean {
    const held = before.flatMap(({ transactions }) => transactions)
    const left = held.filter(({ hash }) => pool.get(hash) === undefined)
    const own = before.find(({ sender }) => sender === transaction.sender) ?? {
      sender: '0x' as Hex,
      nonce,
      transactions: [],
    }
    const old = own.transactions.find(({ tx }) => tx.nonce === transaction.tx.nonce)
    const tails = before.flatMap((account) => {
      const tail = account.transactions.at(-1)
      return tail === undefined ? [] : [{ tail, rank: worth(account, tail, baseFee) }]
    })
    const mine = worth(own, transaction, baseFee)
    if (code === 'full') {
      expect(held).toHaveLength(transactionsMax)
      for (const { rank } of tails) expect(isLess(rank, mine)).toBe(false)
    }
    if (code !== 'taken') expect(left).toEqual([])
    else if (old !== undefined) expect(left).toEqual([old])
    else if (held.length < transactionsMax) expect(left).toEqual([])
    else {
      expect(left).toHaveLength(1)
      const gone = tails.find(({ tail }) => tail === left[0])
      if (gone === undefined) throw new Error('what left was no tail')
      expect(isLess(gone.rank, mine)).toBe(true)
      for (const { rank } of tails) expect(isLess(rank, gone.rank)).toBe(false)
      return true
    }
    return false
  }

  function expectSound(pool: Pool): void {
    const content = pool.content()
    const all = content.flatMap(({ transactions }) => transactions)
    expect(all.length).toBeLessThanOrEqual(transactionsMax)
    expect(pool.size()).toBe(all.length)
    expect([...pool.waiting()]).toHaveLength(all.length)
    for (const { nonce, transactions } of content) {
      expect(transactions.length).toBeGreaterThan(0)
      for (const [index, { tx }] of transactions.entries()) {
        expect(tx.nonce).toBeGreaterThanOrEqual(nonce)
        if (index > 0) expect(tx.nonce).toBeGreaterThan(transactions[index - 1]?.tx.nonce ?? tx.nonce)
      }
    }
  }

  function expectBestFirst(pool: Pool, baseFee: bigint): void {
    const next = new Map(pool.content().map((account) => [account.sender, account]))
    const nonces = new Map([...next].map(([sender, { nonce }]) => [sender, nonce]))
    const offers = () =>
      [...next].flatMap(([sender, { transactions }]) => {
        const one = transactions.find(({ tx }) => tx.nonce === nonces.get(sender))
        if (one === undefined || bidOf(one.tx).maxFeePerGas < baseFee) return []
        return [{ one, price: worth({ sender, nonce: one.tx.nonce, transactions: [one] }, one, baseFee).price }]
      })
    const selection = pool.ordered(baseFee)
    for (let taken = selection.next(); taken !== undefined; taken = selection.next()) {
      const open = offers()
      const best = open.reduce((a, { price }) => maxBig(a, price), 0n)
      expect(open.filter(({ price }) => price === best).map(({ one }) => one)).toContain(taken)
      nonces.set(taken.sender, taken.tx.nonce + 1n)
    }
    expect(offers()).toEqual([])
  }
})
