/** What every ExecutionEngine must do, beside the embedded one: the same blocks to the last bit, and the same refusals. */

import { createBlockHeader } from '@ethereumjs/block'
import { defined, seededRandom } from '@millrace/base'
import { parseEther } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChainBlock, ChainTransaction } from '../src/block.ts'
import { embeddedEngine } from '../src/execution/engine.ts'
import type { ExecutionEngine } from '../src/execution/port.ts'
import { BlockOutcome } from '../src/execution/receipt.ts'
import { devAccount } from '../src/genesis/accounts.ts'
import { memoryStore } from '../src/store/store.ts'
import { History, list, signed, suiteCommon, suiteGenesis } from './history.ts'
import { machineCode } from './machine.ts'

export interface OpenedEngine {
  /** Over an empty store, of `suiteGenesis`. */
  readonly engine: ExecutionEngine
  close(): Promise<void>
}

const seed = 20_261_126
const blockCount = 25

export function engineSuite(name: string, open: () => Promise<OpenedEngine>): void {
  describe(`${name}, beside the embedded engine`, () => {
    let opened: OpenedEngine
    let engine: ExecutionEngine
    const reference = embeddedEngine({ common: suiteCommon, store: memoryStore(), genesis: suiteGenesis })
    /** The shared chain, block 0 first. */
    const chain: ChainBlock[] = []
    const history = new History(seededRandom(seed))
    const head = (): ChainBlock => defined(chain.at(-1), 'block 0')
    const timeOf = ({ header }: ChainBlock) => Number(header.timestamp)

    beforeAll(async () => {
      opened = await open()
      engine = opened.engine
      const [theirs, ours] = [await engine.genesis(suiteGenesis), await reference.genesis(suiteGenesis)]
      expect(theirs.block.hash).toBe(ours.block.hash)
      await engine.commit(theirs)
      await reference.commit(ours)
      chain.push(ours.block)
    }, 120_000)
    afterAll(() => opened?.close())

    /** Commits to both; each has executed the block itself. */
    const grow = async (
      candidates: readonly [Parameters<typeof engine.commit>[0], Parameters<typeof engine.commit>[0]],
    ) => {
      await engine.commit(candidates[0])
      await reference.commit(candidates[1])
      chain.push(candidates[1].block)
      history.settle(candidates[1].block)
    }

    test(`builds and executes a random history to the same blocks, seed ${seed}`, { timeout: 240_000 }, async () => {
      for (let round = 0; round < blockCount; round++) {
        const offered = round === 0 ? [await history.deployment()] : await history.block()
        const timestamp = timeOf(head()) + 1 + (round % 3)
        const ours = await reference.build(head(), timestamp, list(offered).source)
        // In turns the one engine builds and the other executes what it built.
        const built = round % 2 === 0
        const theirs = built
          ? await engine.build(head(), timestamp, list(offered).source)
          : await executed(engine, head(), ours.block)
        expect(theirs.block.hash, `block ${round + 1}`).toBe(ours.block.hash)
        expect(theirs.block.receipts).toEqual(ours.block.receipts)
        expect(theirs.block.transactions.map(({ hash }) => hash)).toEqual(
          ours.block.transactions.map(({ hash }) => hash),
        )
        expect([theirs.block.burned, theirs.block.minted]).toEqual([ours.block.burned, ours.block.minted])
        await grow([theirs, ours])
      }
      const receipts = chain.flatMap((block) => block.receipts)
      // A history in which nothing failed, was logged or created would show little.
      expect(receipts.filter(({ status }) => status === 0).length).toBeGreaterThan(5)
      expect(receipts.filter(({ logs }) => logs.length > 0).length).toBeGreaterThan(5)
      expect(receipts.length).toBeGreaterThan(80)
    })

    test('reads accounts, code, storage and proofs alike, at the head and before it', { timeout: 60_000 }, async () => {
      const machine = defined(chain[1]?.receipts[0]?.contractAddress, 'block 1 deploys the machine')
      for (const block of [head(), defined(chain[chain.length - 3], 'an older block')]) {
        const [theirs, ours] = [engine.state(block), reference.state(block)]
        for (const address of [machine, devAccount(1).address, history.stranger] as const) {
          expect(await theirs.account(address)).toEqual(await ours.account(address))
          expect(await theirs.code(address)).toEqual(await ours.code(address))
          const slots = [1, 2, 3, 12].map((slot) => new Uint8Array(32).fill(slot, 31))
          for (const slot of slots)
            expect(await theirs.storage(address, slot)).toEqual(await ours.storage(address, slot))
          expect(await theirs.proof(address, slots)).toEqual(await ours.proof(address, slots))
        }
        expect(await engine.rules(block)).toEqual(await reference.rules(block))
      }
    })

    test('leaves out what can’t be executed, and says why to its source', { timeout: 60_000 }, async () => {
      const nonces = [0, 1, 2].map((index) => history.nonce(index))
      const transfer = (index: number, more: object = {}) =>
        signed(index, { to: history.stranger, value: 1n, gas: 21_000n, nonce: nonces[index] ?? 0, ...more })
      const offered = [
        await transfer(0),
        await transfer(1, { nonce: (nonces[1] ?? 0) + 3 }),
        await transfer(2, { value: parseEther('990000000000000') }),
        await transfer(0, { nonce: (nonces[0] ?? 0) + 1 }),
        await transfer(2, { gas: 29_000_000n }),
        await transfer(1, { maxFeePerGas: 2n ** 40n, maxPriorityFeePerGas: 1n }),
        await transfer(1),
      ]
      const timestamp = timeOf(head()) + 1
      const [theirs, ours] = [list(offered), list(offered)]
      const found = await engine.build(head(), timestamp, theirs.source)
      const due = await reference.build(head(), timestamp, ours.source)
      expect(due.block.transactions.length).toBe(3)
      expect(found.block.hash).toBe(due.block.hash)
      expect(theirs.refused()).toEqual(ours.refused())
      await grow([found, due])
    })

    test('fills a block by the gas that is used, not by what is asked for', { timeout: 60_000 }, async () => {
      const nonce = history.nonce(3)
      const gas = suiteGenesis.gasLimit / 2
      const offered = await Promise.all(
        [0, 1, 2, 3].map((index) =>
          signed(3, { to: history.stranger, value: 1n, gas: BigInt(gas), nonce: nonce + index }),
        ),
      )
      const timestamp = timeOf(head()) + 1
      const found = await engine.build(head(), timestamp, list(offered).source)
      const due = await reference.build(head(), timestamp, list(offered).source)
      expect(found.block.transactions.length).toBeGreaterThan(2)
      expect(found.block.hash).toBe(due.block.hash)
      await grow([found, due])
    })

    test('refuses a block in which anything is not as it must be', { timeout: 120_000 }, async () => {
      const parent = head()
      const good = [await history.transfer(0), await history.transfer(1)]
      const { block } = await reference.build(parent, timeOf(parent) + 1, list(good).source)
      expect(block.transactions.length).toBe(2)
      for (const [name, header, transactions] of await spoilt(block, history)) {
        const [theirs, ours] = [
          await engine.execute(parent, header, transactions),
          await reference.execute(parent, header, transactions),
        ]
        expect(ours.ok, name).toBe(false)
        expect({ name, code: theirs.ok ? 'accepted' : theirs.error.code }).toEqual({
          name,
          code: ours.ok ? 'accepted' : ours.error.code,
        })
      }
      // And what was spoilt in a copy is good in itself, after all those refusals.
      expect((await executed(engine, parent, block)).block.hash).toBe(block.hash)
    })
  })
}

async function executed(engine: ExecutionEngine, parent: ChainBlock, { header, transactions }: ChainBlock) {
  const result = await engine.execute(parent, header, transactions)
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

type Spoilt = readonly [string, ChainBlock['header'], readonly ChainTransaction[]]

/** The same block with one thing wrong in each. */
async function spoilt({ header, transactions }: ChainBlock, history: History): Promise<readonly Spoilt[]> {
  const change = (fields: object) => createBlockHeader({ ...header, ...fields }, { common: suiteCommon })
  const bytes = (length: number) => new Uint8Array(length).fill(9)
  const fields: readonly (readonly [string, object])[] = [
    ['state root', { stateRoot: bytes(32) }],
    ['transactions root', { transactionsTrie: bytes(32) }],
    ['receipts root', { receiptTrie: bytes(32) }],
    ['bloom', { logsBloom: bytes(256) }],
    ['gas used', { gasUsed: header.gasUsed + 1n }],
    ['gas limit', { gasLimit: header.gasLimit + 1n }],
    ['base fee', { baseFeePerGas: (header.baseFeePerGas ?? 0n) + 1n }],
    ['fee recipient', { coinbase: `0x${'09'.repeat(20)}` }],
    ['randomness', { mixHash: bytes(32) }],
    ['extra data', { extraData: bytes(5) }],
    ['beacon root', { parentBeaconBlockRoot: bytes(32) }],
    ['withdrawals root', { withdrawalsRoot: bytes(32) }],
    ['time of its parent', { timestamp: header.timestamp - 1n }],
  ]
  const rooted = (list: readonly ChainTransaction[]): Spoilt[1] => {
    const outcome = new BlockOutcome()
    const receipt = {
      status: 1,
      gasUsed: 0n,
      cumulativeGasUsed: 0n,
      effectiveGasPrice: 0n,
      logsBloom: bytes(256),
    } as const
    for (const one of list) outcome.add(one, { ...receipt, logs: [], contractAddress: undefined })
    return change({ transactionsTrie: outcome.fields(bytes(32)).transactionsTrie })
  }
  const [first, second] = transactions
  const base = { to: history.stranger, value: 1n, gas: 21_000n, nonce: history.nonce(2) }
  const bad = {
    'a nonce ahead': await signed(2, { ...base, nonce: base.nonce + 1 }),
    'no funds': await signed(2, { ...base, value: parseEther('990000000000000') }),
    'a price below the floor': await signed(2, { ...base, maxFeePerGas: 2n ** 40n, maxPriorityFeePerGas: 1n }),
    'more gas than the block has': await signed(2, { ...base, gas: header.gasLimit + 1n }),
    'too little gas for its data': await signed(2, { ...base, data: machineCode }),
  }
  return [
    ...fields.map(([name, changed]): Spoilt => [name, change(changed), transactions]),
    ['a transaction is missing', header, transactions.slice(1)],
    ['another order', header, [second, first].filter((one) => one !== undefined)],
    ['the same transaction twice', rooted([...transactions, ...transactions]), [...transactions, ...transactions]],
    ...Object.entries(bad).map(([name, one]): Spoilt => [name, rooted([...transactions, one]), [...transactions, one]]),
  ]
}
