import { expect, test } from 'vitest'
import { seededRandom, shuffle, systemRandom } from './random.ts'

test('one seed gives one sequence, another gives another', () => {
  const draw = (seed: number): number[] => {
    const random = seededRandom(seed)
    return Array.from({ length: 20 }, () => random.below(1_000_000))
  }
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
})

test('draws are spread evenly below the bound', () => {
  const random = seededRandom(3)
  const counts = new Map<number, number>()
  for (let i = 0; i < 60_000; i++) {
    const draw = random.below(6)
    counts.set(draw, (counts.get(draw) ?? 0) + 1)
  }
  expect(counts.size).toBe(6)
  for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(500)
})

test('a shuffle keeps every item', () => {
  const items = [...Array(50).keys()]
  const mixed = shuffle([...items], seededRandom(9))
  expect(mixed).not.toEqual(items)
  expect(mixed.toSorted((a, b) => a - b)).toEqual(items)
})

test('the system gives fresh bytes of the length asked for', () => {
  expect(systemRandom.bytes(16)).toHaveLength(16)
  expect(systemRandom.bytes(16)).not.toEqual(systemRandom.bytes(16))
  expect(systemRandom.below(1)).toBe(0)
})
