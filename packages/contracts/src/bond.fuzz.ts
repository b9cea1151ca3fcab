/** Random histories of bonds, over-issuing and claims on the real EVM: BTT is conserved and nobody gains by a proof. */

import { minBig } from '@millrace/base'
import fc from 'fast-check'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { type BondWorld, bondWorld } from '../testing/bond-world.ts'
import { testKey } from '../testing/evm.ts'
import { delaySeconds, type SignedFields } from '../testing/vault-world.ts'

const keys = [testKey(0), testKey(1), testKey(2), testKey(3)] as const
const [payer, ...others] = keys
const burnAddress: Hex = '0x000000000000000000000000000000000000dEaD'
const zero: Hex = `0x${'00'.repeat(20)}`

const key = fc.constantFrom(...keys)
const payee = fc.constantFrom(...others)
const voucher = fc.record({
  payee,
  cumulative: fc.bigInt(1n, 300n),
  seq: fc.bigInt(0n, 3n),
  totalIssued: fc.bigInt(1n, 500n),
})
const by = key
const proof = fc.record({
  t: fc.constant('prove' as const),
  by,
  // Half of them of one seq.
  vouchers: fc
    .tuple(fc.array(voucher, { minLength: 2, maxLength: 4 }), fc.boolean())
    .map(([list, level]) => (level ? list.map((one) => ({ ...one, seq: 3n })) : list)),
})
const claim = fc.record({ t: fc.constant('claim' as const), voucher })
const wait = fc.record({
  t: fc.constant('wait' as const),
  seconds: fc.constantFrom(1n, delaySeconds - 1n, delaySeconds),
})
const settle = fc.record({ t: fc.constant('settle' as const) })
const act = fc.oneof(
  fc.record({ t: fc.constant('bond' as const), by, amount: fc.bigInt(1n, 400n) }),
  fc.record({ t: fc.constant('deposit' as const), amount: fc.bigInt(1n, 100n) }),
  fc.record({ t: fc.constant('plan' as const), amount: fc.bigInt(0n, 400n) }),
  fc.record({ t: fc.constant('withdraw' as const) }),
  fc.record({ t: fc.constant('cash' as const), voucher }),
  wait,
  proof,
  claim,
  settle,
)
/** Any acts, then the way of a bond to its end with any acts between. */
const history = fc
  .tuple(fc.array(act, { maxLength: 4 }), proof, fc.array(claim, { maxLength: 3 }), fc.array(act, { maxLength: 2 }))
  .map(([before, proven, claims, after]): readonly Act[] => [
    ...before,
    proven,
    ...claims,
    ...after,
    { t: 'wait', seconds: delaySeconds },
    { t: 'settle' },
  ])
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never
type Terms = typeof voucher extends fc.Arbitrary<infer T> ? T : never

/** Sums by the events: what the contracts' BTT must be. */
interface Sums {
  bonded: bigint
  withdrawn: bigint
  slashed: bigint
  reward: bigint
  pot: bigint
  settled: bigint
  burned: bigint
  deposited: bigint
  proofs: number
}

const sign = (world: BondWorld, { payee: to, ...terms }: Terms): Promise<SignedFields> => world.sign(payer, to, terms)

/** What vouchers up to the statement's say, written without looking at how the contract judges it. */
function isProof(statement: Terms, earlier: readonly Terms[]): boolean {
  const differs = (other: Terms) =>
    other.payee !== statement.payee ||
    other.cumulative !== statement.cumulative ||
    other.totalIssued !== statement.totalIssued
  if (earlier.some((other) => other.seq === statement.seq && differs(other))) return true
  return earlier.reduce((total, { cumulative }) => total + cumulative, 0n) > statement.totalIssued
}

async function run(world: BondWorld, sums: Sums, it: Act): Promise<void> {
  const { bond, vault, evm } = world
  switch (it.t) {
    case 'bond': {
      const { events } = await bond.call(it.by, 'bondFor', [payer.address], it.amount)
      if (events.length > 0) sums.bonded += it.amount
      expect(events.length).toBe(sums.proofs === 0 ? 1 : 0)
      return
    }
    case 'deposit':
      await vault.call(payer, 'depositFor', [payer.address], it.amount)
      sums.deposited += it.amount
      return
    case 'plan':
      await bond.call(payer, 'planWithdraw', [it.amount])
      return
    case 'withdraw':
      for (const { eventName, args } of (await bond.call(payer, 'withdraw', [payer.address])).events) {
        if (eventName === 'BondWithdrawn') sums.withdrawn += args.amount
      }
      return
    case 'wait':
      evm.time += it.seconds
      return
    case 'prove':
      return prove(world, sums, it.by, it.vouchers)
    case 'cash':
      await vault.call(payer, 'cash', [await sign(world, it.voucher), zero])
      return
    case 'claim': {
      const { revert } = await bond.call(payer, 'claim', [await sign(world, it.voucher)])
      if (sums.proofs === 0) expect(bond.errorIn(revert)).toBe('NotProven')
      return
    }
    case 'settle':
      return take(
        sums,
        (await bond.call(payer, 'settle', [payer.address, others.map(({ address }) => address)])).events,
      )
  }
}

async function prove(world: BondWorld, sums: Sums, by: (typeof keys)[number], vouchers: readonly Terms[]) {
  const [statement] = vouchers
  if (statement === undefined) return
  const rest = [...new Map(vouchers.map((one) => [one.payee, one])).values()].toSorted((a, b) =>
    a.payee.address.toLowerCase() < b.payee.address.toLowerCase() ? -1 : 1,
  )
  const signed = await Promise.all(rest.map((one) => sign(world, one)))
  const outcome = await world.bond.call(by, 'proveOverissue', [await sign(world, statement), signed])
  const earlier = rest.filter(({ seq }) => seq <= statement.seq)
  const expected = sums.proofs === 0 && isProof(statement, earlier)
  // A list that a later voucher spoils may be refused, but nothing proves what the earlier ones do not.
  if (outcome.revert === undefined || earlier.length === rest.length) {
    expect(outcome.revert === undefined).toBe(expected)
  }
  take(sums, outcome.events)
}

function take(sums: Sums, events: Awaited<ReturnType<BondWorld['bond']['call']>>['events']): void {
  for (const { eventName, args } of events) {
    if (eventName === 'Settled') sums.settled += args.amount
    if (eventName === 'Burned') sums.burned += args.amount
    if (eventName !== 'Overissued') continue
    sums.proofs += 1
    sums.slashed += args.slashed
    sums.reward += args.reward
    sums.pot += args.pot
  }
}

async function check({ evm, vault, bond }: BondWorld, sums: Sums): Promise<void> {
  const [amount] = await bond.read('stakes', [payer.address])
  const held = await evm.balanceOf(bond.address)
  expect(amount).toBe(sums.bonded - sums.withdrawn - sums.slashed)
  expect(held).toBe(sums.bonded - sums.withdrawn - sums.reward - sums.settled - sums.burned)
  expect(held >= amount).toBe(true)
  expect(await evm.balanceOf(burnAddress)).toBe(sums.burned)
  let balances = 0n
  for (const { address } of keys) balances += (await vault.books(address)).balance
  expect(await evm.balanceOf(vault.address)).toBe(balances)
  expect(balances).toBe(sums.deposited + sums.reward + sums.settled)
  // Whoever they are, reporter and payees get no more than nine sixteenths of what the payer loses.
  expect(16n * (sums.reward + sums.settled) <= 9n * sums.slashed).toBe(true)
  expect(sums.settled).toBe(minBig(sums.settled, sums.pot))
  expect(sums.proofs).toBeLessThanOrEqual(1)
}

test('bonds keep their promises through random histories', async () => {
  await fc.assert(
    fc.asyncProperty(fc.bigInt(1n, 2_000n), history, async (first, acts) => {
      const world = await bondWorld(keys)
      const sums: Sums = {
        bonded: 0n,
        withdrawn: 0n,
        slashed: 0n,
        reward: 0n,
        pot: 0n,
        settled: 0n,
        burned: 0n,
        deposited: 0n,
        proofs: 0,
      }
      await run(world, sums, { t: 'bond', by: payer, amount: first })
      for (const it of acts) {
        await run(world, sums, it)
        if (it.t === 'prove' || it.t === 'settle') await check(world, sums)
      }
      await check(world, sums)
    }),
    { numRuns: 100, interruptAfterTimeLimit: 6_000 },
  )
})
