/**
 * The grammar of calls in the ABCI specification (abci++_comet_expected_behavior.md): whatever legal way a node took to
 * a height, over rounds, strange proposals, crashes and replays, and whatever its pool was told meanwhile, it comes to the hash
 * of the straight run.
 * `node scripts/fuzz-abci.js` makes many long ways and keeps the result; MILLRACE_FUZZ_SEED repeats those of a short run.
 */

import { writeFileSync } from 'node:fs'
import { seededRandom } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AbciNode, openNode } from '../../testing/abci-node.ts'
import { type Decided, genesis, heights, none, shakeHands, straightRun, validators } from '../../testing/abci-run.ts'
import { turns } from '../../testing/loops.ts'
import { slowStore } from '../../testing/slow-store.ts'
import type { TestValidator } from '../../testing/validator-set.ts'
import { Wanderer } from '../../testing/wanderer.ts'
import { hexOf } from '../hex.ts'
import { numberKey } from '../store/codec.ts'
import { type ChainStore, memoryStore } from '../store/store.ts'
import { signExtension } from './milestone.ts'

function isMilestone({ votes }: Decided, extensionOf: (validator: TestValidator) => Uint8Array): boolean {
  const powerOf = (some: Decided['votes']) => some.reduce((sum, { power }) => sum + power, 0)
  const right = votes.filter(({ validator, extension }) => hexOf(extension) === hexOf(extensionOf(validator)))
  return powerOf(right) * 3 > powerOf(votes) * 2
}

/** What a store says of milestones up to the last height but one. */
const milestonesOf = (store: ChainStore) =>
  Array.from({ length: heights - 1 }, (_item, index) => {
    const bytes = store.get('milestone', numberKey(index + 1))
    return bytes === undefined ? undefined : hexOf(bytes)
  })

const runs = Number(process.env.MILLRACE_FUZZ_RUNS ?? 4)
const firstSeed = Number(process.env.MILLRACE_FUZZ_SEED ?? Date.now() % 2 ** 31)
const resultFile = process.env.MILLRACE_FUZZ_RESULT
const timeout = runs * heights * 6_000

test('any legal sequence of calls, crashes and replays gives the hash of the straight run', { timeout }, async () => {
  let answeredMeanwhile = 0
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0 }), async (seed) => {
      const random = seededRandom(seed)
      const { node, store, decided, hashes, pending } = await straightRun(random)
      const waits = seededRandom(seed)
      const disk = slowStore(memoryStore(), () => turns(waits.below(6)))
      const wanderer = new Wanderer(random, disk, decided, pending)
      let done = await wanderer.start()
      while (done < heights) {
        const goesOn = await wanderer.height(done + 1, hashes[done] ?? none)
        done = goesOn ? done + 1 : await wanderer.start()
      }
      answeredMeanwhile += wanderer.answeredMeanwhile
      const replaying = await openNode({ genesis, store: memoryStore() })
      await shakeHands(replaying)
      for (const { call } of decided) {
        await replaying.call('finalizeBlock', call)
        await replaying.call('commit', {})
      }
      const head = node.chain.head()
      expect(wanderer.node?.chain.head().hash).toBe(head.hash)
      expect(replaying.chain.head().hash).toBe(head.hash)
      expect(milestonesOf(wanderer.store)).toEqual(milestonesOf(store))
      expect(wanderer.node?.chain.finalized()).toBe(node.chain.finalized())
      const signed = await Promise.all(
        decided.map((block, index) => hasQuorum(node, block, index + 1, hashes[index] ?? none)),
      )
      expect(milestonesOf(store).map((milestone) => milestone !== undefined)).toEqual(signed.slice(0, -1))
    }),
    { numRuns: runs, seed: firstSeed },
  )
  expect(answeredMeanwhile).toBeGreaterThan(0)
  if (resultFile !== undefined) writeFileSync(resultFile, JSON.stringify({ firstSeed, runs, heights }))
})

async function hasQuorum(node: AbciNode, block: Decided, height: number, appHash: Uint8Array): Promise<boolean> {
  const right = new Map<TestValidator, Uint8Array>()
  for (const validator of validators) {
    right.set(
      validator,
      await signExtension(node.chain.app.network, { height, hash: hexOf(appHash) }, validator.signer),
    )
  }
  return isMilestone(block, (validator) => right.get(validator) ?? none)
}
