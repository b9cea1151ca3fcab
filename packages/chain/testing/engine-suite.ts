/** What every ExecutionEngine must do, beside the embedded one: the same blocks to the last bit, and the same refusals. */

import { createBlockHeader } from '@ethereumjs/block'
import { defined, seededRandom } from '@millrace/base'
import { parseEther } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChainBlock, ChainTransaction } from '../src/block.ts'
import { embeddedEngine } from '../src/execution/engine.ts'
import type { Candidate, ExecutionEngine } from '../src/execution/port.ts'
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

const seed = Number(process.env.MILLRACE_FUZZ_SEED ?? 20_261_126)
const blockCount = 25

export function engineSuite(name: string, open: () => Promise<OpenedEngine>): void {
  describe(`${name}, beside the embedded engine`, () => {
    let opened: OpenedEngine | undefined
    let pair: Pair | undefined
    const begun = () => defined(pair, 'the engines of beforeAll')
    beforeAll(async () => {
      opened = await open()
      pair = new Pair(opened.engine)
      await pair.begin()
    }, 120_000)
    afterAll(() => opened?.close())

    test(`builds and executes a random history to the same blocks, seed ${seed}`, { timeout: 240_000 }, () =>
      growsAlike(begun()),
    )
    test('reads accounts, code, storage and proofs alike, at the head and before it', { timeout: 60_000 }, () =>
      readsAlike(begun()),
    )
    test('leaves out what can’t be executed, and says why to its source', { timeout: 60_000 }, () =>
      refusesAlike(begun()),
    )
    test('fills a block by the gas that is used, not by what is asked for', { timeout: 60_000 }, () =>
      fillsAlike(begun()),
    )
    test('refuses a block in which anything is not as it must be', { timeout: 120_000 }, () => judgesAlike(begun()))
  })
}

/** The engine under test and the embedded one, on one chain; each has executed every block of it. */
class Pair {
  readonly engine: ExecutionEngine
  readonly reference = embeddedEngine({ common: suiteCommon, store: memoryStore(), genesis: suiteGenesis })
  /** Block 0 first. */
  readonly chain: ChainBlock[] = []
  readonly history = new History(seededRandom(seed))

  constructor(engine: ExecutionEngine) {
    this.engine = engine
  }

  get head(): ChainBlock {
    return defined(this.chain.at(-1), 'block 0')
  }

  /** Of the next block, at the soonest. */
  get nextTime(): number {
    return Number(this.head.header.timestamp) + 1
  }

  async begin(): Promise<void> {
    const { engine, reference } = this
    const [theirs, ours] = [await engine.genesis(suiteGenesis), await reference.genesis(suiteGenesis)]
    expect(theirs.block.hash).toBe(ours.block.hash)
    await this.grow(theirs, ours)
  }

  async grow(theirs: Candidate, ours: Candidate): Promise<void> {
    await this.engine.commit(theirs)
    await this.reference.commit(ours)
    this.chain.push(ours.block)
    this.history.settle(ours.block)
  }

  /** Both build of the same list, and must agree; what each told its source. */
  async buildBoth(offered: readonly ChainTransaction[]) {
    const [theirs, ours] = [list(offered), list(offered)]
    const found = await this.engine.build(this.head, this.nextTime, theirs.source)
    const due = await this.reference.build(this.head, this.nextTime, ours.source)
    expect(found.block.hash).toBe(due.block.hash)
    await this.grow(found, due)
    return { block: due.block, theirs: theirs.refused(), ours: ours.refused() }
  }
}

async function growsAlike(pair: Pair): Promise<void> {
  const { engine, reference, history, chain } = pair
  for (let round = 0; round < blockCount; round++) {
    const offered = round === 0 ? [await history.deployment()] : await history.block()
    const timestamp = pair.nextTime + (round % 3)
    const ours = await reference.build(pair.head, timestamp, list(offered).source)
    // In turns the engine builds, and executes what the other has built.
    const theirs =
      round % 2 === 0
        ? await engine.build(pair.head, timestamp, list(offered).source)
        : await executed(engine, pair.head, ours.block)
    expect(theirs.block.hash, `block ${round + 1}`).toBe(ours.block.hash)
    expect(theirs.block.receipts).toEqual(ours.block.receipts)
    expect(theirs.block.transactions.map(({ hash }) => hash)).toEqual(ours.block.transactions.map(({ hash }) => hash))
    expect([theirs.block.burned, theirs.block.minted]).toEqual([ours.block.burned, ours.block.minted])
    await pair.grow(theirs, ours)
  }
  const receipts = chain.flatMap((block) => block.receipts)
  // A history in which nothing failed, was logged or created would show little.
  expect(receipts.filter(({ status }) => status === 0).length).toBeGreaterThan(5)
  expect(receipts.filter(({ logs }) => logs.length > 0).length).toBeGreaterThan(5)
  expect(receipts.length).toBeGreaterThan(80)
}

async function readsAlike({ engine, reference, chain, head, history }: Pair): Promise<void> {
  const machine = defined(chain[1]?.receipts[0]?.contractAddress, 'block 1 deploys the machine')
  for (const block of [head, defined(chain[chain.length - 3], 'an older block')]) {
    const [theirs, ours] = [engine.state(block), reference.state(block)]
    for (const address of [machine, devAccount(1).address, history.stranger] as const) {
      expect(await theirs.account(address)).toEqual(await ours.account(address))
      expect(await theirs.code(address)).toEqual(await ours.code(address))
      const slots = [1, 2, 3, 12].map((slot) => new Uint8Array(32).fill(slot, 31))
      for (const slot of slots) expect(await theirs.storage(address, slot)).toEqual(await ours.storage(address, slot))
      expect(await theirs.proof(address, slots)).toEqual(await ours.proof(address, slots))
    }
    expect(await engine.rules(block)).toEqual(await reference.rules(block))
  }
}

async function refusesAlike(pair: Pair): Promise<void> {
  const { history } = pair
  const transfer = (index: number, more: object = {}) =>
    signed(index, { to: history.stranger, value: 1n, gas: 21_000n, nonce: history.nonce(index), ...more })
  const { block, theirs, ours } = await pair.buildBoth([
    await transfer(0),
    await transfer(1, { nonce: history.nonce(1) + 3 }),
    await transfer(2, { value: parseEther('990000000000000') }),
    await transfer(0, { nonce: history.nonce(0) + 1 }),
    await transfer(2, { gas: 29_000_000n }),
    await transfer(1, { maxFeePerGas: 2n ** 40n, maxPriorityFeePerGas: 1n }),
    await transfer(1),
  ])
  expect(block.transactions.length).toBe(3)
  expect(theirs).toEqual(ours)
}

async function fillsAlike(pair: Pair): Promise<void> {
  const nonce = pair.history.nonce(3)
  const gas = BigInt(suiteGenesis.gasLimit / 2)
  const offered = [0, 1, 2, 3].map((at) => signed(3, { to: pair.history.stranger, value: 1n, gas, nonce: nonce + at }))
  const { block } = await pair.buildBoth(await Promise.all(offered))
  expect(block.transactions.length).toBeGreaterThan(2)
}

async function judgesAlike({ engine, reference, head, history, nextTime }: Pair): Promise<void> {
  const good = [await history.transfer(0), await history.transfer(1)]
  const { block } = await reference.build(head, nextTime, list(good).source)
  expect(block.transactions.length).toBe(2)
  for (const [name, header, transactions] of await spoilt(block, history)) {
    const verdicts = []
    for (const judge of [engine, reference]) {
      const result = await judge.execute(head, header, transactions)
      verdicts.push(result.ok ? 'accepted' : result.error.code)
    }
    expect({ name, verdict: verdicts[0] }).toEqual({ name, verdict: verdicts[1] })
    expect(verdicts[1], name).not.toBe('accepted')
  }
  // And what was spoilt in a copy is good in itself, after all those refusals.
  expect((await executed(engine, head, block)).block.hash).toBe(block.hash)
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
