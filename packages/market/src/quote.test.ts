import { blockBytes, btt } from '@millrace/base'
import { expect, test } from 'vitest'
import { addressGroupOf } from './address-group.ts'
import { nextDemand } from './demand.ts'
import { quoteDue } from './quote.ts'
import { statementDue } from './statement.ts'
import { isAwake, wakeTermsDefault } from './wake.ts'

const last = { pricePerMiB: btt(1000n), sentAtMs: 0, lifeMs: 600_000 }

test('a quote is due first, on any rise, on a fall of 5 % and before its end', () => {
  expect(quoteDue(1000n, undefined, 0)).toBe(true)
  expect(quoteDue(1000n, last, 1)).toBe(false)
  expect(quoteDue(1001n, last, 1)).toBe(true)
  expect(quoteDue(951n, last, 1)).toBe(false)
  expect(quoteDue(950n, last, 1)).toBe(true)
  expect(quoteDue(1000n, last, 569_999)).toBe(false)
  expect(quoteDue(1000n, last, 570_000)).toBe(true)
})
test('a statement is due at K/4, for 250 ms at a quarter of what was paid ahead more, but 20 ms apart, and each second', () => {
  const sums = { credit: 100n, lastStatementMs: 0 }
  const due = (unstated: bigint, age: number, paidAhead = 0n) => statementDue({ ...sums, unstated, paidAhead }, age)
  expect([due(25n, 19), due(25n, 20), due(24n, 999), due(24n, 1000), due(0n, 5000)]).toEqual([
    false,
    true,
    false,
    true,
    false,
  ])
  const [few, many] = [due(49n, 249, 100n), due(50n, 20, 100n)]
  expect([few, many, due(25n, 250, 100n), due(25n, 20, -40n)]).toEqual([false, true, true, true])
})
test('demand doubles what an eager peer took and follows a limited one', () => {
  expect(nextDemand(100_000, 80_000, false, blockBytes)).toBe(160_000)
  expect(nextDemand(1_000_000, 80_000, false, blockBytes)).toBe(1_000_000)
  expect(nextDemand(1_000_000, 80_000, true, blockBytes)).toBe(88_000)
  expect(nextDemand(1_000_000, 0, true, blockBytes)).toBe(32_768)
})
test('a bid wakes at 105 hundredths of the free level and sleeps below it', () => {
  expect(isAwake(false, 105, 100, wakeTermsDefault)).toBe(true)
  expect(isAwake(false, 104, 100, wakeTermsDefault)).toBe(false)
  expect(isAwake(true, 100, 100, wakeTermsDefault)).toBe(true)
  expect(isAwake(true, 99, 100, wakeTermsDefault)).toBe(false)
  expect(isAwake(true, 0, 0, wakeTermsDefault)).toBe(false)
})
test('address groups are /24, /56, and single peers on loopback', () => {
  expect(addressGroupOf('::ffff:192.0.2.7', 1)).toBe('192.0.2.0/24')
  expect(addressGroupOf('127.0.0.1', 4)).toBe('loopback#4')
  expect(addressGroupOf('2001:db8:0:12ff::1', 1)).toBe('2001:db8:0:1200::/56')
  expect(addressGroupOf('2001:db8::1', 1)).toBe('2001:db8:0:0::/56')
})
