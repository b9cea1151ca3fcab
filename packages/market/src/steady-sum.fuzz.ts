/** The counted sum against one in big integers. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SteadySum } from './steady-sum.ts'

const amount = fc.oneof(fc.constantFrom(0n, 1n, 1n << 20n, 3n * 10n ** 19n), fc.bigInt({ min: 0n, max: 10n ** 30n }))
const operation = fc.oneof(
  fc.record({ type: fc.constant('limit' as const), amount }),
  fc.record({ type: fc.constant('value' as const), amount }),
  fc.record({ type: fc.constant('fits' as const), amount }),
  fc.record({ type: fc.constant('add' as const), amount, times: fc.integer({ min: 1, max: 20 }) }),
)

test('sums, rises and limits are those of big integers', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const sum = new SteadySum()
      let [value, limit] = [0n, 0n]
      for (const it of operations) {
        if (it.type === 'limit') {
          limit = it.amount
          sum.setLimit(limit)
        } else if (it.type === 'value') {
          value = it.amount
          sum.setValue(value)
        } else if (it.type === 'fits') expect(sum.fits(it.amount)).toBe(value + it.amount <= limit)
        else {
          for (let i = 0; i < it.times; i++) {
            const rise = ((value + it.amount) >> 20n) - (value >> 20n)
            value += it.amount
            expect(sum.add(it.amount)).toBe(rise)
            expect(sum.fits(it.amount)).toBe(value + it.amount <= limit)
          }
        }
        expect(sum.value).toBe(value)
      }
    }),
    { numRuns: 500 },
  )
})
