/** A market of another resource is upload's market, step for block. fast-check prints the seed of a failure. */

import { upload } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { capacity, mib, type PeerPlan, simulate } from '../testing/virtual-swarm.ts'

const seconds = 12
const fromSecond = 6
const counted = (seconds - fromSecond) * capacity

const peer: fc.Arbitrary<PeerPlan> = fc.record(
  {
    spend: fc.integer({ min: 1, max: 100 }),
    demand: fc.integer({ min: mib / 4, max: 8 * mib }),
    group: fc.constantFrom('shared', 'other'),
  },
  { requiredKeys: [] },
)

test('the same contest has the same outcome, whatever the size of a step', { timeout: 60_000 }, () => {
  const size = fc.integer({ min: 8, max: 20 })
  fc.assert(
    fc.property(size, fc.array(peer, { minLength: 1, maxLength: 4 }), (exponent, peers) => {
      const resource = { name: 'other', unit: 'unit', lot: 'lot', stepUnits: 2 ** exponent }
      // One that takes all it gets: otherwise nobody contends.
      const plan = { peers: [{}, ...peers], seconds, fromSecond }
      const [bytes, units] = [simulate({ ...plan, resource: upload }), simulate({ ...plan, resource })]
      expect(units.overbilled).toBe(0)
      expect(units.use).toBeCloseTo(bytes.use, 2)
      for (const [i, { paid, free }] of bytes.peers.entries()) {
        // Whole units a second are rounded: a small step feels it more.
        expect(Math.abs((units.peers[i]?.paid ?? 0) - paid) / counted).toBeLessThan(0.02)
        expect(Math.abs((units.peers[i]?.free ?? 0) - free) / counted).toBeLessThan(0.02)
      }
    }),
    { numRuns: 15 },
  )
})
