/** The state of a block against that of @ethereumjs: whatever is written, reverted and committed, the roots are the same. */

import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { MerkleStateManager } from '@ethereumjs/statemanager'
import { Account, type Address, createAddressFromString, KECCAK256_RLP } from '@ethereumjs/util'
import { type Random, seededRandom } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCommon } from '../../common.ts'
import { fixedBytes, hexOf } from '../../hex.ts'
import { memoryStore } from '../../store/store.ts'
import { BlockState } from './block-state.ts'
import { StateReader } from './state-reader.ts'

const addresses = Array.from({ length: 12 }, (_item, index) => {
  return createAddressFromString(hexOf(fixedBytes(BigInt(index + 1) * 0x1_0001n, 20)))
})
const slots = Array.from({ length: 10 }, (_item, index) => fixedBytes(BigInt(index), 32))

type State = Pick<
  BlockState,
  | 'getAccount'
  | 'putAccount'
  | 'deleteAccount'
  | 'putCode'
  | 'getCode'
  | 'putStorage'
  | 'getStorage'
  | 'clearStorage'
  | 'checkpoint'
  | 'commit'
  | 'revert'
>

/** One change, drawn once and made on both. */
function change(random: Random): (state: State) => Promise<void> {
  const at: Address = addresses[random.below(addresses.length)] ?? createAddressFromString(`0x${'01'.repeat(20)}`)
  const slot = slots[random.below(slots.length)] ?? fixedBytes(0n, 32)
  const [kind, number] = [random.below(12), BigInt(random.below(1000))]
  const bytes = random.bytes(1 + random.below(40))
  const value = random.below(3) === 0 ? new Uint8Array(0) : random.bytes(1 + random.below(32))
  return async (state) => {
    const account = await state.getAccount(at)
    if (kind < 3 || account === undefined) {
      const written = account ?? new Account()
      written.balance += number
      written.nonce += 1n
      await state.putAccount(at, written)
    } else if (kind < 8) await state.putStorage(at, slot, value)
    else if (kind === 8) await state.putCode(at, bytes)
    else if (kind === 9) await state.clearStorage(at)
    else if (kind === 10) {
      // That of @ethereumjs, without caches, would find the storage again once the account is back.
      await state.clearStorage(at)
      await state.deleteAccount(at)
    } else expect((await state.getStorage(at, slot)).length).toBeLessThanOrEqual(32)
  }
}

async function same(ours: BlockState, theirs: MerkleStateManager): Promise<void> {
  for (const address of addresses) {
    const [mine, other] = [await ours.getAccount(address), await theirs.getAccount(address)]
    expect(mine?.balance).toBe(other?.balance)
    expect(mine?.nonce).toBe(other?.nonce)
    expect(hexOf(await ours.getCode(address))).toBe(hexOf(await theirs.getCode(address)))
    for (const slot of slots) {
      expect(hexOf(await ours.getStorage(address, slot))).toBe(hexOf(await theirs.getStorage(address, slot)))
    }
  }
}

test(
  'any changes, checkpoints, reverts and blocks give the values and roots of @ethereumjs',
  { timeout: 300_000 },
  () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 0 }), async (seed) => {
        const random = seededRandom(seed)
        const common = createCommon(19_990)
        const store = memoryStore()
        const reader = new StateReader(store)
        const theirs = new MerkleStateManager({ common, trie: new MerklePatriciaTrie({ common, useKeyHashing: true }) })
        let root = KECCAK256_RLP
        for (let block = 0; block < 5; block++) {
          const ours = new BlockState(reader, root)
          let depth = 0
          for (let step = random.below(60); step >= 0; step--) {
            const kind = random.below(6)
            if (kind === 0) {
              depth++
              for (const state of [ours, theirs]) await state.checkpoint()
            } else if (kind === 1 && depth > 0) {
              depth--
              const ends = random.below(2) === 0 ? 'commit' : 'revert'
              for (const state of [ours, theirs]) await state[ends]()
            } else {
              const apply = change(random)
              for (const state of [ours, theirs]) await apply(state)
            }
          }
          for (; depth > 0; depth--) for (const state of [ours, theirs]) await state.commit()
          if (random.below(2) === 0) await same(ours, theirs)
          root = await ours.getStateRoot()
          expect(hexOf(root)).toBe(hexOf(await theirs.getStateRoot()))
          await same(ours, theirs)
          await store.write(ours.puts(), undefined)
          // A candidate that is never committed must not be what the next block sees.
          if (random.below(4) > 0) reader.advance(ours.changes())
          await same(new BlockState(reader, root), theirs)
          await same(new BlockState(new StateReader(store), root), theirs)
        }
      }),
      { numRuns: 40 },
    ),
)
