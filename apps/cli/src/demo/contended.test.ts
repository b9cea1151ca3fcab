import { describe, expect, it } from 'vitest'
import { type Epoch, watchOf } from '../../testing/demo-watch.ts'
import { contendedPart } from './contended.ts'

const epochs: readonly Epoch[] = [
  { at: 1_000, price: 200, awake: false, paid: [0, 0, 0], free: 10 },
  { at: 2_000, price: 500, awake: true, paid: [1, 1, 1], free: 20 },
  // Within the epoch: what was sent since moves no price.
  { at: 2_250, price: 500, awake: true, paid: [4, 8, 9], free: 22 },
  { at: 3_000, price: 1_000, awake: true, paid: [10, 20, 40], free: 30 },
  { at: 4_000, price: 1_000, awake: true, paid: [20, 40, 80], free: 50 },
  { at: 5_000, price: 1_010, awake: true, paid: [30, 60, 120], free: 70 },
  { at: 6_000, price: 400, awake: true, paid: [90, 95, 121], free: 90 },
]

describe('the contended part of a run', () => {
  it('begins when every bid is awake and the price rests, and ends before the first leecher is done', () => {
    const watch = watchOf(epochs)
    for (const leecher of watch.leechers) if (leecher.plan.name === '4x') leecher.doneAt = 5_500
    expect(contendedPart(watch)).toEqual({
      seconds: 2,
      uploadedBytes: 180,
      leechers: [
        { name: 'free', paidBytes: 0, freeBytes: 40, awakePart: 0, freeLevel: 7 },
        { name: '1x', paidBytes: 20, freeBytes: 0, awakePart: 1, freeLevel: 7 },
        { name: '2x', paidBytes: 40, freeBytes: 0, awakePart: 1, freeLevel: 7 },
        { name: '4x', paidBytes: 80, freeBytes: 0, awakePart: 1, freeLevel: 7 },
      ],
    })
  })

  it('is absent when a bid never woke', () => {
    expect(contendedPart(watchOf(epochs.map((epoch) => ({ ...epoch, awake: false }))))).toBeUndefined()
  })

  it('is absent when a leecher never came to the seeder', () => {
    const watch = watchOf(epochs)
    const [free] = watch.leechers
    if (free !== undefined) free.peerId = 'nobody'
    expect(contendedPart(watch)).toBeUndefined()
  })
})
