/** The chain drives the staking contracts: docs/staking.md, "What the chain does, block by block". */

import { defined } from '@millrace/base'
import { rewardsAbi, stakingAbi, systemAddresses, validatorsAbi } from '@millrace/contracts'
import { encodeFunctionData, type Hex, parseEther, toHex } from 'viem'
import { expect, test } from 'vitest'
import { openNode } from '../../testing/abci-node.ts'
import { leadConsensus, votesNext } from '../../testing/consensus.ts'
import { replayed } from '../../testing/replay.ts'
import { suppliesOf } from '../../testing/supply.ts'
import { genesisSeconds, testGenesis, testValidator } from '../../testing/validator-set.ts'
import { reportRoot } from '../consensus-report.ts'
import { systemCallGas } from '../execution/staking-calls.ts'
import { bytesOf, hexOf } from '../hex.ts'
import type { Chain } from '../node.ts'
import { allMethods } from '../rpc/methods.ts'
import { blocksOf } from '../store/blocks.ts'
import { memoryStore } from '../store/store.ts'
import { sealRecord } from './app-record.ts'
import { inputKey } from './block-input.ts'

const four = ['a', 'b', 'c', 'd'].map((name) => testValidator(name, 1_000))
const [a = testValidator('a'), b = a, , d = a] = four
const burnAddress = '0x000000000000000000000000000000000000dEaD'

async function open(parameters: Parameters<typeof testGenesis>[1] = {}) {
  const store = memoryStore()
  const genesis = testGenesis(four, parameters)
  const { chain } = await openNode({ genesis, store })
  return { store, genesis, chain, consensus: leadConsensus(chain, four) }
}

const embedded = ({ engine }: Chain) => defined(engine.local, 'an EVM in this process')

/** A view of a contract at the head. */
async function asked(chain: Chain, to: Hex, data: Hex): Promise<Hex> {
  const block = chain.head()
  const request = { from: systemAddresses.caller, to, data: bytesOf(data), value: 0n, accessList: [] }
  const { outcome, output } = await embedded(chain)
    .state(block)
    .call({ ...request, gas: systemCallGas, gasPrice: 0n }, { header: block.header })
  expect(outcome).toBe('success')
  return hexOf(output)
}

async function tokensOf(chain: Chain, operator: string): Promise<bigint> {
  const args = [operator as Hex] as const // an address of viem
  const data = encodeFunctionData({ abi: stakingAbi, functionName: 'getVotes', args })
  return BigInt(await asked(chain, systemAddresses.staking, data))
}

const yearSeconds = 31_536_000n
const issuePerYear = parseEther('4950000000000')

test('blocks mint the issue to the base unit, and each of them executes again to itself', async () => {
  const { store, genesis, chain, consensus } = await open()
  for (const seconds of [1, 1, 5, 1, 2, 1, 1, 1, 1, 3, 1, 1]) await consensus.next({ seconds })
  const { chain: again, engine, head } = await replayed(store, genesis)
  expect(again.map(({ hash }) => hash).at(-1)).toBe(head.hash)
  const supplies = await suppliesOf(engine, again)
  // What time issues is counted from block 1 on, and paid from block 2 on, when votes were there to be paid.
  const seconds = Number(chain.head().header.timestamp) - genesisSeconds - 1
  const issued = (issuePerYear * BigInt(seconds)) / yearSeconds
  expect(supplies.reduce((sum, { minted }) => sum + minted, 0n)).toBe(issued - (issued % 1_000_000_000n))
  expect(chain.head().withdrawals?.map(({ address }) => address)).toEqual([systemAddresses.rewards])
  expect((await engine.state(head).account(systemAddresses.caller))?.nonce).toBeUndefined()
})

test('who proposed and who voted is paid for it, who missed is not', async () => {
  const { chain, consensus } = await open()
  for (let height = 1; height <= 6; height++) await consensus.next({ missed: height > 2 ? [d] : [] })
  const owed = async (operator: string) => {
    const args = [operator as Hex] as const // an address of viem
    const data = encodeFunctionData({ abi: rewardsAbi, functionName: 'owedTo', args })
    return BigInt(await asked(chain, systemAddresses.rewards, data)) >> 128n
  }
  const [ofA, ofD] = [await owed(a.row.operator), await owed(d.row.operator)]
  expect(ofA).toBeGreaterThan(0n)
  expect(ofD).toBeLessThan(ofA)
  const data = encodeFunctionData({ abi: rewardsAbi, functionName: 'accounted' })
  const accounted = BigInt(await asked(chain, systemAddresses.rewards, data))
  const balance = (await chain.engine.state(chain.head()).account(systemAddresses.rewards))?.balance ?? 0n
  // What this block minted has arrived, and is divided with the next.
  const minted = (chain.head().withdrawals?.[0]?.amountGwei ?? 0n) * 1_000_000_000n
  const tips = chain.head().receipts.reduce((sum, { gasUsed, effectiveGasPrice }) => {
    return sum + gasUsed * (effectiveGasPrice - (chain.head().header.baseFeePerGas ?? 0n))
  }, 0n)
  expect(balance - accounted).toBe(minted + tips)
})

test('evidence slashes and tombstones: the set loses the validator two blocks later, and it is paid for once', async () => {
  const { store, genesis, chain, consensus } = await open()
  for (let height = 1; height <= 3; height++) await consensus.next()
  const evidence = [{ offender: d.address, height: 2 }]
  const { validatorUpdates, input } = await consensus.next({ evidence })
  expect(validatorUpdates).toEqual([{ consensusKey: d.row.consensusKey, power: 0 }])
  expect(votesNext(chain, d)).toBe(true)
  expect((await consensus.next({ evidence })).validatorUpdates).toEqual([])
  expect(votesNext(chain, d)).toBe(false)
  await consensus.next()
  expect(await tokensOf(chain, d.row.operator)).toBe(parseEther('950'))
  const reporter = four.find(({ address }) => address === input.report?.proposer)
  const args = [reporter?.row.operator as Hex] as const // an address of viem
  const data = encodeFunctionData({ abi: stakingAbi, functionName: 'credits', args })
  const isOwn = reporter === d
  expect(BigInt(await asked(chain, systemAddresses.staking, data))).toBe(isOwn ? 0n : parseEther('2.5'))
  const burned = (await chain.engine.state(chain.head()).account(burnAddress))?.balance
  expect(burned).toBe(isOwn ? parseEther('25') : parseEther('23.75'))
  const { chain: again, engine } = await replayed(store, genesis)
  const supplies = await suppliesOf(engine, again)
  expect(supplies.map(({ burnedSlashes }) => burnedSlashes)).toEqual([0n, 0n, 0n, 0n, burned, 0n, 0n])
})

test('too many missed votes jail: consensus goes on without the validator, and counts it no more', async () => {
  const { chain, consensus } = await open({ downtimeWindowBlocks: '1000', downtimeMissesMax: '3' })
  await consensus.next()
  const updates = []
  for (let height = 2; height <= 8; height++) updates.push((await consensus.next({ missed: [b] })).validatorUpdates)
  // Reported in block 2 for the first time: the fourth miss is that of block 5.
  expect(updates).toEqual([[], [], [], [{ consensusKey: b.row.consensusKey, power: 0 }], [], [], []])
  expect(votesNext(chain, b)).toBe(false)
  expect(await tokensOf(chain, b.row.operator)).toBe(parseEther('999.9'))
})

test('an epoch that is over ends in its block, and the next set is what the stakes then are', async () => {
  const { chain, consensus } = await open({ validatorsMax: '4' })
  for (let height = 1; height <= 9; height++) await consensus.next()
  const epoch = async () => {
    const data = encodeFunctionData({ abi: validatorsAbi, functionName: 'epoch' })
    return BigInt(await asked(chain, systemAddresses.validators, data))
  }
  expect(await epoch()).toBe(1n)
  const slashed = { offender: d.address, height: 3 }
  // Block 10 ends the epoch: the slash comes before it, so that d is not elected again.
  const { validatorUpdates } = await consensus.next({ evidence: [slashed] })
  expect(await epoch()).toBe(2n)
  expect(validatorUpdates).toEqual([{ consensusKey: d.row.consensusKey, power: 0 }])
  await consensus.next()
  await consensus.next()
  expect(chain.app.validators().map(({ power }) => power)).toEqual([1_000, 1_000, 1_000])
})

test('the header commits to the report: another one is another block, and is refused on execution', async () => {
  const { store, chain, consensus } = await open()
  await consensus.next()
  const { burned, minted } = chain.head()
  const sets = [{ fromHeight: 1, validators: chain.app.validators() }]
  const { hash: record } = sealRecord({ genesisHash: chain.genesisHash, sets, burned, minted })
  const { input: said } = await consensus.next({ missed: [b] })
  const { head, engine, common } = { ...chain, head: chain.head() }
  if (said.report === undefined) throw new Error('a block of validators')
  const input = { ...said, report: { ...said.report, record } }
  const stored = blocksOf(store, common).byNumber(2)
  expect(stored?.report).toEqual(input.report)
  const told = allMethods({ chain, clock: { now: () => 0 }, nextTimestamp: () => 0 }).get('millrace_consensusReport')
  expect(told?.(['0x2'])).toEqual(input.report)
  expect(told?.(['0x0'])).toBeNull()
  expect(head.header.parentBeaconBlockRoot).toEqual(reportRoot(input.report))
  const parent = chain.blocks.byNumber(1)
  if (parent === undefined) throw new Error('a block with its parent')
  const lies = [
    { ...input.report, missed: [] },
    { ...input.report, proposer: four.find(({ address }) => address !== input.report.proposer)?.address ?? b.address },
    { ...input.report, evidence: [{ offender: b.address, height: 1 }] },
    { ...input.report, record: chain.genesisHash },
  ]
  const keys = [input.report, ...lies].map((report) => inputKey(parent, 7, input.items, report))
  expect(new Set(keys).size).toBe(5)
  for (const report of [...lies, undefined]) {
    const result = await engine.execute(parent, head.header, head.transactions, report)
    expect(result).toMatchObject({ ok: false, error: { code: 'bad-root' } })
  }
  expect(await engine.execute(parent, head.header, head.transactions, input.report)).toMatchObject({ ok: true })
})

test('what a transaction saw is traced as it was: after the reports of its own block', async () => {
  const { chain, consensus } = await open()
  await consensus.next()
  const parent = chain.blocks.byNumber(0)
  if (parent === undefined) throw new Error('block 0')
  const config = { kind: 'calls', isTopOnly: true, hasLogs: false, isOver: () => false } as const
  const traces = await embedded(chain).state(parent).traceBlock(chain.head(), config)
  const used = traces.map((trace) => BigInt(Reflect.get(Object(trace), 'gasUsed')))
  expect(used).toEqual(chain.head().receipts.map(({ gasUsed }) => gasUsed))
})

interface SimulatedView {
  readonly calls: readonly { readonly returnData: Hex }[]
}

async function simulate(chain: Chain, request: object): Promise<readonly SimulatedView[]> {
  const method = allMethods({ chain, clock: { now: () => 0 }, nextTimestamp: () => 0 }).get('eth_simulateV1')
  return (await method?.([request], undefined)) as readonly SimulatedView[] // eth_simulateV1's shape
}

test('a simulated block does for the contracts what the real one then does: the same state, the same withdrawals', async () => {
  const { chain, consensus } = await open()
  for (let height = 1; height <= 8; height++) await consensus.next()
  const base = chain.head()
  const timestamp = Number(base.header.timestamp) + 3
  const next = { blockOverrides: { time: toHex(timestamp) } }
  const [simulated] = await simulate(chain, { blockStateCalls: [next], validation: true })
  await consensus.next({ seconds: 3 })
  const real = chain.head()
  expect(simulated).toMatchObject({
    number: toHex(real.number),
    stateRoot: hexOf(real.header.stateRoot),
    withdrawalsRoot: hexOf(real.header.withdrawalsRoot ?? new Uint8Array(0)),
    withdrawals: real.withdrawals?.map(({ address, amountGwei }) => ({ address, amount: toHex(amountGwei) })),
    parentBeaconBlockRoot: hexOf(reportRoot({ proposer: `0x${'00'.repeat(20)}`, missed: [], evidence: [] })),
  })
})

test('an epoch ends within a simulation', async () => {
  const { chain, consensus } = await open()
  for (let height = 1; height <= 4; height++) await consensus.next()
  const epoch = encodeFunctionData({ abi: validatorsAbi, functionName: 'setVersion' })
  const call = { to: systemAddresses.validators, data: epoch }
  const blocks = Array.from({ length: 12 }, () => ({ calls: [call] }))
  const epochs = (await simulate(chain, { blockStateCalls: blocks })).map(({ calls }) =>
    BigInt(calls[0]?.returnData ?? 0),
  )
  const first = epochs[0] ?? 0n
  expect(new Set(epochs)).toEqual(new Set([first, first + 1n]))
  expect(epochs.findIndex((one) => one > first)).toBe(10 - 4)
  expect(BigInt(await asked(chain, systemAddresses.validators, epoch)), 'the chain is as it was').toBe(first)
})
