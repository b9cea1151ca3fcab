import { btt, oneBtt } from '@millrace/base'
import { expect, test } from 'vitest'
import { benefitText, buyingDetail, buyingSummary } from './buying-lines.ts'

const mib = 1_048_576
const by = '2026-01-31T12:00:00.000Z'

test('the benefit is a range, or not known', () => {
  expect(benefitText({ known: false, intervals: 5 })).toBe('not known')
  const known = { known: true as const, intervals: 6, low: 1.9 * mib, high: 2.4 * mib, mean: 2 * mib }
  expect(benefitText(known)).toBe('+1.9 MiB/s to +2.4 MiB/s, from 6 unpaid intervals')
  expect(benefitText({ ...known, low: -512 })).toContain('-512 B/s to')
})

test('at the end: what was paid, what it was worth, whether the time was kept', () => {
  const benefit = { known: false as const, intervals: 0 }
  const deadline = { by, expected: '2026-01-31T12:01:05.000Z', met: false, notBefore: undefined }
  const [paid, worth, time] = buyingSummary({ paid: btt(oneBtt / 2n), paidBytes: 3 * mib, benefit, deadline })
  expect([paid, worth]).toEqual(['paid 0.5 BTT for 3.0 MiB', 'benefit of paying: not known'])
  expect(time).toMatch(/^done by .*: 01:05 late$/)
  expect(buyingSummary({ paid: btt(0n), deadline: { ...deadline, met: true } })[1]).toMatch(/: kept$/)
  expect(buyingSummary({})).toEqual([])
})

test('while it runs: time left and cost, and what the budget does not allow', () => {
  const cost = btt(4n * oneBtt + 1n)
  const estimate = { secondsLeft: 130, secondsLeftLow: 1, secondsLeftHigh: 1, cost, costLow: cost, costHigh: cost }
  const paid = btt(oneBtt)
  expect(buyingDetail({ paid, estimate })).toBe('  paid 1 BTT  about 02:10 left, 4 BTT in all')
  const deadline = { by, expected: '2026-01-31T13:00:00.000Z', met: undefined, notBefore: undefined }
  expect(buyingDetail({ paid, deadline })).toBe('  paid 1 BTT  1:00:00 late')
  expect(buyingDetail({ paid, deadline: { ...deadline, notBefore: deadline.expected } })).toMatch(
    /not before .* with this budget$/,
  )
  expect(buyingDetail({})).toBe('')
})
