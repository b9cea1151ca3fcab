import { createFeeMarket1559Tx } from '@ethereumjs/tx'
import fc from 'fast-check'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import type { ChainTransaction } from '../block.ts'
import { createCommon } from '../common.ts'
import { hexOf } from '../hex.ts'
import { accountTransactionsMax, createPool, type Pool, poolTransactionsMax } from './pool.ts'

const common = createCommon(19_990)
const clock = { now: () => 0 }
const baseFeePerGas = 10n
const floor = 100n
const state = (nonce: bigint, balance = 10n ** 18n) => ({ nonce, balance, baseFeePerGas, floor })

/** Unsigned: the pool asks for the sender and the hash only where they are given. */
function transaction(sender: number, nonce: bigint, price: bigint, value = 0n): ChainTransaction {
  const tx = createFeeMarket1559Tx(
    {
      nonce,
      maxFeePerGas: price,
      maxPriorityFeePerGas: price,
      gasLimit: 21_000n,
      value,
    },
    { common },
  )
  return {
    tx,
    sender: `0x${sender.toString(16).padStart(40, '0')}`,
    hash: hexOf(Uint8Array.of(sender, ...tx.getHashedMessageToSign())),
  }
}

const take = (pool: Pool): readonly (readonly [Hex, bigint])[] => {
  const selection = pool.ordered(baseFeePerGas)
  const taken: [Hex, bigint][] = []
  for (let next = selection.next(); next !== undefined; next = selection.next())
    taken.push([next.sender, next.tx.nonce])
  return taken
}

test('the dearest goes first, but never before its account’s earlier nonces', () => {
  const pool = createPool({ clock })
  const [a, b] = [transaction(1, 0n, 200n), transaction(1, 1n, 900n)]
  const [c, d] = [transaction(2, 0n, 300n), transaction(2, 2n, 999n)]
  for (const tx of [a, b, c, d]) expect(pool.add(tx, state(0n)).ok).toBe(true)
  expect(take(pool)).toEqual([
    [c.sender, 0n],
    [a.sender, 0n],
    [b.sender, 1n],
  ])
  pool.settle(c.sender, 2n)
  expect(take(pool)[0]).toEqual([d.sender, 2n])
})

test('of equal prices what came first goes first, whose account ever it is', () => {
  const pool = createPool({ clock })
  const came = [transaction(1, 0n, 200n), transaction(2, 0n, 200n), transaction(1, 1n, 200n), transaction(3, 0n, 200n)]
  for (const tx of came) expect(pool.add(tx, state(0n)).ok).toBe(true)
  expect(take(pool)).toEqual(came.map(({ sender, tx }) => [sender, tx.nonce]))
})

test('a selection holds what waited when it began: what comes meanwhile is for the next block', () => {
  const pool = createPool({ clock })
  const [first, second, replaced] = [transaction(1, 0n, 200n), transaction(1, 1n, 200n), transaction(1, 1n, 400n)]
  for (const tx of [first, second]) pool.add(tx, state(0n))
  const selection = pool.ordered(baseFeePerGas)
  expect(selection.next()).toBe(first)
  for (const tx of [replaced, transaction(1, 2n, 900n), transaction(2, 0n, 900n)]) {
    expect(pool.add(tx, state(0n)).ok).toBe(true)
  }
  expect(selection.next(), 'its place was taken by a later one').toBeUndefined()
  expect(take(pool)).toHaveLength(4)
})

test('an account has so many places, the pool so many, and a dearer transaction takes the cheapest one’s', () => {
  const pool = createPool({ clock })
  expect(pool.add(transaction(1, BigInt(accountTransactionsMax), 200n), state(0n))).toMatchObject({
    error: { code: 'nonce-too-high' },
  })
  for (let i = 0; i < poolTransactionsMax; i++) {
    const added = pool.add(transaction(1 + (i >> 6), BigInt(i & 63), i < 64 ? 150n : 200n), state(0n))
    expect(added.ok).toBe(true)
  }
  expect(pool.add(transaction(200, 0n, 150n), state(0n))).toMatchObject({ error: { code: 'full' } })
  const dear = transaction(200, 0n, 151n)
  expect(pool.add(dear, state(0n)).ok).toBe(true)
  expect(pool.size()).toBe(poolTransactionsMax)
  expect(pool.get(dear.hash)).toBe(dear)
  expect(pool.pendingNonce(transaction(1, 0n, 150n).sender, 0n), 'its last place is gone').toBe(63n)
})

test('in a full pool what waits behind a gap goes first, and never drives out what a block could take', () => {
  const pool = createPool({ clock })
  for (let i = 0; i < poolTransactionsMax; i++) {
    // Account 1 has everything but its first nonce; all others have an unbroken run.
    const [sender, nonce, tip] = i < 63 ? [1, BigInt(i + 1), 900n] : [2 + ((i - 63) >> 6), BigInt((i - 63) & 63), 150n]
    expect(pool.add(transaction(sender, nonce, tip), state(0n)).ok).toBe(true)
  }
  const gapped = transaction(900, 5n, 900n)
  expect(pool.add(gapped, state(0n)), 'no dearer than the others behind gaps').toMatchObject({
    error: { code: 'full' },
  })
  const dearer = transaction(900, 5n, 901n)
  expect(pool.add(dearer, state(0n)).ok, 'one behind a gap for another').toBe(true)
  expect(pool.get(transaction(1, 63n, 900n).hash)).toBeUndefined()
  for (let i = 0; i < 63; i++) expect(pool.add(transaction(901 + i, 0n, 120n), state(0n)).ok, `cheap ${i}`).toBe(true)
  expect(pool.get(dearer.hash), 'all behind gaps are gone').toBeUndefined()
  expect(pool.add(transaction(999, 7n, 999n), state(0n))).toMatchObject({ error: { code: 'full' } })
  expect(pool.add(transaction(999, 0n, 120n), state(0n))).toMatchObject({ error: { code: 'full' } })
  expect(pool.add(transaction(999, 0n, 121n), state(0n)).ok).toBe(true)
  expect(pool.size()).toBe(poolTransactionsMax)
})

test('what a block could not take does not call for one', () => {
  const pool = createPool({ clock })
  pool.add(transaction(1, 1n, 200n), state(0n))
  expect(pool.hasExecutable(baseFeePerGas, floor), 'a gap').toBe(false)
  pool.add(transaction(1, 0n, 200n), state(0n))
  expect(pool.hasExecutable(baseFeePerGas, floor)).toBe(true)
  expect(pool.hasExecutable(201n, floor), 'the base fee has risen').toBe(false)
})

test('whatever comes, a selection has rising nonces without gaps and the count is right', () => {
  const step = fc.record({ sender: fc.nat(3), nonce: fc.bigInt(0n, 5n), price: fc.bigInt(90n, 300n) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const pool = createPool({ clock })
      const waiting = new Map<string, bigint>()
      for (const { sender, nonce, price } of steps) {
        const key = `${sender} ${nonce}`
        const old = waiting.get(key)
        const fits = price >= floor && (old === undefined || price * 10n >= old * 11n)
        expect(pool.add(transaction(sender, nonce, price), state(0n)).ok).toBe(fits)
        if (fits) waiting.set(key, price)
      }
      expect(pool.size()).toBe(waiting.size)
      const next = new Map<Hex, bigint>()
      for (const [sender, nonce] of take(pool)) {
        expect(nonce).toBe(next.get(sender) ?? 0n)
        next.set(sender, nonce + 1n)
      }
      for (const [sender, nonce] of next) expect(pool.pendingNonce(sender, 0n)).toBe(nonce)
    }),
  )
})
