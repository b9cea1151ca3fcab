import { expect, test } from 'vitest'
import { proposalWaitMs } from './pace.ts'

test('a proposal waits for the second after its parent’s', () => {
  expect(proposalWaitMs(1_800_000_000, 1_800_000_000.75)).toBe(250)
})

test('a proposal that is late waits for nothing', () => {
  expect(proposalWaitMs(1_800_000_000, 1_800_000_001)).toBe(0)
  expect(proposalWaitMs(1_800_000_000, 1_800_000_060.5)).toBe(0)
})

test('a clock that is behind holds a proposal up for a second and no longer', () => {
  expect(proposalWaitMs(1_800_000_000, 1_799_999_000)).toBe(1000)
})
