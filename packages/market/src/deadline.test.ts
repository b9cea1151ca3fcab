import { btt, bytesPerMiB } from '@millrace/base'
import { expect, test } from 'vitest'
import { type DeadlineSeller, type DeadlineState, type DeadlineView, openDeadline, stepDeadline } from './deadline.ts'

const price = btt(1_000n)
const seller = (id: string, more: Partial<DeadlineSeller> = {}): DeadlineSeller => ({
  id,
  pricePerMiB: price,
  freeRate: bytesPerMiB / 2,
  rate: bytesPerMiB / 2,
  paidBytes: 0,
  ...more,
})
/** 95 MiB in 95 s that are planned with: 1 MiB a second is needed. */
const view: DeadlineView = {
  nowMs: 0,
  doneByMs: (98_000 * 100) / 95,
  leftBytes: 95 * bytesPerMiB,
  rate: bytesPerMiB / 2,
  otherRate: 0,
  moneyLeft: btt(10n ** 9n),
  spendRateMaxPerSecond: undefined,
  sellers: [seller('a')],
  isSteady: true,
}
const after = (steps: number, state: DeadlineState, seen: DeadlineView) => {
  let step = stepDeadline(state, seen)
  for (let i = 1; i < steps; i++) step = stepDeadline(step.state, seen)
  return step
}

test('what comes for nothing is looked at for four seconds, then what is missing is paid at the quote', () => {
  expect(after(3, openDeadline, view)).toMatchObject({ spendRatePerSecond: 0n, isShort: false })
  const paying = after(4, openDeadline, view)
  expect(paying.neededRate).toBeCloseTo(bytesPerMiB, 0)
  expect(Number(paying.spendRatePerSecond)).toBeCloseTo(1_000, -1)
  expect([...paying.shares.keys()]).toEqual(['a'])
})

test('nothing is paid while enough comes', () => {
  expect(after(60, openDeadline, { ...view, rate: bytesPerMiB * 1.01 })).toMatchObject({ spendRatePerSecond: 0n })
})

test('the free levels of those that are not paid are taken off, and the cheapest is paid', () => {
  const sellers = [seller('dear', { pricePerMiB: btt(1_100n), freeRate: bytesPerMiB / 4 }), seller('cheap')]
  const paying = after(4, openDeadline, { ...view, sellers })
  expect([...paying.shares.keys()]).toEqual(['cheap'])
  expect(Number(paying.spendRatePerSecond)).toBeCloseTo(750, -1)
})

test('the rate falls while more comes than is missing, and rises while less does', () => {
  const start = after(4, openDeadline, view)
  const early = after(12, start.state, { ...view, sellers: [seller('a', { rate: 2 * bytesPerMiB })] })
  const late = after(12, start.state, { ...view, sellers: [seller('a', { rate: bytesPerMiB / 2 })] })
  expect(early.spendRatePerSecond).toBeLessThan(start.spendRatePerSecond / 2n)
  expect(late.spendRatePerSecond).toBeGreaterThan((start.spendRatePerSecond * 3n) / 2n)
  expect(after(12, start.state, { ...view, isSteady: false }).spendRatePerSecond).toBe(start.spendRatePerSecond)
})

test('in the last seconds the rate may rise and does not fall: what is needed falls with what is left, and would never be done', () => {
  const start = after(4, openDeadline, view)
  const close = { ...view, doneByMs: 7_000, leftBytes: bytesPerMiB }
  const early = after(12, start.state, { ...close, sellers: [seller('a', { rate: 2 * bytesPerMiB })] })
  expect(early.spendRatePerSecond).toBe(start.spendRatePerSecond)
  const late = after(12, start.state, { ...close, sellers: [seller('a', { rate: bytesPerMiB / 8 })] })
  expect(late.spendRatePerSecond).toBeGreaterThan(start.spendRatePerSecond)
  const gone = after(2, start.state, { ...close, sellers: [seller('b')] })
  expect([...gone.shares.keys()]).toEqual(['b'])
  expect(gone.spendRatePerSecond).toBe(start.spendRatePerSecond)
})

test('another seller is paid as well when our own bid made the first one dear', () => {
  const start = after(4, openDeadline, { ...view, sellers: [seller('a'), seller('b')] })
  const sellers = [seller('a', { pricePerMiB: btt(4_000n), paidBytes: 500_000 }), seller('b', { freeRate: 1_000 })]
  const both = after(2, start.state, { ...view, sellers })
  expect(both.shares).toEqual(
    new Map([
      ['a', 500_000],
      ['b', 250_000],
    ]),
  )
})

test('the budget is spread to the end, the highest rate kept, and what is too little is said', () => {
  const poor = after(20, openDeadline, { ...view, moneyLeft: btt(9_500n) })
  expect(poor).toMatchObject({ spendRatePerSecond: 100n, isShort: true })
  const capped = after(20, openDeadline, { ...view, spendRateMaxPerSecond: btt(7n) })
  expect(capped).toMatchObject({ spendRatePerSecond: 7n, isShort: true })
  expect(after(9, openDeadline, { ...view, sellers: [] })).toMatchObject({ spendRatePerSecond: 0n, isShort: true })
})

test('paying ends when the free levels suffice, but not close to the end', () => {
  const start = after(4, openDeadline, view)
  const sellers = [seller('a', { freeRate: bytesPerMiB * 2, rate: bytesPerMiB })]
  expect(after(6, start.state, { ...view, sellers }).state.kind).toBe('unpaid')
  const close = { ...view, sellers, doneByMs: 5_000, leftBytes: bytesPerMiB }
  expect(after(6, start.state, close).state.kind).toBe('paying')
})
