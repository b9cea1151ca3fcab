/** Snapshots on disk: taken by a real thread from a real store, whole or not there, and only the newest of them. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@millrace/base'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AbciNode, openNode } from '../../testing/abci-node.ts'
import { leadConsensus } from '../../testing/consensus.ts'
import { snapshotOf } from '../../testing/memory-shelf.ts'
import { testGenesis, testValidator } from '../../testing/validator-set.ts'
import { bytesOf, hexOf } from '../hex.ts'
import { lmdbStore } from '../store/lmdb.ts'
import type { ChainStore } from '../store/store.ts'
import type { SnapshotName } from './format.ts'
import { openShelf, type Shelf } from './shelf.ts'

const root = mkdtempSync(join(tmpdir(), 'millrace-shelf-'))
const storeFolder = join(root, 'chain')
const folder = join(storeFolder, 'snapshots')
const four = ['a', 'b', 'c', 'd'].map((name) => testValidator(name, 1_000))
const genesis = testGenesis(four)
const every = 4

let store: ChainStore
let node: AbciNode
let shelf: Shelf
let step: () => Promise<unknown>

const open = () => openShelf({ storeFolder, folder, chainId: genesis.chainId, logger: silentLogger, kept: 2 })
const heights = (of: Shelf) => of.list(1_000).map(({ height }) => height)

beforeAll(async () => {
  store = lmdbStore(storeFolder)
  node = await openNode({ genesis, store, snapshotEveryBlocks: every })
  const consensus = leadConsensus(node.chain, four)
  step = () => consensus.next()
  shelf = open()
}, 120_000)
afterAll(async () => {
  await shelf.close()
  await store.close()
  rmSync(root, { recursive: true, force: true })
})

const until = async (height: number) => {
  while (node.chain.head().number < height) await step()
}
const restored = async (from: Shelf, name: SnapshotName, into: ChainStore) => {
  const joining = await openNode({ genesis, store: into })
  const appHash = bytesOf(node.chain.blocks.byNumber(name.height)?.hash ?? '')
  await joining.call('offerSnapshot', { snapshot: { ...name, height: BigInt(name.height) }, appHash })
  for (let index = 0; index < name.chunks; index++) {
    const chunk = await from.chunk(name.height, name.format, index)
    await joining.call('applySnapshotChunk', { index, chunk: chunk ?? new Uint8Array(0), sender: '' })
  }
  return joining
}

test('a thread takes what the block left, the same as anybody would, and a node on disk is restored from it', {
  timeout: 120_000,
}, async () => {
  await until(every)
  await shelf.take(every)
  const expected = snapshotOf(store, node.chain.common)
  const [name] = shelf.list(every)
  expect(hexOf(name?.hash ?? new Uint8Array(0))).toBe(hexOf(expected?.name.hash ?? new Uint8Array(1)))
  expect(shelf.list(every - 1)).toEqual([])
  if (name === undefined) throw new Error('a snapshot')
  expect(await shelf.chunk(every, name.format, name.chunks)).toBeUndefined()
  expect(await shelf.chunk(every, name.format + 1, 0)).toBeUndefined()
  const place = join(root, 'joining')
  const mine = lmdbStore(place)
  const joining = await restored(shelf, name, mine)
  expect(joining.chain.head().hash).toBe(node.chain.head().hash)
  await mine.close()
  const again = lmdbStore(place)
  const reopened = await openNode({ genesis, store: again })
  expect(reopened.chain.head().hash).toBe(node.chain.head().hash)
  expect(reopened.chain.blocks.base()).toBe(every)
  await again.close()
})

test('only the newest are kept, one whose block is past is not taken, and all are there after a restart', {
  timeout: 120_000,
}, async () => {
  for (const height of [2 * every, 3 * every]) {
    await until(height)
    await shelf.take(height)
  }
  expect(heights(shelf)).toEqual([3 * every, 2 * every])
  expect(readdirSync(folder).sort()).toEqual([String(3 * every), String(2 * every)].sort())
  await until(5 * every)
  await shelf.take(4 * every)
  expect(heights(shelf), 'its seed is that of block 20').toEqual([3 * every, 2 * every])
  await shelf.close()
  // What a process leaves that is killed while it writes, and a folder whose name file is damaged.
  mkdirSync(join(folder, '20.partial'))
  mkdirSync(join(folder, '16'))
  writeFileSync(join(folder, '16', 'name'), 'damaged')
  shelf = open()
  expect(heights(shelf)).toEqual([3 * every, 2 * every])
  expect(existsSync(join(folder, '20.partial')) || existsSync(join(folder, '16'))).toBe(false)
  await shelf.take(5 * every)
  const [newest] = shelf.list(1_000)
  if (newest === undefined) throw new Error('a snapshot')
  expect(newest.height).toBe(5 * every)
  const fresh = lmdbStore(join(root, 'fresh'))
  expect((await restored(shelf, newest, fresh)).chain.head().hash).toBe(node.chain.head().hash)
  await fresh.close()
})

test('a thread that can’t write leaves nothing, and the next one is taken', { timeout: 120_000 }, async () => {
  await until(6 * every)
  const bad = openShelf({ storeFolder, folder: join(root, 'fine'), chainId: genesis.chainId, logger: silentLogger })
  rmSync(join(root, 'fine'), { recursive: true })
  writeFileSync(join(root, 'fine'), '')
  await bad.take(6 * every)
  expect(heights(bad)).toEqual([])
  rmSync(join(root, 'fine'))
  await bad.take(6 * every)
  expect(heights(bad)).toEqual([6 * every])
  await bad.close()
})
