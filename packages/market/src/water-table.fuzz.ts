/** The level that is looked up against the one that is poured. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PlainField } from '../testing/plain-free-level.ts'
import { FreeField, type FreePeer } from './free-level.ts'

const peer: fc.Arbitrary<FreePeer> = fc.record({
  group: fc.nat({ max: 4 }),
  demand: fc.oneof(fc.constantFrom(1, 16_384, 1e6), fc.integer({ min: 1, max: 10_000_000 })),
})

test('a free level is the poured one, while peers come and go', () => {
  fc.assert(
    fc.property(
      fc.array(peer, { maxLength: 20 }),
      fc.array(fc.tuple(peer, fc.boolean(), fc.integer({ min: -1000, max: 40_000_000 })), { maxLength: 30 }),
      (peers, changes) => {
        const field = new FreeField(5, {
          groups: Int32Array.from(peers, ({ group }) => group),
          demands: Float64Array.from(peers, ({ demand }) => demand),
        })
        const present = [...peers]
        for (const [other, comes, capacity] of changes) {
          const left = comes ? undefined : present.pop()
          if (left !== undefined) field.leave(left.group, left.demand)
          else {
            field.join(other.group, other.demand)
            present.push(other)
          }
          const plain = new PlainField(present)
          for (const one of present) {
            expect(field.levelOf(one.group, one.demand, capacity)).toBeCloseTo(plain.levelOf(one, capacity), 3)
          }
          expect(field.levelFor(other.group, other.demand, capacity)).toBeCloseTo(plain.levelFor(other, capacity), 3)
        }
      },
    ),
    { numRuns: 500 },
  )
})
