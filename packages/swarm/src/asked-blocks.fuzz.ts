/** The ring of asked blocks does what a set does, in whatever order blocks come, and keeps their order. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AskedBlocks } from './asked-blocks.ts'

const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), key: fc.nat(60) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('oldest' as const), key: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const), key: fc.constant(0) }) },
)

test('whatever is asked, comes or is given up', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 400 }), (operations) => {
      const asked = new AskedBlocks()
      const model = new Set<number>()
      for (const { kind, key } of operations) {
        const [oldest] = model
        if (kind === 'add' && !model.has(key)) {
          asked.add(key)
          model.add(key)
        }
        if (kind === 'oldest' && oldest !== undefined) expect(asked.delete(oldest)).toBe(model.delete(oldest))
        if (kind === 'delete') expect(asked.delete(key)).toBe(model.delete(key))
        if (kind === 'clear') {
          asked.clear()
          model.clear()
        }
        expect(asked.size).toBe(model.size)
        expect(asked.has(key)).toBe(model.has(key))
        expect([...asked]).toEqual([...model])
      }
    }),
    { numRuns: 500 },
  )
})
