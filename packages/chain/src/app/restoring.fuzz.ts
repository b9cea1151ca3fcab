/**
 * State sync in the grammar of ABCI: attempts that fail in any way, one that succeeds, then blocks. Whatever a node was
 * offered, lied to and killed at before, it goes on from the snapshot's block to the hash of the straight run.
 */

import { type Random, seededRandom } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AbciNode, openNode } from '../../testing/abci-node.ts'
import { genesis, heights, none, shakeHands, straightRun } from '../../testing/abci-run.ts'
import { type MadeSnapshot, snapshotOf } from '../../testing/memory-shelf.ts'
import { oneOf } from '../../testing/validator-set.ts'
import { Wanderer } from '../../testing/wanderer.ts'
import { bytesOf } from '../hex.ts'
import { type ChainStore, memoryStore } from '../store/store.ts'

const accept = 1

class Killed extends Error {}

/** A node on `store`, which dies at the last chunk where it is told to. */
function open(store: ChainStore, deadAt?: string): Promise<AbciNode> {
  const at = (point: string) => {
    if (point === deadAt) throw new Killed('killed')
  }
  return openNode({ genesis, store, crash: { at } })
}

/** Offers the snapshot and applies chunks until one is not accepted, or `kill` says that the process is gone. */
async function attempt(node: AbciNode, { name, chunks }: MadeSnapshot, appHash: Uint8Array, kill: () => boolean) {
  const offered = { snapshot: { ...name, height: BigInt(name.height) }, appHash }
  if ((await node.call('offerSnapshot', offered)).result !== accept) return
  for (const [index, chunk] of chunks.entries()) {
    if (kill()) return
    const { result } = await node.call('applySnapshotChunk', { index, chunk, sender: 'peer' })
    if (result !== accept) return
  }
}

/** The snapshot as a peer might spoil it: a byte, a chunk or their order. */
function spoiled(random: Random, made: MadeSnapshot): MadeSnapshot {
  const chunks = [...made.chunks]
  const place = random.below(chunks.length)
  const copy = Uint8Array.from(chunks[place] ?? none)
  const at = random.below(copy.length)
  copy[at] = (copy[at] ?? 0) ^ (1 + random.below(255))
  const change = oneOf(random, [
    () => chunks.splice(place, 1, copy),
    () => chunks.splice(place, 1, copy.subarray(0, at)),
    () => chunks.splice(place, 1),
    () => chunks.push(chunks[place] ?? none),
    () => chunks.reverse(),
  ])
  change()
  return { ...made, chunks }
}

test(
  'any attempts at state sync, then one that succeeds, give the hashes of the straight run',
  { timeout: 300_000 },
  () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 0 }), async (seed) => {
        const random = seededRandom(seed)
        const every = 2 + random.below(heights - 2)
        const { node, store, decided, hashes, pending } = await straightRun(random, every)
        const made = snapshotOf(store, node.chain.common, 20_000 + random.below(200_000))
        if (made === undefined) throw new Error('no snapshot')
        const { height } = made.name
        const appHash = hashes[height - 1] ?? none
        const mine = memoryStore()
        for (let tries = random.below(4); tries > 0; tries--) {
          const joining = await open(mine)
          const before = joining.chain.head().number
          const isSpoiled = random.below(2) === 0
          const chance = 1 + random.below(10)
          await attempt(joining, isSpoiled ? spoiled(random, made) : made, appHash, () => random.below(chance) === 0)
          if (joining.chain.head().number !== before)
            expect(joining.chain.head().hash).toBe(node.chain.blocks.byNumber(height)?.hash)
          expect([0, height]).toContain((await open(mine)).chain.head().number)
        }
        await open(mine) // block 0 stands, whatever comes
        const deadAt = oneOf(random, ['chain.built', 'chain.committed', 'nowhere'])
        await attempt(await open(mine, deadAt), made, appHash, () => false).catch((thrown: unknown) => {
          expect(String(thrown)).toContain('killed')
        })
        const torn = await open(mine)
        if (deadAt === 'chain.built') expect([0, height]).toContain(torn.chain.head().number)
        else expect(torn.chain.head().number).toBe(height)
        await attempt(torn, made, appHash, () => false)
        expect(bytesOf(torn.chain.app.info().appHash)).toEqual(appHash)
        const wanderer = new Wanderer(random, mine, decided, pending)
        let done = await wanderer.start()
        expect(done).toBe(height)
        while (done < heights) {
          const goesOn = await wanderer.height(done + 1, hashes[done] ?? none)
          done = goesOn ? done + 1 : await wanderer.start()
        }
        const [head, other] = [wanderer.node?.chain.head(), node.chain.head()]
        expect(head).toMatchObject({ hash: other.hash, burned: other.burned, minted: other.minted })
        expect(wanderer.node?.chain.app.validators()).toEqual(node.chain.app.validators())
        await shakeHands(await open(mine))
      }),
      { numRuns: 5 },
    ),
)
