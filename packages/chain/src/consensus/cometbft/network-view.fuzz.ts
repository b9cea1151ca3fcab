/** Whatever the consensus RPC answers: counts that are counts, and nothing thrown. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cometNetwork } from './network-view.ts'

const number = fc.oneof(fc.integer(), fc.double(), fc.bigInt().map(String), fc.string(), fc.constant(null))
const peer = fc.record({ peer_state: fc.record({ round_state: fc.record({ height: number }) }) })
const answer = fc.oneof(
  fc.jsonValue(),
  fc.record({ n_peers: number }),
  fc.record({ sync_info: fc.record({ catching_up: fc.oneof(fc.boolean(), number) }) }),
  fc.record({ peers: fc.array(fc.oneof(peer, fc.jsonValue())) }),
)
const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0

test('any answer is peers by number, and a place that is behind or not', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 1 }), fc.nat(100), async (answers, age) => {
      let next = 0
      const ask = async () => answers[next++ % answers.length]
      const view = cometNetwork({ ask, head: () => ({ number: 5, timestamp: 1000 }), wallSeconds: () => 1000 + age })
      expect(isCount(await view.peers())).toBe(true)
      for (let turn = 0; turn < 3; turn++) {
        const behind = await view.behind()
        if (behind === undefined) continue
        expect(behind).toMatchObject({ starting: 5, current: 5 })
        expect(isCount(behind.highest) && behind.highest >= 5).toBe(true)
      }
    }),
  )
})
