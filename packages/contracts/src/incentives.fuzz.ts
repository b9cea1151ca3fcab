/**
 * Random doings of one coalition that is payer and payee at once, beside honest payers whose backing it would like to
 * have. No doing makes it richer, when everything is counted that it could make of it: BTT at hand and in the vault, the
 * tips that validators among it may get back, and all that the backing of its payers can still pay. And no BTT comes or goes
 * but by the base fees that are burned; the vault holds what it owes.
 */

import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { addresses, boss, creationOf, plainCaller, stuffedCaller } from '../testing/attacks.ts'
import { testKey } from '../testing/evm.ts'
import { fuzzPlan, fuzzWorlds, Tally } from '../testing/fuzz-run.ts'
import { btt, gwei, IncentiveWorld, poolStart } from '../testing/incentive-world.ts'
import { Chance } from '../testing/stake-fuzz/chance.ts'
import { delaySeconds } from '../testing/vault-world.ts'
import { incentiveTerms, issueAddresses, termsWith } from './index.ts'

const coalition = [boss, testKey(1), testKey(2), testKey(3), testKey(4)]
const names = addresses(coalition)
const honest = [testKey(40), testKey(41)]
const uploader = testKey(42)

interface Run {
  readonly world: IncentiveWorld
  readonly chance: Chance
  /** Contracts that call the pool for the coalition. */
  readonly callers: readonly Hex[]
}

/** Answers whether it was done. */
type Doing = (run: Run) => Promise<{ readonly revert: Hex | undefined }>

const doings: Readonly<Record<string, Doing>> = {
  deposit: ({ world, chance }) => world.deposit(chance.of(coalition), chance.scaled(1_000_000n * btt)),
  back: ({ world, chance }) =>
    world.back(chance.of(coalition), chance.of(coalition).address, chance.scaled(10_000n * btt)),
  cashInPool: async ({ world, chance }) => {
    const payee = chance.of(coalition)
    const vouchers = await someVouchers(world, chance, payee.address)
    return world.cashInPool(chance.of(coalition), vouchers, someNames(chance))
  },
  cashInVault: async ({ world, chance }) => {
    const payee = chance.of(coalition)
    return world.cashInVault(payee, await someVouchers(world, chance, payee.address))
  },
  callByContract: async ({ world, chance, callers }) => {
    const vouchers = await someVouchers(world, chance, chance.of(coalition).address)
    const data = world.pool.encode('cashMany', [vouchers, someNames(chance)])
    return world.send(chance.of(coalition), chance.of(callers), 0n, chance.is(0.3) ? '0x' : data)
  },
  claim: ({ world, chance }) => world.claim(chance.of(coalition), chance.of(coalition).address, someNames(chance)),
  withdraw: async ({ world, chance }) => {
    const who = chance.of(coalition)
    const plan = world.vault.encode('planWithdraw', [chance.scaled(1_000_000n * btt)])
    await world.send(who, world.vault.vault, 0n, plan)
    world.evm.time += delaySeconds
    return world.send(who, world.vault.vault, 0n, world.vault.encode('withdraw', [chance.of(coalition).address]))
  },
  // What the honest do is no gain of the coalition's, and must not become one.
  honestly: async ({ world, chance }) => {
    const payer = chance.of(honest)
    await world.back(uploader, payer.address, chance.scaled(100n * btt))
    const voucher = await world.voucher(payer, uploader.address, chance.scaled(1_000n * btt))
    return world.cashInPool(uploader, [voucher], [payer.address])
  },
  passTime: async ({ world, chance }) => {
    world.evm.time += BigInt(chance.number(200_000))
    world.evm.baseFee = chance.is(0.3) ? 7n : chance.scaled(1_000n * gwei) + 7n
    world.evm.tip = chance.is(0.3) ? 0n : chance.scaled(100_000n * gwei)
    return { revert: undefined }
  },
}

function someNames(chance: Chance): Hex[] {
  return Array.from({ length: chance.number(6) }, () => chance.of([...names, ...addresses(honest)]))
}

function someVouchers(world: IncentiveWorld, chance: Chance, payee: Hex) {
  const count = 1 + chance.number(8)
  const each = () => world.voucher(chance.of(coalition), payee, chance.scaled(100_000n * btt))
  return Promise.all(Array.from({ length: count }, each))
}

function someTerms(chance: Chance) {
  const entries = Object.entries(incentiveTerms).map(([name, { least, most, value }]) => {
    return [name, chance.is(0.4) ? most : chance.is(0.5) ? value : least + Number(chance.amount(BigInt(most - least)))]
  })
  return termsWith(Object.fromEntries(entries))
}

async function worth(world: IncentiveWorld): Promise<bigint> {
  let sum = await world.wealthWithTips(names)
  for (const name of names) sum += await world.pool.read('creditOf', [name])
  return sum
}

async function attempt(seed: number, count: number, tally: Tally): Promise<void> {
  const chance = new Chance(seed)
  const world = await IncentiveWorld.create([...coalition, ...honest, uploader], someTerms(chance))
  for (const payer of honest) await world.deposit(payer, 1_000_000n * btt)
  const callers = [
    await world.evm.deploy(boss, creationOf(stuffedCaller)),
    await world.evm.deploy(boss, creationOf(plainCaller)),
  ]
  let before = await worth(world)
  const everybody = [...names, ...addresses(honest), uploader.address]
  const supply = await world.supply(everybody)
  for (let call = 0; call < count; call++) {
    const [name, doing] = chance.of(Object.entries(doings))
    tally.add(name, (await doing({ world, chance, callers })).revert === undefined)
    const after = await worth(world)
    expect(after, `seed ${seed}, call ${call}`).toBeLessThanOrEqual(before)
    before = after
    expect(await world.supply(everybody), `seed ${seed}, call ${call}`).toBe(supply)
  }
  let owed = 0n
  for (const one of everybody) owed += (await world.vault.books(one)).balance
  expect(await world.evm.balanceOf(world.vault.vault)).toBe(owed)
  expect(await world.evm.balanceOf(issueAddresses.incentives)).toBeLessThan(poolStart)
}

test('a coalition of payers and payees never gains, whatever it does', { timeout: 0 }, async () => {
  const plan = fuzzPlan('incentives', 200, 100)
  const tally = new Tally()
  await fuzzWorlds(plan, tally, (seed, calls) => attempt(seed, calls, tally))
  expect(tally.calls).toBe(plan.calls)
})
