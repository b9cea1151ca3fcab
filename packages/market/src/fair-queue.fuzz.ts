/** The indexed queue against the plain one of its definition: the same operations, the same picks. */

import { defined } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PlainQueue } from '../testing/plain-queue.ts'
import { FairQueue, type Tier } from './fair-queue.ts'

type Operation =
  | { readonly type: 'place'; readonly peer: number; readonly tier: Tier }
  | { readonly type: 'pace'; readonly peer: number; readonly rate: number }
  | { readonly type: 'hold'; readonly peer: number; readonly forMs: number }
  | { readonly type: 'leave'; readonly peer: number }
  | { readonly type: 'serve'; readonly blocks: number; readonly stepMs: number }
  | { readonly type: 'level'; readonly rate: number }
  | { readonly type: 'rebase' }

const peers = 12
const peer = fc.nat({ max: peers - 1 })
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('place'),
      peer,
      tier: fc.constantFrom<Tier>('idle', 'free', 'paid', 'spare'),
    }),
  },
  // Few rates and steps, so that ties are common.
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('pace'), peer, rate: fc.constantFrom(16_384, 65_536, 1_000_000) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('hold'), peer, forMs: fc.constantFrom(1, 250, Infinity) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('leave'), peer }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('serve'),
      blocks: fc.nat({ max: 30 }),
      stepMs: fc.constantFrom(0, 1, 16, 300),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('level'), rate: fc.nat({ max: 2_000_000 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('rebase') }) },
)

class Twins {
  readonly #queues = { indexed: new FairQueue(0.15), plain: new PlainQueue(0.15) }
  readonly #flows: ReturnType<Twins['join']>[]
  #nowMs = 0

  constructor() {
    this.#flows = Array.from({ length: peers }, (_, i) => this.join(i))
  }

  join(i: number) {
    // Some share a group.
    const group = `group ${i % 7}`
    return { indexed: this.#queues.indexed.add(i, group), plain: this.#queues.plain.add(i, group) }
  }

  do(it: Operation): void {
    const { indexed, plain } = this.#queues
    if (it.type === 'serve') return this.#serve(it.blocks, it.stepMs)
    if (it.type === 'level') {
      indexed.setFreeLevel(it.rate)
      return plain.setFreeLevel(it.rate)
    }
    if (it.type === 'rebase') {
      indexed.rebase()
      return plain.rebase()
    }
    const flows = defined(this.#flows[it.peer], 'a peer')
    switch (it.type) {
      case 'place': {
        // Only flows with a pace are ever paid.
        const tier = it.tier === 'paid' && flows.plain.pace === 0 ? 'spare' : it.tier
        indexed.place(flows.indexed, tier)
        return plain.place(flows.plain, tier)
      }
      case 'pace':
        indexed.setPace(flows.indexed, it.rate, this.#nowMs)
        return plain.setPace(flows.plain, it.rate, this.#nowMs)
      case 'hold':
        indexed.hold(flows.indexed, this.#nowMs + it.forMs)
        return plain.hold(flows.plain, this.#nowMs + it.forMs)
      case 'leave':
        indexed.remove(flows.indexed)
        plain.remove(flows.plain)
        this.#flows[it.peer] = this.join(it.peer)
    }
  }

  #serve(blocks: number, stepMs: number): void {
    const { indexed, plain } = this.#queues
    for (let i = 0; i < blocks; i++, this.#nowMs += stepMs) {
      const [picked, wanted] = [indexed.pick(this.#nowMs), plain.pick(this.#nowMs)]
      expect(picked?.peer).toBe(wanted?.peer)
      expect(indexed.backlogged).toBe(plain.backlogged)
      if (picked === undefined || wanted === undefined) continue
      expect(indexed.pickedPaid).toBe(plain.pickedPaid)
      // The last block of a file is short.
      const bytes = i % 5 === 4 ? 777 : 16_384
      if (plain.pickedPaid) {
        indexed.servedPaid(picked, bytes, this.#nowMs)
        plain.servedPaid(wanted, bytes, this.#nowMs)
      } else {
        indexed.servedFree(picked, bytes)
        plain.servedFree(wanted, bytes)
      }
      expect([picked.tag, picked.nextMs, picked.group.tag]).toEqual([wanted.tag, wanted.nextMs, wanted.group.tag])
    }
  }
}

test('the same operations lead to the same picks, tags and times', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.array(operation, { minLength: 10, maxLength: 150 }), (operations) => {
      const twins = new Twins()
      for (const it of operations) twins.do(it)
    }),
    { numRuns: 1_000 },
  )
})
