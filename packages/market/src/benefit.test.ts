import { seededRandom } from '@millrace/base'
import { expect, test } from 'vitest'
import { benefitOf, benefitSamplesMax, benefitSamplesMin, withDifference } from './benefit.ts'

const random = seededRandom(1)

test('is not known from fewer than six intervals', () => {
  expect(benefitSamplesMin).toBe(6)
  expect(benefitOf([1, 2, 3, 4, 5], random)).toEqual({ known: false, intervals: 5 })
})

test('lies between the extreme subset means: of six differences the lowest and the highest', () => {
  expect(benefitOf([4, 9, 5, 6, 8, 7], random)).toEqual({ known: true, intervals: 6, low: 4, high: 9, mean: 6.5 })
  // 127 subset means, three skipped on each side: {1}, {1,2}, then {2} and {1,3}, which are both 2.
  expect(benefitOf([1, 2, 3, 4, 5, 6, 7], random)).toMatchObject({ low: 2, high: 6 })
})

test('includes nothing when nothing is gained', () => {
  expect(benefitOf([0, 0, 0, 0, 0, 0], random)).toMatchObject({ low: 0, high: 0 })
  const { low, high } = { low: 0, high: 0, ...benefitOf([-3, 2, -1, 3, 1, -2, 0], random) }
  expect(low < 0 && high > 0).toBe(true)
})

test('holds the truth nine times in ten under noise of any tail', () => {
  const truth = 100
  for (const [name, noise] of [
    ['even', (u: number) => 50 * u],
    ['heavy', (u: number) => 10 * Math.tan((Math.PI / 2) * u)],
  ] as const) {
    for (const intervals of [6, 9, 20]) {
      let held = 0
      const dice = seededRandom(intervals)
      for (let run = 0; run < 300; run++) {
        const draw = (): number => truth + noise((2 * dice.below(1_000_001)) / 1_000_002 - 1 + 1e-6)
        const found = benefitOf(Array.from({ length: intervals }, draw), dice)
        if (found.known && found.low <= truth && truth <= found.high) held++
      }
      expect(held, `${name} noise, ${intervals} intervals`).toBeGreaterThanOrEqual(270)
    }
  }
})

test('old differences are forgotten', () => {
  let differences: readonly number[] = []
  for (let i = 0; i < benefitSamplesMax + 3; i++) differences = withDifference(differences, i)
  expect(differences).toHaveLength(benefitSamplesMax)
  expect(differences[0]).toBe(3)
})
