import { describe, expect, it } from 'vitest'
import { type Epoch, leecherResult, watchOf } from '../../testing/demo-watch.ts'
import { resultOf, utilisationOf } from './result.ts'

const audit = { deposited: '10', balances: '6', paidOut: '4', withdrawn: '0', imbalance: '0', differences: [] }
const epochs: readonly Epoch[] = [
  { at: 0, price: 10, awake: false, paid: [0, 0, 0], free: 0 },
  { at: 1_000, price: 10, awake: true, paid: [10, 20, 40], free: 10 },
  { at: 2_000, price: 10, awake: true, paid: [22, 44, 88], free: 25 },
  { at: 3_000, price: 10, awake: true, paid: [22, 44, 88], free: 100 },
]

describe('the result of the demo', () => {
  it('splits bytes by source over all connections, and compares rates from the seeder with the free one', () => {
    const watch = watchOf(epochs)
    for (const leecher of watch.leechers) {
      leecher.doneAt = 2_500
      leecher.result = leecherResult(80, 20, '5')
    }
    const { leechers, chain, contended } = resultOf(watch, audit)
    expect(leechers.map(({ bytes, bytesFromSeeder }) => [bytes, bytesFromSeeder])).toEqual(Array(4).fill([100, 80]))
    expect(leechers.map(({ bidBttPerSecond }) => bidBttPerSecond)).toEqual(['0', '10', '20', '40'])
    expect(leechers.map(({ speedupOverFree }) => speedupOverFree)).toEqual([1, 0.8, 1.6, 3.2])
    expect(leechers.map(({ billed, vouchers, voucherCount }) => [billed, vouchers, voucherCount])[1]).toEqual([
      '5',
      '5',
      3,
    ])
    expect(contended?.uploadedBytes).toBe(99)
    expect(chain).toEqual({ deposited: '10', balances: '6', paidOut: '4', withdrawn: '0', imbalance: '0' })
  })

  it('counts use only while anybody wanted bytes', () => {
    const watch = watchOf(epochs)
    for (const leecher of watch.leechers) leecher.doneAt = 2_500
    expect(utilisationOf(watch)).toBe(0.99)
  })
})
