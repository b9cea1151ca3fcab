import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { Contract, Evm, testKey } from '../testing/evm.ts'
import { oracleDeployment } from '../testing/price-oracle.ts'
import { priceOracleAbi } from './index.ts'

const owner = testKey(0)
const stranger = testKey(1)
const reporters = [2, 3, 4, 5, 6].map(testKey)
const [first = owner, second = owner, third = owner, fourth = owner] = reporters
const ageMaxSeconds = 600n
const usd = 10n ** 18n
/** 0.0000004 USD. */
const usual = (usd * 4n) / 10_000_000n

let evm: Evm
let oracle: Contract<typeof priceOracleAbi>

beforeEach(async () => {
  evm = await Evm.create([owner, stranger, ...reporters])
  oracle = await oracleOf(3)
})

async function oracleOf(reportsMin: number): Promise<Contract<typeof priceOracleAbi>> {
  const addresses = reporters.slice(0, 4).map(({ address }) => address)
  const data = oracleDeployment({ owner: owner.address, reporters: addresses, reportsMin, ageMaxSeconds })
  return new Contract(evm, priceOracleAbi, await evm.deploy(owner, data))
}

const report = (who: typeof owner, price: bigint, observedAt = evm.time) =>
  oracle.call(who, 'report', [price, observedAt])

describe('latest', () => {
  test('is the median of the fresh reports, and one liar does not move it beyond the honest ones', async () => {
    await report(first, usual)
    await report(second, usual + 2n)
    await report(third, 10n ** 24n)
    expect(await oracle.read('latest', [])).toEqual([usual + 2n, evm.time, 3])
    await report(fourth, 1n)
    expect(await oracle.read('latest', [])).toEqual([usual + 1n, evm.time, 4])
  })

  test('rounds the mean of the middle two up', async () => {
    await report(first, 10n)
    await report(second, 11n)
    await report(third, 20n)
    await report(fourth, 1n)
    expect((await oracle.read('latest', []))[0]).toBe(11n)
  })

  test('reverts below the least number of reports, and as reports grow old', async () => {
    await report(first, usual)
    await report(second, usual)
    await expect(oracle.read('latest', [])).rejects.toThrow('TooFewReports')
    evm.time += 100n
    await report(third, usual)
    evm.time += ageMaxSeconds - 100n
    expect(await oracle.read('latest', [])).toEqual([usual, 1_700_000_000n, 3])
    evm.time += 1n
    await expect(oracle.read('latest', [])).rejects.toThrow('TooFewReports')
  })

  test('tells a time that at least half of the reports are not older than', async () => {
    const start = evm.time
    for (const [i, who] of [first, second, third, fourth].entries()) {
      evm.time = start + BigInt(i)
      await report(who, usual)
    }
    expect((await oracle.read('latest', []))[1]).toBe(start + 1n)
  })

  test('agrees with sorting for any reports of any age', async () => {
    const one = fc.option(fc.record({ price: fc.bigInt(1n, 1_000n), age: fc.bigInt(0n, 900n) }), { nil: undefined })
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 4, maxLength: 4 }), async (reports) => {
        oracle = await oracleOf(1)
        evm.time += 10_000n
        const start = evm.time
        const made = reports.flatMap((made, i) => (made === undefined ? [] : [{ ...made, who: reporters[i] ?? owner }]))
        for (const { who, price, age } of made.toSorted((a, b) => Number(b.age - a.age))) {
          evm.time = start - age
          await report(who, price)
        }
        evm.time = start
        const fresh = made.filter(({ age }) => age <= ageMaxSeconds)
        const answer = oracle.read('latest', [])
        if (fresh.length === 0) {
          await expect(answer).rejects.toThrow('TooFewReports')
          return
        }
        const sorted = fresh.map(({ price }) => price).toSorted((a, b) => Number(a - b))
        const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0n
        const high = sorted[Math.floor(sorted.length / 2)] ?? 0n
        const ages = fresh.map(({ age }) => age).toSorted((a, b) => Number(b - a))
        const updatedAt = start - (ages[Math.floor((ages.length - 1) / 2)] ?? 0n)
        expect(await answer).toEqual([(low + high + 1n) / 2n, updatedAt, fresh.length])
      }),
      { numRuns: 60 },
    )
  })
})

describe('report', () => {
  test('is for reporters, within range, and for news', async () => {
    const nameOf = async (outcome: ReturnType<typeof report>) => oracle.errorIn((await outcome).revert)
    expect(await nameOf(report(stranger, usual))).toBe('NotAReporter')
    expect(await nameOf(report(first, 0n))).toBe('PriceOutOfRange')
    expect(await nameOf(report(first, 10n ** 24n + 1n))).toBe('PriceOutOfRange')
    expect(await nameOf(report(first, usual, evm.time + 1n))).toBe('WrongTime')
    expect(await nameOf(report(first, usual, evm.time - ageMaxSeconds - 1n))).toBe('WrongTime')
    const outcome = await report(first, usual)
    expect(outcome.events).toMatchObject([
      { eventName: 'Reported', args: { reporter: first.address, price: usual, observedAt: evm.time } },
    ])
    expect(await nameOf(report(first, usual + 1n))).toBe('WrongTime')
    expect(await oracle.read('reportOf', [first.address])).toEqual([usual, evm.time])
  })
})

describe('the owner', () => {
  test('alone names reporters, and a removed one counts no more', async () => {
    const fifth = reporters[4] ?? owner
    expect(oracle.errorIn((await oracle.call(stranger, 'addReporter', [fifth.address])).revert)).toBe(
      'OwnableUnauthorizedAccount',
    )
    for (const who of [first, second, third]) await report(who, usual)
    await oracle.call(owner, 'removeReporter', [second.address])
    await expect(oracle.read('latest', [])).rejects.toThrow('TooFewReports')
    expect((await report(second, usual, evm.time)).revert).toBeDefined()
    await oracle.call(owner, 'addReporter', [fifth.address])
    await report(fifth, usual + 4n)
    expect(await oracle.read('latest', [])).toEqual([usual, evm.time, 3])
    expect(await oracle.read('reporters', [])).toEqual([first, fourth, third, fifth].map(({ address }) => address))
    expect(oracle.errorIn((await oracle.call(owner, 'addReporter', [fifth.address])).revert)).toBe('AlreadyAReporter')
  })

  test('sets the least number and the greatest age, neither of them to nothing', async () => {
    await report(first, usual)
    await oracle.call(owner, 'configure', [1, 60n])
    expect(await oracle.read('latest', [])).toEqual([usual, evm.time, 1])
    evm.time += 61n
    await expect(oracle.read('latest', [])).rejects.toThrow('TooFewReports')
    for (const args of [
      [0, 60n],
      [1, 0n],
      [32, 60n],
    ] as const) {
      expect(oracle.errorIn((await oracle.call(owner, 'configure', args)).revert)).toBe('NotConfigurable')
    }
    expect((await oracle.call(stranger, 'configure', [1, 60n])).revert).toBeDefined()
  })

  test('cannot name more reporters than a price can count', async () => {
    const crowd = Array.from({ length: 31 }, (_, i) => `0x${(i + 1).toString(16).padStart(40, '0')}` as const)
    const data = oracleDeployment({ owner: owner.address, reporters: crowd, reportsMin: 1, ageMaxSeconds })
    const full = new Contract(evm, priceOracleAbi, await evm.deploy(owner, data))
    expect(full.errorIn((await full.call(owner, 'addReporter', [first.address])).revert)).toBe('TooManyReporters')
  })
})
