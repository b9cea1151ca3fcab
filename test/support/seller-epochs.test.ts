import { expect, it } from 'vitest'
import { contendedOf, type EpochStart, type Row } from './seller-epochs.ts'

/** Nine epochs of a second; in each `one` gets 10 paid bytes and `other` 5 free ones, but for what `changes` says. */
function startsOf(changes: Readonly<Record<number, Partial<Row>>> = {}): EpochStart[] {
  return Array.from({ length: 9 }, (_, i) => {
    const one = { awake: true, share: 10, demand: 20, limited: false, paidBytes: 10 * i, freeBytes: 0, ...changes[i] }
    const other = { awake: false, share: 0, demand: 20, limited: false, paidBytes: 0, freeBytes: 5 * i }
    const rows = new Map<string, Row>(Object.entries({ one, other }))
    return { epoch: i + 1, at: 1000 * i, uploadedBytes: 15 * i, price: 1, rows, waitedSeconds: i / 10 }
  })
}

it('sums epochs in which all kept asking, but for the last, whose successor is not known', () => {
  const { taken, leftOut, waitedSeconds, ...rest } = contendedOf(startsOf())
  expect(rest).toEqual({ seconds: 7, uploadedBytes: 105, counted: 7 })
  expect([...taken]).toEqual([
    ['one', { paidBytes: 70, freeBytes: 0 }],
    ['other', { paidBytes: 0, freeBytes: 35 }],
  ])
  expect(waitedSeconds).toBeCloseTo(0.7)
  expect(leftOut.size).toBe(0)
})

it('leaves out the epoch of who stood without a request, the one before, and the one that shares by it', () => {
  const { counted, taken, leftOut } = contendedOf(startsOf({ 4: { limited: true } }))
  expect(counted).toBe(4)
  expect(taken.get('one')).toEqual({ paidBytes: 40, freeBytes: 0 })
  expect([...leftOut]).toEqual([['one', 3]])
})

it('leaves out an epoch whose share is all that is known of a demand', () => {
  expect(contendedOf(startsOf({ 4: { demand: 10 } })).counted).toBe(6)
})

it('counts an epoch in which a bid slept or bought nothing: that is the market’s doing', () => {
  const { counted, taken } = contendedOf(startsOf({ 4: { awake: false, share: 0, paidBytes: 30 } }))
  expect(counted).toBe(7)
  expect(taken.get('one')).toEqual({ paidBytes: 70, freeBytes: 0 })
})
