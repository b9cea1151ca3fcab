/**
 * What goes on at a time on CometBFT's four connections, over real sockets: of the calls that read or move the chain's state one,
 * from whichever connection, and the pool's beside it. A cometbft that was killed leaves a call behind that still goes on when the
 * next one shakes hands.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defined, seededRandom, silentLogger } from '@millrace/base'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type AbciNode, openNode } from '../../../testing/abci-node.ts'
import { genesis, shakeHands, straightRun, validators } from '../../../testing/abci-run.ts'
import { type AbciConnection, connectAbci } from '../../../testing/abci-socket.ts'
import { slowStore } from '../../../testing/slow-store.ts'
import type { App } from '../../app/app.ts'
import { embeddedEngine } from '../../execution/engine.ts'
import { hexOf } from '../../hex.ts'
import { lmdbStore } from '../../store/lmdb.ts'
import { memoryStore } from '../../store/store.ts'
import { offerResults } from './messages.ts'
import { type AbciServer, startAbciServer } from './server.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-connections-'))
const path = join(folder, 'abci.sock')
let run: Awaited<ReturnType<typeof straightRun>>
let server: AbciServer
let connections: readonly AbciConnection[] = []

beforeAll(async () => {
  run = await straightRun(seededRandom(1))
})
afterEach(async () => {
  for (const connection of connections) connection.close()
  await server.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** CometBFT's four connections to a node that has shaken hands. */
async function connected({ parts, chain }: Pick<AbciNode, 'parts' | 'chain'>) {
  server = await startAbciServer(parts, path, silentLogger)
  const [consensus, mempool, query, snapshot] = await Promise.all([1, 2, 3, 4].map(() => connectAbci(path)))
  if (!consensus || !mempool || !query || !snapshot) throw new Error('four connections')
  connections = [consensus, mempool, query, snapshot]
  await shakeHands({ chain, parts, call: query.call })
  return { consensus, mempool, query, snapshot }
}

const version = { version: '0.39.0', abciVersion: '2.0.0' }
const foreign = { height: 1n, format: 99, chunks: 1, hash: new Uint8Array(32), metadata: new Uint8Array(0) }
const offer = { snapshot: foreign, appHash: new Uint8Array(32) }

/** Lets everybody pass, but while it is shut. */
function newDoor() {
  let isOpen = Promise.resolve()
  let knock = () => {}
  return {
    pass: () => {
      knock()
      return isOpen
    },
    /** `reached` when the first stands before it. */
    shut() {
      let open = () => {}
      isOpen = new Promise((resolve) => {
        open = resolve
      })
      const reached = new Promise<void>((resolve) => {
        knock = resolve
      })
      return { reached, open }
    },
  }
}

test.each(['finalizeBlock', 'commit'] as const)(
  'while %s goes on, what other connections want of the state waits, and the pool does not',
  async (held) => {
    const door = newDoor()
    const node = await openNode({
      genesis,
      store: slowStore(memoryStore(), door.pass),
      signer: defined(validators[0], 'a validator').signer,
      engineOf: (options) => {
        const engine = embeddedEngine(options)
        const build: typeof engine.build = async (...place) => {
          await door.pass()
          return engine.build(...place)
        }
        return { ...engine, build }
      },
    })
    const { consensus, mempool, query, snapshot } = await connected(node)
    const { call } = defined(run.decided[0], 'a decided block')
    const answered: string[] = []
    const noted = async <T>(name: string, answer: Promise<T>): Promise<T> => {
      await answer
      answered.push(name)
      return answer
    }
    if (held === 'commit') await consensus.call('finalizeBlock', call)
    const { reached, open } = door.shut()
    const begun: Promise<unknown> = held === 'commit' ? consensus.call('commit', {}) : consensus.call(held, call)
    const going = noted(held, begun)
    await reached
    const info = noted('info', query.call('info', version))
    const offered = noted('offerSnapshot', snapshot.call('offerSnapshot', offer))
    const fresh = run.pending.filter((tx) => !call.txs.some((item) => hexOf(item) === hexOf(tx)))
    for (const tx of fresh) expect((await mempool.call('insertTx', { tx })).code).toBe(0)
    expect((await mempool.call('reapTxs', { maxBytes: 0n, maxGas: 0n })).txs).toEqual(fresh)
    expect(answered).toEqual([])

    open()
    await going
    expect((await info).lastBlockHeight).toBe(held === 'commit' ? 1n : 0n)
    expect(hexOf((await info).lastBlockAppHash)).toBe(node.chain.head().hash)
    expect((await offered).result).toBe(offerResults['reject-format'])
  },
)

/** Calls of the application that have its state, and how many of them went on at a time at most. */
function watched(app: App) {
  const seen = { going: 0, most: 0 }
  const enter = () => {
    seen.going++
    seen.most = Math.max(seen.most, seen.going)
  }
  const during = async <T>(work: () => Promise<T>): Promise<T> => {
    enter()
    try {
      return await work()
    } finally {
      seen.going--
    }
  }
  const finalizeBlock: App['finalizeBlock'] = (input) => during(() => app.finalizeBlock(input))
  const commit: App['commit'] = () => during(app.commit)
  const offerSnapshot: App['offerSnapshot'] = (name, appHash) => {
    enter()
    seen.going--
    return app.offerSnapshot(name, appHash)
  }
  return { seen, app: { ...app, finalizeBlock, commit, offerSnapshot } }
}

test('blocks that are decided while all other connections ask are those of the straight run', async () => {
  const store = lmdbStore(join(folder, 'chain'))
  const { decided, pending } = run
  const straight = run.hashes.map(hexOf)
  const node = await openNode({ genesis, store, snapshotEveryBlocks: 4 })
  const { seen, app } = watched(node.parts.app)
  const { consensus, mempool, query, snapshot } = await connected({ ...node, parts: { ...node.parts, app } })
  let isOver = false
  const counts = { infos: 0, snapshots: 0, insertedMeanwhile: 0 }
  const asking = async () => {
    for (let last = 0n; !isOver; counts.infos++) {
      const { lastBlockHeight, lastBlockAppHash } = await query.call('info', version)
      expect(lastBlockHeight).toBeGreaterThanOrEqual(last)
      if (lastBlockHeight > 0n) expect(hexOf(lastBlockAppHash)).toBe(straight[Number(lastBlockHeight) - 1])
      last = lastBlockHeight
    }
  }
  const offering = async () => {
    while (!isOver) {
      const { snapshots } = await snapshot.call('listSnapshots', {})
      counts.snapshots += snapshots.length
      expect((await snapshot.call('offerSnapshot', offer)).result).toBe(offerResults['reject-format'])
    }
  }
  const inserting = async () => {
    const reaped = new Set<string>()
    for (let index = 0; !isOver; index++) {
      const tx = defined(pending[index % pending.length], 'a transaction')
      const { going } = seen
      // What is mined is known, or its nonce is too low.
      expect((await mempool.call('insertTx', { tx })).code).toBeLessThanOrEqual(1)
      if (going > 0 && seen.going > 0) counts.insertedMeanwhile++
      for (const one of (await mempool.call('reapTxs', { maxBytes: 0n, maxGas: 0n })).txs) reaped.add(hexOf(one))
    }
    const known = new Set<string>(pending.map(hexOf))
    for (const one of reaped) expect(known.has(one)).toBe(true)
  }
  const deciding = async () => {
    for (const [index, { call }] of decided.entries()) {
      expect(hexOf((await consensus.call('finalizeBlock', call)).appHash)).toBe(straight[index])
      await consensus.call('commit', {})
    }
    isOver = true
  }
  await Promise.all([deciding(), asking(), offering(), inserting()])
  expect(node.chain.head().hash).toBe(run.node.chain.head().hash)
  expect(seen.most).toBe(1)
  for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(0)
  await store.close()
})
