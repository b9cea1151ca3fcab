/** The incentive pool on the real EVM: what uploaders gain, and that paying oneself never does. */

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  addresses,
  attacks,
  boss,
  coalition,
  creationOf,
  plainCaller,
  stuffedCaller,
  vouchersOf,
} from '../testing/attacks.ts'
import { testKey } from '../testing/evm.ts'
import { btt, burnAddress, gwei, IncentiveWorld, poolStart, priceFloor } from '../testing/incentive-world.ts'
import { incentiveTerms, issueAddresses, systemAddresses, termsWith } from './index.ts'

const uploader = testKey(30)
const payers = Array.from({ length: 20 }, (_, i) => testKey(i + 31))
const [payer = uploader] = payers
const patron = testKey(51)
const mostTerms = termsWith({
  rewardBps: 10_000,
  backedBps: 9_000,
  baseFeeBps: 7_500,
  tipBps: 3_000,
  gasOfCashedBps: 1_000,
})
const prices: readonly (readonly [name: string, baseFee: bigint, tip: bigint])[] = [
  ['all of the price is tip', 7n, priceFloor],
  ['half is burned', priceFloor / 2n, priceFloor / 2n],
  ['all is burned', priceFloor, 0n],
]

async function backedWorld(terms = termsWith()): Promise<IncentiveWorld> {
  const world = await IncentiveWorld.create([uploader, patron, ...payers], terms)
  for (const one of payers) await world.deposit(one, 10_000n * btt)
  return world
}

/** What a call of the pool adds to the uploader's vault balance beyond the vouchers' worth. */
async function rewardOf(world: IncentiveWorld, worth: bigint, call: () => Promise<{ revert: unknown }>) {
  const before = (await world.vault.books(uploader.address)).balance
  expect((await call()).revert).toBeUndefined()
  return (await world.vault.books(uploader.address)).balance - before - worth
}

test('what was burned for a payer is added to what its payee cashes, up to four fifths of it', async () => {
  const world = await backedWorld()
  await world.back(patron, payer.address, 100n * btt)
  expect(await world.evm.balanceOf(burnAddress)).toBe(100n * btt)
  expect(await world.pool.read('creditOf', [payer.address])).toBe(80n * btt)
  const rewards: bigint[] = []
  for (const worth of [500n * btt, 200n * btt, 500n * btt]) {
    await world.cashInVault(uploader, [await world.voucher(payer, uploader.address, worth)])
    rewards.push(await rewardOf(world, 0n, () => world.claim(uploader, uploader.address, [payer.address])))
  }
  expect(rewards).toEqual([50n * btt, 20n * btt, 10n * btt])
  expect(await world.pool.read('creditOf', [payer.address])).toBe(0n)
  expect(await world.evm.balanceOf(issueAddresses.incentives)).toBe(poolStart - 80n * btt)
})

test('cashing through the pool does both at once, and pays back a part of its gas', async () => {
  const world = await backedWorld()
  world.evm.baseFee = priceFloor
  await world.back(patron, payer.address, 100n * btt)
  const voucher = await world.voucher(payer, uploader.address, 100n * btt)
  const outcome = await world.cashInPool(uploader, [voucher], [payer.address])
  const { balance } = await world.vault.books(uploader.address)
  const forGas = balance - 110n * btt
  expect(forGas).toBeGreaterThan(0n)
  expect(forGas).toBeLessThan((outcome.gas * priceFloor) / 2n)
})

test.each(prices)(
  'an honest uploader gains by cashing ten vouchers through the pool when %s',
  async (_name, baseFee, tip) => {
    const world = await backedWorld()
    Object.assign(world.evm, { baseFee, tip })
    const set = payers.slice(0, 10)
    const vouchers = () => Promise.all(set.map((one) => world.voucher(one, uploader.address, 30n * btt)))
    const gain = async (call: () => Promise<{ revert: unknown }>) => {
      const before = await world.wealth([uploader.address])
      expect((await call()).revert).toBeUndefined()
      return (await world.wealth([uploader.address])) - before
    }
    await world.cashInPool(uploader, await vouchers())
    const [atVault, atPool] = [await vouchers(), await vouchers()]
    const plain = await gain(() => world.cashInVault(uploader, atVault))
    expect(await gain(() => world.cashInPool(uploader, atPool))).toBeGreaterThan(plain)
    for (const one of set) await world.back(patron, one.address, btt)
    const backed = addresses(set)
    const third = await vouchers()
    // Four fifths of what the patron burned, less the gas of asking for it.
    const more = await gain(() => world.cashInPool(uploader, third, backed))
    expect(more - plain).toBeGreaterThan(7n * btt)
  },
)

test('docs/incentives.md states what cashing through the pool gains', async () => {
  const rows: (readonly string[])[] = []
  const counts = [1, 2, 5, 10, 20]
  const world = await backedWorld()
  const vouchers = (count: number) => {
    return Promise.all(payers.slice(0, count).map((one) => world.voucher(one, uploader.address, 20n * btt)))
  }
  await world.cashInPool(uploader, await vouchers(20))
  for (const count of counts) {
    const gains: bigint[] = []
    let vaultGas = 0n
    for (const [, baseFee, tip] of prices) {
      Object.assign(world.evm, { baseFee, tip })
      const at = await world.wealth([uploader.address])
      vaultGas = (await world.cashInVault(uploader, await vouchers(count))).gas
      const between = await world.wealth([uploader.address])
      await world.cashInPool(uploader, await vouchers(count))
      const plain = between - at
      gains.push((await world.wealth([uploader.address])) - between - plain)
    }
    // To the nearest 100 gas: what a signature holds of zero bytes moves the last digits.
    const words = [vaultGas, ...gains.map((gain) => gain / priceFloor)].map(
      (gas) => Math.round(Number(gas) / 100) * 100,
    )
    rows.push([String(count), ...words.map((gas) => gas.toLocaleString('en'))])
  }
  const page = readFileSync(new URL('../../../docs/incentives.md', import.meta.url), 'utf8')
  const stated = page.split('\n').filter((line) => /^\| \d+ \|/.test(line))
  const cells = stated.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  expect(cells).toEqual(rows)
})

const attempts = Object.entries(attacks).flatMap(([name, attack]) =>
  prices.map(([price, baseFee, tip]) => ({ name, price, baseFee, tip, attack })),
)

test.each(attempts)('no gain by paying oneself: $name, when $price', async ({ baseFee, tip, attack }) => {
  for (const terms of [termsWith(), mostTerms]) {
    const world = await IncentiveWorld.create(coalition, terms)
    Object.assign(world.evm, { baseFee, tip })
    const before = await world.wealthWithTips(addresses(coalition))
    await attack(world)
    expect((await world.wealthWithTips(addresses(coalition))) - before).toBeLessThan(0n)
    // It was no empty attempt: the pool did pay.
    expect(await world.evm.balanceOf(issueAddresses.incentives)).toBeLessThan(poolStart)
  }
})

test('nobody has others pay the gas that comes back to him: a contract that calls gets none', async () => {
  const world = await IncentiveWorld.create(coalition, mostTerms)
  world.evm.baseFee = priceFloor
  for (const hand of coalition.slice(1)) await world.deposit(hand, 10_000n * btt)
  const paid = async (to: `0x${string}`) => {
    const data = world.pool.encode('cashMany', [await vouchersOf(world, 100n), []])
    const before = await world.wealth([boss.address])
    const { gas, revert } = await world.send(boss, to, 0n, data)
    expect(revert).toBeUndefined()
    const cost = gas * priceFloor
    return (await world.wealth([boss.address])) - before + cost - 2_000n * btt
  }
  for (const code of [plainCaller, stuffedCaller])
    expect(await paid(await world.evm.deploy(boss, creationOf(code)))).toBe(0n)
  expect(await paid(world.pool.address)).toBeGreaterThan(0n)
})

test('the bound on tips is not idle: who got all of its tips back would gain', async () => {
  const world = await IncentiveWorld.create(coalition, mostTerms)
  Object.assign(world.evm, { baseFee: 7n, tip: priceFloor })
  const before = await world.wealth(addresses(coalition))
  await attacks['a tip of a thousand times the price']?.(world)
  const tips = [...world.tipsPaid.values()].reduce((sum, paid) => sum + paid, 0n)
  expect((await world.wealth(addresses(coalition))) + tips).toBeGreaterThan(before)
})

test('nothing is paid twice for the same cashing, nor for what was never cashed', async () => {
  const world = await backedWorld()
  await world.back(patron, payer.address, 1_000n * btt)
  await world.cashInVault(uploader, [await world.voucher(payer, uploader.address, 100n * btt)])
  expect(await rewardOf(world, 0n, () => world.claim(uploader, uploader.address, [payer.address, payer.address]))).toBe(
    10n * btt,
  )
  expect(await rewardOf(world, 0n, () => world.claim(uploader, uploader.address, [payer.address]))).toBe(0n)
  const stranger = testKey(52).address
  expect(await rewardOf(world, 0n, () => world.claim(uploader, stranger, [payer.address]))).toBe(0n)
  expect((await world.vault.books(stranger)).balance).toBe(0n)
})

test('limits of a day hold for pair, payer, payee and all, and what is above them waits', async () => {
  const terms = termsWith({
    rewardBps: 10_000,
    pairDayMostBtt: 5,
    payerDayMostBtt: 7,
    payeeDayMostBtt: 9,
    dayMostBtt: 11,
  })
  const world = await backedWorld(terms)
  const [one = payer, two = payer, three = payer] = payers
  const other = testKey(52).address
  for (const each of [one, two, three]) {
    await world.back(patron, each.address, 100n * btt)
    for (const payee of [uploader.address, other])
      await world.cashInVault(patron, [await world.voucher(each, payee, 20n * btt)])
  }
  const claimed = async (payee: `0x${string}`, who: readonly { readonly address: `0x${string}` }[]) => {
    const before = (await world.vault.books(payee)).balance
    await world.claim(
      patron,
      payee,
      who.map(({ address }) => address),
    )
    return ((await world.vault.books(payee)).balance - before) / btt
  }
  expect(await claimed(uploader.address, [one])).toBe(5n)
  expect(await claimed(other, [one])).toBe(2n)
  expect(await claimed(uploader.address, [one, two, three])).toBe(4n)
  expect(await claimed(other, [two, three])).toBe(0n)
  world.evm.time += 86_400n
  expect(await claimed(other, [one, two, three])).toBe(9n)
  expect(await claimed(uploader.address, [one, two, three])).toBe(2n)
})

test('governance alone sets terms, within bounds that it can’t move', async () => {
  const world = await backedWorld()
  const { pool } = world
  const call = (from: `0x${string}`, terms: typeof mostTerms) => pool.callAs(from, 'setTerms', [terms])
  expect(pool.errorIn((await call(uploader.address, mostTerms)).revert)).toBe('OnlyBy')
  expect((await call(systemAddresses.governance, mostTerms)).revert).toBeUndefined()
  expect(await pool.read('terms', [])).toEqual(mostTerms)
  for (const name of [
    'backedBps',
    'baseFeeBps',
    'tipBps',
    'gasOfCashedBps',
    'payerDayMostBtt',
    'pairDayMostBtt',
  ] as const) {
    const above = { ...mostTerms, [name]: incentiveTerms[name].most + 1 }
    expect(pool.errorIn((await call(systemAddresses.governance, above)).revert)).toBe('TermsOutOfBounds')
  }
  expect(pool.errorIn((await pool.callAs(uploader.address, 'returnToFund', [1n])).revert)).toBe('OnlyBy')
  expect((await pool.callAs(systemAddresses.governance, 'returnToFund', [poolStart])).revert).toBeUndefined()
  expect(await world.evm.balanceOf(issueAddresses.fund)).toBe(poolStart)
})

test('an empty pool pays nothing and lets vouchers be cashed', async () => {
  const world = await backedWorld()
  world.evm.baseFee = 300n * gwei
  await world.pool.callAs(systemAddresses.governance, 'returnToFund', [poolStart])
  const voucher = await world.voucher(payer, uploader.address, 100n * btt)
  expect(await rewardOf(world, 100n * btt, () => world.cashInPool(uploader, [voucher], [payer.address]))).toBe(0n)
})

test('vouchers of two payees and none at all are refused', async () => {
  const world = await backedWorld()
  const [mine, other] = [
    await world.voucher(payer, uploader.address, btt),
    await world.voucher(payer, patron.address, btt),
  ]
  expect(world.pool.errorIn((await world.cashInPool(uploader, [mine, other])).revert)).toBe('OnePayeeAtATime')
  expect(world.pool.errorIn((await world.cashInPool(uploader, [])).revert)).toBe('NoVouchers')
  expect(world.pool.errorIn((await world.back(patron, payer.address, 0n)).revert)).toBe('NothingBurned')
})
