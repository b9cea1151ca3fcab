/** However late messages come, a buyer that changes its mind never refuses the bill of a seller that keeps its word. */

import type { BttSpeedMessage } from '@millrace/wire'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DelayedPair } from '../testing/delayed-pair.ts'

const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ want: fc.constantFrom(0n, 0n, 20_000n, 80_000n, 300_000n) }) },
  { weight: 2, arbitrary: fc.record({ price: fc.constantFrom(5_000n, 6_400n, 8_000n) }) },
  { weight: 2, arbitrary: fc.record({ delayToSeller: fc.integer({ min: 0, max: 2_500 }) }) },
  { weight: 2, arbitrary: fc.record({ delayToBuyer: fc.integer({ min: 0, max: 2_500 }) }) },
  { weight: 8, arbitrary: fc.record({ pass: fc.integer({ min: 1, max: 700 }) }) },
)

test('an honest bill is never refused', () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 5, maxLength: 80 }), (actions) => {
      const pair = new DelayedPair()
      for (const step of [{ want: 80_000n }, { pass: 500 }, ...actions, { want: 0n }, { pass: 9_000 }]) pair.take(step)
      expect(pair.buyer.payment).not.toMatchObject({ phase: 'stopped' })
      expect(pair.wire.filter((message: BttSpeedMessage) => message.t === 'reject' && message.code === 7)).toEqual([])
      expect(pair.billed).toBeGreaterThan(0n)
      expect(pair.buyer.tally.last.billed).toBe(pair.billed)
    }),
    {
      numRuns: 150,
      // A bid that was taken back before the seller had echoed it: it was served for a moment, and that bill was refused.
      examples: [[[{ want: 0n }, { pass: 41 }, { pass: 501 }, { want: 300_000n }, { delayToSeller: 21 }, { pass: 1 }]]],
    },
  )
})
