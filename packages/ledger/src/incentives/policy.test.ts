import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isWorthNaming, namingGas, poolGain } from './policy.ts'

const gwei = 10n ** 9n
const btt = 10n ** 18n
const price = 300n * gwei

test('the pool gains what it adds, less the gas of the detour', () => {
  const offer = { vaultGas: 75_000n, poolGas: 180_000n, reward: btt }
  expect(poolGain(offer, price)).toBe(btt - 105_000n * price)
  expect(poolGain({ ...offer, reward: 105_000n * price }, price)).toBe(0n)
  expect(poolGain({ ...offer, reward: 0n }, price)).toBeLessThan(0n)
})

test('a payer is named when its credit and what is cashed of it both give more than its gas', () => {
  const gas = namingGas * price
  const backing = { credit: 80n * btt, unclaimed: 10n * (gas + 1n) }
  expect(isWorthNaming(backing, 1_000n, price)).toBe(true)
  expect(isWorthNaming({ ...backing, unclaimed: 10n * gas }, 1_000n, price)).toBe(false)
  expect(isWorthNaming({ ...backing, credit: gas }, 1_000n, price), 'backed with dust').toBe(false)
  expect(isWorthNaming({ ...backing, credit: 0n }, 1_000n, 0n), 'not backed').toBe(false)
})

test('who is named adds no less than that, and a dearer gas never makes the pool better', () => {
  const amount = fc.bigInt(0n, 10n ** 30n)
  fc.assert(
    fc.property(
      amount,
      amount,
      fc.bigInt(0n, 10_000n),
      fc.bigInt(0n, 10n ** 15n),
      (credit, unclaimed, bps, gasPrice) => {
        if (!isWorthNaming({ credit, unclaimed }, bps, gasPrice)) return
        expect(unclaimed * bps).toBeGreaterThan(namingGas * gasPrice * 10_000n)
        expect(credit).toBeGreaterThan(namingGas * gasPrice)
        const offer = { vaultGas: 55_000n, poolGas: 55_000n + namingGas, reward: credit }
        expect(poolGain(offer, gasPrice + 1n)).toBeLessThan(poolGain(offer, gasPrice))
      },
    ),
  )
})
