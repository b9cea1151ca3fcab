/** What an account can pay for bounds what of it waits, whatever order it comes in and whatever blocks bring. */

import { createFeeMarket1559Tx } from '@ethereumjs/tx'
import { defined, minBig } from '@millrace/base'
import fc from 'fast-check'
import type { Hex } from 'viem'
import { describe, expect, test } from 'vitest'
import { type AbciNode, openNode } from '../../testing/abci-node.ts'
import { connect, quickChain, rpc } from '../../testing/clients.ts'
import { leadConsensus } from '../../testing/consensus.ts'
import { testGenesis, testValidator } from '../../testing/validator-set.ts'
import type { ChainTransaction } from '../block.ts'
import { createCommon } from '../common.ts'
import { devAccount } from '../genesis/accounts.ts'
import { bytesOf, hexOf } from '../hex.ts'
import { memoryStore } from '../store/store.ts'
import { accountTransactionsMax, createPool, type Pool } from './pool.ts'
import { settleAll, settleBlock } from './settlement.ts'

const common = createCommon(19_990)
const gasLimit = 21_000n
/** What a transaction costs whose price is 100 and that pays nobody anything. */
const unit = gasLimit * 100n
const newPool = () => createPool({ clock: { now: () => 0 } })
const addressOf = (sender: number): Hex => `0x${sender.toString(16).padStart(40, '0')}`

/** Unsigned: the pool asks for the sender and the hash only where they are given. */
function made(nonce: number, value = 0n, price = 100n, sender = 1): ChainTransaction {
  const prices = { maxFeePerGas: price, maxPriorityFeePerGas: price }
  const tx = createFeeMarket1559Tx({ nonce: BigInt(nonce), gasLimit, value, ...prices }, { common })
  return { tx, sender: addressOf(sender), hash: hexOf(Uint8Array.of(sender, ...tx.getHashedMessageToSign())) }
}

const add = (pool: Pool, one: ChainTransaction, balance: bigint, nonce = 0) => {
  const added = pool.add(one, { nonce: BigInt(nonce), balance, baseFeePerGas: 10n, floor: 100n })
  return added.ok ? 'taken' : added.error
}
const noncesOf = (pool: Pool, sender = 1) =>
  pool
    .content()
    .filter((account) => account.sender === addressOf(sender))
    .flatMap(({ transactions }) => transactions.map(({ tx }) => Number(tx.nonce)))
/** A state in which every account has this balance. */
const state = (balance: bigint, nonce = 0n) => ({
  account: () => Promise.resolve({ nonce, balance, hasCode: false }),
})

describe('an account can’t queue more than it can pay', () => {
  test('with rising nonces', () => {
    const pool = newPool()
    expect(add(pool, made(0), 2n * unit)).toBe('taken')
    expect(add(pool, made(1, 1n), 2n * unit)).toEqual({
      code: 'funds',
      message: `insufficient funds for gas * price + value: balance ${2n * unit}, queued cost ${unit}, tx cost ${unit + 1n}, overshot 1`,
    })
    expect(add(pool, made(1), 2n * unit)).toBe('taken')
  })

  test('with falling nonces, each of which costs all that it has', () => {
    const pool = newPool()
    const last = accountTransactionsMax - 1
    expect(add(pool, made(last), unit)).toBe('taken')
    for (let nonce = last - 1; nonce >= 0; nonce--) {
      expect(add(pool, made(nonce), unit)).toMatchObject({ code: 'funds' })
    }
    expect(noncesOf(pool)).toEqual([last])
  })

  test('by a dearer replacement before others', () => {
    const pool = newPool()
    const balance = 3n * unit + 10n * gasLimit
    for (const nonce of [0, 1, 2]) expect(add(pool, made(nonce), balance)).toBe('taken')
    expect(add(pool, made(0, 1n, 110n), balance)).toEqual({
      code: 'funds',
      message: `insufficient funds for gas * price + value: balance ${balance}, queued cost ${3n * unit}, tx bumped ${10n * gasLimit + 1n}, overshot 1`,
    })
    expect(add(pool, made(0, 0n, 110n), balance)).toBe('taken')
    expect(noncesOf(pool)).toEqual([0, 1, 2])
  })

  test('by one that alone costs more', () => {
    const pool = newPool()
    add(pool, made(0), unit)
    expect(add(pool, made(1, 5n), unit)).toEqual({
      code: 'funds',
      message: `insufficient funds for gas * price + value: balance ${unit}, tx cost ${unit + 5n}, overshot 5`,
    })
  })
})

test('a wallet that has all its money in a waiting transaction can cancel it, and make it faster by giving less', () => {
  const pool = newPool()
  const all = made(0, 50n * unit)
  const balance = 51n * unit
  expect(add(pool, all, balance)).toBe('taken')
  expect(add(pool, made(0, 50n * unit, 110n), balance)).toMatchObject({ code: 'funds' })
  const faster = made(0, 50n * unit - 10n * gasLimit, 110n)
  expect(add(pool, faster, balance)).toBe('taken')
  const cancel = made(0, 0n, 121n)
  expect(add(pool, cancel, balance)).toBe('taken')
  expect([all, faster, cancel].map(({ hash }) => pool.get(hash))).toEqual([undefined, undefined, cancel])
  expect(add(pool, made(1, 48n * unit), balance), 'what the cancelled one would have cost is free again').toBe('taken')
})

test('what is taken, dropped or forgotten counts no more', () => {
  const pool = newPool()
  const [first, second, third] = [made(0), made(1), made(2)]
  for (const one of [first, second, third]) expect(add(pool, one, 3n * unit)).toBe('taken')
  pool.drop(third.hash)
  pool.settle(first.sender, 1n)
  expect(add(pool, made(2, unit), 3n * unit, 1), 'two units beside the second’s').toBe('taken')
  pool.settle(first.sender, 3n)
  expect(pool.size()).toBe(0)
  expect(add(pool, made(3, 2n * unit), 3n * unit, 3)).toBe('taken')
})

describe('a block', () => {
  test('with another transaction of the account leaves what it can still pay for, from the front', async () => {
    const pool = newPool()
    for (const nonce of [0, 1, 2, 5]) expect(add(pool, made(nonce), 4n * unit)).toBe('taken')
    const other = made(8, 0n, 100n, 2)
    expect(add(pool, other, unit)).toBe('taken')
    await settleBlock(pool, { transactions: [made(0, unit)] }, state(2n * unit))
    expect(noncesOf(pool)).toEqual([1, 2])
    expect(pool.get(other.hash)).toBe(other)
    await settleBlock(pool, { transactions: [made(1, unit)] }, state(unit - 1n))
    expect(noncesOf(pool)).toEqual([])
    expect(pool.size()).toBe(1)
  })

  test('with the account’s own ones asks for no balance', async () => {
    const pool = newPool()
    const own = [made(0), made(1), made(2)]
    for (const one of own) add(pool, one, 3n * unit)
    const asked = { account: () => Promise.reject(new Error('asked')) }
    await settleBlock(pool, { transactions: own.slice(0, 2) }, asked)
    expect(noncesOf(pool)).toEqual([2])
    await settleBlock(pool, { transactions: [made(0, 1n, 100n, 3)] }, asked)
    await expect(settleBlock(pool, { transactions: [made(1, 1n)] }, asked)).rejects.toThrow('asked')
  })

  test('that a snapshot brought moves any account', async () => {
    const pool = newPool()
    for (const nonce of [0, 1, 2, 3]) add(pool, made(nonce), 4n * unit)
    await settleAll(pool, state(2n * unit, 1n))
    expect(noncesOf(pool)).toEqual([1, 2])
  })
})

describe('on a real chain', () => {
  const to = '0x00000000000000000000000000000000000000dd'
  const fee = { maxFeePerGas: 2n * 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n, gas: gasLimit }
  const signed = (chainId: number, nonce: number, value: bigint) =>
    devAccount(1).signTransaction({ type: 'eip1559', chainId, nonce, to, value, ...fee })

  test('places are not had for money that another place is had for', async () => {
    const node = await quickChain()
    try {
      const balance = await connect(node, 1).reader.getBalance(devAccount(1))
      const all = balance - gasLimit * fee.maxFeePerGas
      const send = async (nonce: number, value: bigint) =>
        (await rpc(node.rpcUrl, 'eth_sendRawTransaction', await signed(node.chainId, nonce, value))).error
      expect(await send(9, all)).toBeUndefined()
      for (const nonce of [8, 7, 0]) {
        expect(await send(nonce, all)).toEqual({
          code: -32_000,
          message: expect.stringMatching(/^insufficient funds for gas \* price \+ value: balance \d+, queued cost \d+/),
        })
      }
      expect((await rpc(node.rpcUrl, 'txpool_status')).result).toEqual({ pending: '0x0', queued: '0x1' })
    } finally {
      await node.close()
    }
  })

  test('a block that spends what waiting ones count on makes the last of them go', async () => {
    const validator = testValidator('a')
    const genesis = testGenesis([validator])
    const [ours, other] = await Promise.all([0, 1].map(() => openNode({ genesis, store: memoryStore() })))
    if (ours === undefined || other === undefined) throw new Error('two nodes')
    const { chain } = ours
    const state = chain.engine.state(chain.head())
    const { balance } = defined(await state.account(devAccount(1).address), 'a dev account')
    const insert = async (node: AbciNode, nonce: number, tenths: bigint) => {
      const tx = bytesOf(await signed(genesis.chainId, nonce, (balance * tenths) / 10n))
      expect((await node.call('insertTx', { tx })).code).toBe(0)
    }
    for (const [nonce, tenths] of ([1n, 4n, 3n] as const).entries()) await insert(ours, nonce, tenths)
    await insert(other, 0, 5n)
    const { input } = await leadConsensus(other.chain, [validator]).next()
    await chain.app.finalizeBlock(input)
    await chain.app.commit()
    expect(chain.head().hash).toBe(other.chain.head().hash)
    expect(chain.pool.content().flatMap(({ transactions }) => transactions.map(({ tx }) => tx.nonce))).toEqual([1n])
  })
})

interface Modelled {
  readonly sender: number
  nonce: number
  balance: bigint
  readonly costs: Map<number, bigint>
}

const sumOf = (costs: ReadonlyMap<number, bigint>) => [...costs.values()].reduce((sum, cost) => sum + cost, 0n)

describe('over any sequence of transactions, replacements and blocks', () => {
  const who = fc.nat(2)
  const amount = fc.bigInt(0n, 6n * unit)
  const price = fc.bigInt(100n, 300n)
  const kind = <const K extends string>(name: K) => fc.constant(name)
  const offer = fc.record({ kind: kind('add'), who, ahead: fc.nat(4), value: amount, price })
  /** So many of the first that wait; each takes a part of the most that it may cost. */
  const own = fc.record({ kind: kind('own'), who, count: fc.integer({ min: 1, max: 3 }), tenths: fc.nat(10) })
  const stranger = fc.record({ kind: kind('stranger'), who, spent: amount })
  const paid = fc.record({ kind: kind('paid'), who, value: amount })
  const step = fc.oneof(
    { weight: 12, arbitrary: offer },
    { weight: 2, arbitrary: own },
    { weight: 2, arbitrary: stranger },
    { weight: 2, arbitrary: paid },
  )
  const seen = { taken: 0, refused: 0, replaced: 0, mined: 0, forgotten: 0 }

  test('an account can pay for all that waits, and what it can pay for is taken', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
        const pool = newPool()
        const model = [1, 2, 3].map((sender): Modelled => ({ sender, nonce: 0, balance: 10n * unit, costs: new Map() }))
        for (const one of steps) {
          const account = defined(model[one.who], 'one of three')
          const { sender, costs } = account
          if (one.kind === 'paid') account.balance += one.value
          else if (one.kind === 'add') expectJudged(pool, account, one)
          else if (one.kind === 'stranger') await stranded(pool, account, one.spent)
          else await mined(pool, account, one)
          expect(sumOf(costs)).toBeLessThanOrEqual(account.balance)
          expect(noncesOf(pool, sender)).toEqual([...costs.keys()].sort((a, b) => a - b))
        }
      }),
    )
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(50)
  })

  function expectJudged(
    pool: Pool,
    { sender, nonce: next, balance, costs }: Modelled,
    { ahead, value, price: bid }: { readonly ahead: number; readonly value: bigint; readonly price: bigint },
  ): void {
    const nonce = next + ahead
    const cost = value + gasLimit * bid
    const others = sumOf(costs) - (costs.get(nonce) ?? 0n)
    const added = add(pool, made(nonce, value, bid, sender), balance, next)
    const code = added === 'taken' ? added : added.code
    // Whether the price suffices is the other tests' matter.
    if (code === 'replacement' || code === 'known') return
    expect(code).toBe(others + cost <= balance ? 'taken' : 'funds')
    seen[code === 'funds' ? 'refused' : costs.has(nonce) ? 'replaced' : 'taken']++
    if (code === 'taken') costs.set(nonce, cost)
  }

  async function mined(
    pool: Pool,
    account: Modelled,
    { count, tenths }: { readonly count: number; readonly tenths: number },
  ): Promise<void> {
    const waiting = pool.content().find(({ sender }) => sender === addressOf(account.sender))?.transactions ?? []
    const run = waiting.filter(({ tx }, index) => Number(tx.nonce) === account.nonce + index).slice(0, count)
    for (const { tx } of run) {
      account.balance -= ((account.costs.get(Number(tx.nonce)) ?? 0n) * BigInt(tenths)) / 10n
      account.costs.delete(account.nonce++)
      seen.mined++
    }
    await settleBlock(pool, { transactions: run }, state(account.balance))
  }

  /** A block takes a transaction of the account that the pool does not know. */
  async function stranded(pool: Pool, account: Modelled, spent: bigint): Promise<void> {
    const { costs } = account
    account.balance -= minBig(spent, account.balance)
    costs.delete(account.nonce)
    await settleBlock(pool, { transactions: [made(account.nonce, 1n, 99n, account.sender)] }, state(account.balance))
    account.nonce++
    for (const nonce of [...costs.keys()].sort((a, b) => b - a)) {
      if (sumOf(costs) <= account.balance) return
      costs.delete(nonce)
      seen.forgotten++
    }
  }
})
