import { createFeeMarket1559Tx } from '@ethereumjs/tx'
import { expect, test } from 'vitest'
import type { ChainTransaction } from '../block.ts'
import { createCommon } from '../common.ts'
import { hexOf } from '../hex.ts'
import { createPool } from '../pool/pool.ts'
import { type ProposalSource, proposalSource } from './proposal-source.ts'

const common = createCommon(19_990)
const baseFeePerGas = 10n

/** Unsigned: neither pool nor source looks at more than this. The dearest comes first. */
function transaction(sender: number): ChainTransaction {
  const price = 1000n - BigInt(sender)
  const fields = { nonce: 0n, maxFeePerGas: price, maxPriorityFeePerGas: price, gasLimit: 21_000n }
  const tx = createFeeMarket1559Tx(fields, { common })
  const hash = hexOf(Uint8Array.of(sender, ...tx.getHashedMessageToSign()))
  return { tx, sender: `0x${sender.toString(16).padStart(40, '0')}`, hash }
}

const [a, b, c, deployment] = [transaction(1), transaction(2), transaction(3), transaction(4)] as const

function opened(first: readonly ChainTransaction[] = []) {
  const pool = createPool({ clock: { now: () => 0 } })
  for (const tx of [a, b, c]) {
    expect(pool.add(tx, { nonce: 0n, balance: 10n ** 18n, baseFeePerGas, floor: 100n }).ok).toBe(true)
  }
  return { pool, source: proposalSource({ pool, baseFeePerGas, bytesMax: 1_000_000, first }) }
}

/** What is known of the choice by now. */
async function known({ chosen }: ProposalSource): Promise<readonly ChainTransaction[] | undefined> {
  return Promise.race([chosen, Promise.resolve(undefined)])
}

function run(source: ProposalSource, expected: ChainTransaction): void {
  expect(source.next()).toBe(expected)
  source.started?.(expected)
}

test('with time left a block takes all there is, and is known then', async () => {
  const { source } = opened()
  for (const each of [a, b, c]) run(source, each)
  expect(await known(source)).toBeUndefined()
  expect(source.next()).toBeUndefined()
  expect(await known(source)).toEqual([a, b, c])
})

test('what runs when the time is over is the last, and the block is known before it ends', async () => {
  const { source } = opened()
  run(source, a)
  run(source, b)
  source.end()
  expect(await known(source)).toEqual([a, b])
  expect(source.next()).toBeUndefined()
})

test('what is being checked when the time is over is in the block if it passes', async () => {
  const { source } = opened()
  run(source, a)
  expect(source.next()).toBe(b)
  source.end()
  expect(await known(source)).toBeUndefined()
  source.started?.(b)
  expect(await known(source)).toEqual([a, b])
})

test('and not if it is refused', async () => {
  const { source, pool } = opened()
  run(source, a)
  expect(source.next()).toBe(b)
  source.end()
  source.refused(b, 'invalid', 'no funds')
  expect(source.next()).toBeUndefined()
  expect(await known(source)).toEqual([a])
  expect(pool.get(b.hash)).toBeUndefined()
  expect(pool.get(c.hash)).toBe(c)
})

test('a block without any time left has one of the pool’s transactions, the first that passes', async () => {
  const { source } = opened()
  source.end()
  expect(source.next()).toBe(a)
  source.refused(a, 'block-full', 'no room')
  run(source, b)
  expect(await known(source)).toEqual([b])
  expect(source.next()).toBeUndefined()
})

test('what the first block must begin with is in it whatever the time', async () => {
  const { source } = opened([deployment])
  source.end()
  run(source, deployment)
  expect(await known(source)).toBeUndefined()
  run(source, a)
  expect(await known(source)).toEqual([deployment, a])
})
