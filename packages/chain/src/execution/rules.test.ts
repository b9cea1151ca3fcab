import { governorAbi, parametersAbi, rewardsAbi, stakingAbi, systemAddresses, validatorsAbi } from '@millrace/contracts'
import { encodeFunctionData, type Hex, keccak256, parseEther, parseGwei, stringToHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, quickChain, rpc } from '../../testing/clients.ts'
import type { ChainNode } from '../chain.ts'
import { defaultGenesis } from '../genesis/config.ts'
import { nextGasLimit } from './rules.ts'

const stake = parseEther('1000')
const periodBlocks = 10n
const genesis = {
  ...defaultGenesis,
  staking: { parameters: { selfStakeMin: stake.toString() }, validators: [] },
  governance: {
    parameters: {
      proposalDeposit: stake.toString(),
      votingDelayBlocks: '1',
      votingPeriodBlocks: periodBlocks.toString(),
      timelockDelaySeconds: '1',
    },
  },
}

let node: ChainNode
beforeAll(async () => {
  node = await quickChain({ genesis })
  // A validator by a transaction, as anybody could make one; a solo chain makes its blocks without it.
  const args = [keccak256('0x01'), `0x${'0b'.repeat(20)}`, 0n, 0n, 0n] as const
  await send(
    1,
    systemAddresses.validators,
    encodeFunctionData({ abi: validatorsAbi, functionName: 'register', args }),
    stake,
  )
})
afterAll(() => node.close())

async function send(index: number, to: Hex, data: Hex, value = 0n) {
  const { wallet, receipt } = connect(node, index)
  const done = await receipt(await wallet.sendTransaction({ to, data, value, gas: 3_000_000n }))
  expect(done.status).toBe('success')
  return done
}

async function pass(blocks: bigint): Promise<void> {
  for (let block = 0n; block < blocks; block++) await send(2, '0x00000000000000000000000000000000000000aa', '0x', 1n)
}

const setting = (name: 'gasPriceFloor' | 'blockGasLimit', value: bigint) =>
  encodeFunctionData({ abi: parametersAbi, functionName: 'set', args: [stringToHex(name, { size: 32 }), value] })

/** Proposes, votes and executes by transactions, as a wallet would. */
async function decide(description: string, calls: readonly { readonly to: Hex; readonly data: Hex }[]): Promise<void> {
  const { reader } = connect(node, 0)
  const lists = [calls.map(({ to }) => to), calls.map(() => 0n), calls.map(({ data }) => data)] as const
  const { governor } = systemAddresses
  const propose = { abi: governorAbi, functionName: 'proposeWithDeposit', args: [...lists, description] } as const
  await send(0, governor, encodeFunctionData(propose), stake)
  const count = await reader.readContract({ address: governor, abi: governorAbi, functionName: 'proposalCount' })
  const at = { address: governor, abi: governorAbi, functionName: 'proposalDetailsAt', args: [count - 1n] } as const
  const [id] = await reader.readContract(at)
  await pass(2n)
  await send(1, governor, encodeFunctionData({ abi: governorAbi, functionName: 'castVote', args: [id, 1] }))
  await pass(periodBlocks)
  await send(0, governor, encodeFunctionData({ abi: governorAbi, functionName: 'queue', args: [id] }))
  await pass(2n)
  await send(0, governor, encodeFunctionData({ abi: governorAbi, functionName: 'execute', args: [id] }))
  const state = { address: governor, abi: governorAbi, functionName: 'state', args: [id] } as const
  expect(await reader.readContract(state)).toBe(7)
}

describe('the price floor', () => {
  const underpriced = async () => {
    const { wallet, account } = connect(node, 3)
    const fees = { maxFeePerGas: parseGwei('3'), maxPriorityFeePerGas: parseGwei('1') }
    return wallet.sendTransaction({ to: account.address, value: 1n, gas: 21_000n, ...fees })
  }

  test('is the genesis file’s until a vote moves it, and from the next block on what was voted', async () => {
    await expect(underpriced()).rejects.toThrow(/floor of 300000000000/)
    expect((await rpc(node.rpcUrl, 'eth_maxPriorityFeePerGas')).result).toBe('0x45d964b800')
    await decide('Cheaper', [{ to: systemAddresses.parameters, data: setting('gasPriceFloor', parseGwei('1')) }])
    expect((await rpc(node.rpcUrl, 'eth_maxPriorityFeePerGas')).result).toBe('0x3b9aca00')
    const { receipt } = connect(node, 3)
    expect((await receipt(await underpriced())).effectiveGasPrice).toBeLessThan(parseGwei('3'))
    await decide('Dearer', [{ to: systemAddresses.parameters, data: setting('gasPriceFloor', parseGwei('500')) }])
    await expect(underpriced()).rejects.toThrow(/floor of 500000000000/)
  })
})

describe('the gas limit of blocks', () => {
  test('moves to what was voted by steps that Ethereum’s headers allow', async () => {
    const { reader } = connect(node, 0)
    expect((await reader.getBlock()).gasLimit).toBe(30_000_000n)
    await decide('Smaller blocks', [{ to: systemAddresses.parameters, data: setting('blockGasLimit', 29_900_000n) }])
    await pass(4n)
    const limits: bigint[] = []
    for (let back = 5n; back > 0n; back--) {
      const blockNumber = (await reader.getBlockNumber()) - back + 1n
      limits.push((await reader.getBlock({ blockNumber })).gasLimit)
    }
    const steps = [30_000_000n]
    for (let block = 0; block < 4; block++) steps.push(nextGasLimit(steps.at(-1) ?? 0n, 29_900_000n))
    expect(steps.at(1)).toBe(30_000_000n - (30_000_000n / 1_024n - 1n))
    expect(limits).toEqual(steps)
    expect(limits.at(-1)).toBe(29_900_000n)
    expect(nextGasLimit(29_900_000n, 29_900_000n)).toBe(29_900_000n)
    expect(nextGasLimit(10_240n, 99_999n)).toBe(10_249n)
  })
})

describe('stake on a solo chain', () => {
  test('is a delegator’s to vote with, and the community pool is the vote’s to spend', async () => {
    const delegated = encodeFunctionData({
      abi: stakingAbi,
      functionName: 'delegate',
      args: [connect(node, 1).account.address],
    })
    await send(4, systemAddresses.staking, delegated, 5n * stake)
    await send(0, systemAddresses.rewards, encodeFunctionData({ abi: rewardsAbi, functionName: 'fund' }), 70n)
    const to = '0x00000000000000000000000000000000000000bb'
    const data = encodeFunctionData({ abi: rewardsAbi, functionName: 'spend', args: [to, 70n] })
    await decide('A grant', [{ to: systemAddresses.rewards, data }])
    expect(await connect(node, 0).reader.getBalance({ address: to })).toBe(70n)
  })
})
