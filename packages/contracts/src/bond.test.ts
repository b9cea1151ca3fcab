import type { Hex } from 'viem'
import { beforeEach, describe, expect, test } from 'vitest'
import { type BondWorld, bondWorld, type Terms } from '../testing/bond-world.ts'
import { testKey } from '../testing/evm.ts'
import { delaySeconds, type SignedFields } from '../testing/vault-world.ts'

const [alice, bob, carol, dave, erin] = [testKey(0), testKey(1), testKey(2), testKey(3), testKey(4)]
const burned: Hex = '0x000000000000000000000000000000000000dEaD'
let world: BondWorld

beforeEach(async () => {
  world = await bondWorld([alice, bob, carol, dave, erin])
})

type Key = typeof alice
const from = (terms: Terms, payee = bob, payer = alice) => world.sign(payer, payee, terms)
const prove = (statement: SignedFields, others: readonly SignedFields[], by = dave) =>
  world.bond.call(by, 'proveOverissue', [statement, others])
const bondFor = (amount: bigint, payer = alice) => world.bond.call(payer, 'bondFor', [payer.address], amount)
const byPayee = (vouchers: readonly SignedFields[]) =>
  vouchers.toSorted((a, b) => (a.payee.toLowerCase() < b.payee.toLowerCase() ? -1 : 1))
const vaultBalance = async ({ address }: Key) => (await world.vault.books(address)).balance
const errorOf = async (outcome: ReturnType<typeof prove> | ReturnType<typeof bondFor>) =>
  world.bond.errorIn((await outcome).revert)

/** Proves against alice: one `seq`, two vouchers. */
async function proven(by = dave) {
  const [first, second] = [await from({ cumulative: 1n, seq: 1n }), await from({ cumulative: 2n, seq: 1n }, carol)]
  return prove(first, [second], by)
}

describe('a bond', () => {
  test('is added to by anybody and leaves after the delay of its vault', async () => {
    await bondFor(100n)
    await world.bond.call(carol, 'bondFor', [alice.address], 20n)
    expect(await world.bond.read('stakes', [alice.address])).toEqual([120n, 0n, 0n, 0n])
    await world.bond.call(alice, 'planWithdraw', [50n])
    world.evm.time += delaySeconds - 1n
    expect(await errorOf(world.bond.call(alice, 'withdraw', [erin.address]))).toBe('TooEarly')
    world.evm.time += 1n
    const before = await world.evm.balanceOf(erin.address)
    const outcome = await world.bond.call(alice, 'withdraw', [erin.address])
    expect(outcome.events).toMatchObject([{ eventName: 'BondWithdrawn', args: { amount: 50n } }])
    expect(await world.evm.balanceOf(erin.address)).toBe(before + 50n)
    expect(await world.evm.balanceOf(world.bond.address)).toBe(70n)
    expect(await errorOf(world.bond.call(alice, 'withdraw', [erin.address]))).toBe('NothingPlanned')
    expect(await errorOf(world.bond.call(alice, 'bondFor', [alice.address]))).toBe('NothingBonded')
  })

  test('that is about to leave is slashed as any other', async () => {
    await bondFor(1_600n)
    await world.bond.call(alice, 'planWithdraw', [1_600n])
    world.evm.time += delaySeconds
    await proven()
    expect(await errorOf(world.bond.call(alice, 'withdraw', [alice.address]))).toBe('NothingPlanned')
  })
})

describe('proof of over-issue', () => {
  test('is two vouchers of one seq that differ in payee, sum or total', async () => {
    const base: Terms = { cumulative: 5n, seq: 7n, totalIssued: 9n }
    for (const [other, payee] of [
      [base, carol],
      [{ ...base, cumulative: 6n }, bob],
      [{ ...base, totalIssued: 10n }, bob],
    ] as const) {
      world = await bondWorld([alice, bob, carol, dave])
      await bondFor(160n)
      const outcome = await prove(await from(base), [await from(other, payee)])
      expect(outcome.events[0]).toMatchObject({
        eventName: 'Overissued',
        args: { payer: alice.address, reporter: dave.address, slashed: 160n, reward: 10n, pot: 80n },
      })
      expect((await world.bond.read('stakes', [alice.address]))[3]).toBe(world.evm.time)
    }
  })

  test('is vouchers up to a seq that sum above the total named at it', async () => {
    await bondFor(160n)
    const statement = await from({ cumulative: 6n, seq: 9n, totalIssued: 10n })
    const other = await from({ cumulative: 5n, seq: 8n }, carol)
    expect((await prove(statement, byPayee([statement, other]))).revert).toBeUndefined()
  })

  test('is a single voucher above its own total, also where sums would overflow', async () => {
    await bondFor(160n)
    const most = 2n ** 256n - 1n
    const statement = await from({ cumulative: 6n, seq: 9n, totalIssued: most })
    const rest = await from({ cumulative: most, seq: 8n }, carol)
    expect((await prove(statement, byPayee([statement, rest]))).revert).toBeUndefined()
    await world.bond.call(erin, 'bondFor', [erin.address], 16n)
    const own = await from({ cumulative: 6n, seq: 1n, totalIssued: 5n }, bob, erin)
    expect((await prove(own, [own])).revert).toBeUndefined()
  })

  test('is nothing that an honest payer signs, nor what others sign', async () => {
    await bondFor(160n)
    const first = await from({ cumulative: 5n, seq: 1n })
    const second = await from({ cumulative: 5n, seq: 2n, totalIssued: 10n }, carol)
    const third = await from({ cumulative: 8n, seq: 3n, totalIssued: 13n })
    const forged = await world.vault.sign(dave, { ...second, seq: 1n })
    const otherVault = await bondWorld([bob, alice])
    const foreign = await otherVault.sign(alice, carol, { cumulative: 5n, seq: 1n, totalIssued: 10n })
    const toItself = await from({ cumulative: 5n, seq: 1n }, alice)
    for (const [statement, others, error] of [
      [first, [first], 'NoContradiction'],
      [first, [], 'NoContradiction'],
      [second, byPayee([first, second]), 'NoContradiction'],
      [third, byPayee([third, second]), 'NoContradiction'],
      [third, [first, third], 'NoContradiction'], // one payee twice
      [first, [third], 'NoContradiction'], // a later one
      [first, [forged], 'NotThePayers'],
      [first, [foreign], 'NotThePayers'],
      [first, [toItself], 'NotThePayers'],
      [{ ...first, cumulative: 6n }, [first], 'NotThePayers'],
      [first, [await from({ cumulative: 5n, seq: 1n }, carol, bob)], 'NotThePayers'],
    ] as const) {
      expect(await errorOf(prove(statement, others))).toBe(error)
    }
    expect(await world.bond.read('stakes', [alice.address])).toEqual([160n, 0n, 0n, 0n])
  })

  test('counts once a payer, who cannot bond again', async () => {
    await bondFor(160n)
    await proven()
    expect(await errorOf(proven())).toBe('AlreadyProven')
    expect(await errorOf(bondFor(160n))).toBe('AlreadyProven')
    expect(await vaultBalance(dave)).toBe(10n)
  })

  test('marks a payer without a bond, for nothing', async () => {
    const outcome = await proven()
    expect(outcome.events).toMatchObject([{ eventName: 'Overissued', args: { slashed: 0n, reward: 0n, pot: 0n } }])
  })
})

describe('the slashed bond', () => {
  test('pays a sixteenth to the reporter, up to half to unpaid payees pro rata, and burns the rest', async () => {
    await bondFor(1_600n)
    await world.vault.call(alice, 'depositFor', [alice.address], 100n)
    const toBob = await from({ cumulative: 1_300n, seq: 1n })
    const toCarol = await from({ cumulative: 400n, seq: 1n }, carol)
    await world.vault.call(bob, 'cash', [toBob, `0x${'00'.repeat(20)}`])
    await prove(toBob, [toCarol])
    expect(await vaultBalance(dave)).toBe(100n)
    expect(await world.evm.balanceOf(burned)).toBe(700n)
    const claimed = await world.bond.call(erin, 'claim', [toBob])
    expect(claimed.events).toMatchObject([{ eventName: 'Claimed', args: { payee: bob.address, shortfall: 1_200n } }])
    await world.bond.call(carol, 'claim', [toCarol])
    expect(await errorOf(world.bond.call(erin, 'settle', [alice.address, [bob.address]]))).toBe('TooEarly')
    world.evm.time += delaySeconds
    expect(await errorOf(world.bond.call(carol, 'claim', [toCarol]))).toBe('TooLate')
    await world.bond.call(erin, 'settle', [alice.address, [carol.address, bob.address, carol.address, erin.address]])
    await world.bond.call(erin, 'settle', [alice.address, [carol.address, bob.address]])
    expect(await vaultBalance(bob)).toBe(100n + 600n)
    expect(await vaultBalance(carol)).toBe(200n)
    expect(await world.evm.balanceOf(burned)).toBe(700n)
    expect(await world.evm.balanceOf(world.bond.address)).toBe(0n)
  })

  test('pays nobody more than the vault owes it, and burns what is not claimed', async () => {
    await bondFor(1_600n)
    const toBob = await from({ cumulative: 30n, seq: 1n })
    await prove(toBob, [await from({ cumulative: 40n, seq: 1n }, carol)])
    await world.bond.call(bob, 'claim', [await from({ cumulative: 20n, seq: 0n })])
    await world.bond.call(bob, 'claim', [toBob])
    expect(await errorOf(world.bond.call(bob, 'claim', [toBob]))).toBe('NothingToClaim')
    // The payer's friends pay in after all: what the vault can pay is no shortfall.
    await world.vault.call(erin, 'depositFor', [alice.address], 25n)
    await world.vault.call(bob, 'cash', [toBob, `0x${'00'.repeat(20)}`])
    expect(await errorOf(world.bond.call(carol, 'claim', [toBob]))).toBe('NothingToClaim')
    world.evm.time += delaySeconds
    await world.bond.call(bob, 'settle', [alice.address, [bob.address]])
    expect(await vaultBalance(bob)).toBe(30n)
    expect(await world.evm.balanceOf(burned)).toBe(1_600n - 100n - 5n)
    expect(await world.evm.balanceOf(world.bond.address)).toBe(0n)
  })

  test('counts what the vault still holds of the payer as no shortfall', async () => {
    await bondFor(1_600n)
    await world.vault.call(alice, 'depositFor', [alice.address], 30n)
    await proven()
    const toCarol = await from({ cumulative: 50n, seq: 9n }, carol)
    await world.bond.call(carol, 'claim', [toCarol])
    expect(await world.bond.read('claims', [alice.address, carol.address])).toEqual([20n, 50n])
    expect(await errorOf(world.bond.call(bob, 'claim', [await from({ cumulative: 30n, seq: 9n })]))).toBe(
      'NothingToClaim',
    )
  })

  test('takes no claims before a proof, nor on vouchers of others', async () => {
    const toBob = await from({ cumulative: 30n, seq: 1n })
    expect(await errorOf(world.bond.call(bob, 'claim', [toBob]))).toBe('NotProven')
    expect(await errorOf(world.bond.call(bob, 'settle', [alice.address, [bob.address]]))).toBe('NotProven')
    await bondFor(1_600n)
    await proven()
    expect(await errorOf(world.bond.call(bob, 'claim', [{ ...toBob, cumulative: 31n }]))).toBe('NotThePayers')
  })

  test('leaves a payer that proves against itself and claims by its own second key nine sixteenths at most', async () => {
    const bonded = 1_600n
    await bondFor(bonded)
    await proven(alice)
    await world.bond.call(bob, 'claim', [await from({ cumulative: 2n ** 127n, seq: 1n })])
    world.evm.time += delaySeconds
    await world.bond.call(bob, 'settle', [alice.address, [bob.address]])
    const back = (await vaultBalance(alice)) + (await vaultBalance(bob))
    expect(back).toBe((bonded * 9n) / 16n)
    expect(await world.evm.balanceOf(burned)).toBe((bonded * 7n) / 16n)
  })
})
