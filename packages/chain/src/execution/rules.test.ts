import { rewardsAbi, stakingAbi, systemAddresses } from '@millrace/contracts'
import { encodeFunctionData, parseGwei } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, quickChain, rpc } from '../../testing/clients.ts'
import {
  decide,
  passBlocks,
  registerVoter,
  sendCall,
  settingOf,
  votingGenesis,
  votingStake,
} from '../../testing/governing.ts'
import type { ChainNode } from '../chain.ts'
import { nextGasLimit } from './rules.ts'

let node: ChainNode
beforeAll(async () => {
  node = await quickChain({ genesis: votingGenesis })
  await registerVoter(node)
})
afterAll(() => node.close())

describe('the price floor', () => {
  const underpriced = async () => {
    const { wallet, account } = connect(node, 3)
    const fees = { maxFeePerGas: parseGwei('3'), maxPriorityFeePerGas: parseGwei('1') }
    return wallet.sendTransaction({ to: account.address, value: 1n, gas: 21_000n, ...fees })
  }

  test('is the genesis file’s until a vote moves it, and from the next block on what was voted', async () => {
    await expect(underpriced()).rejects.toThrow(/floor of 300000000000/)
    expect((await rpc(node.rpcUrl, 'eth_maxPriorityFeePerGas')).result).toBe('0x45d964b800')
    await decide(node, 'Cheaper', [settingOf('gasPriceFloor', parseGwei('1'))])
    expect((await rpc(node.rpcUrl, 'eth_maxPriorityFeePerGas')).result).toBe('0x3b9aca00')
    const { receipt } = connect(node, 3)
    expect((await receipt(await underpriced())).effectiveGasPrice).toBeLessThan(parseGwei('3'))
    await decide(node, 'Dearer', [settingOf('gasPriceFloor', parseGwei('500'))])
    await expect(underpriced()).rejects.toThrow(/floor of 500000000000/)
  })
})

describe('the gas limit of blocks', () => {
  test('moves to what was voted by steps that Ethereum’s headers allow', async () => {
    const { reader } = connect(node, 0)
    expect((await reader.getBlock()).gasLimit).toBe(30_000_000n)
    await decide(node, 'Smaller blocks', [settingOf('blockGasLimit', 29_900_000n)])
    await passBlocks(node, 4n)
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
    const args = [connect(node, 1).account.address] as const
    const delegated = encodeFunctionData({ abi: stakingAbi, functionName: 'delegate', args })
    await sendCall(node, 4, { to: systemAddresses.staking, data: delegated }, 5n * votingStake)
    const { rewards } = systemAddresses
    await sendCall(node, 0, { to: rewards, data: encodeFunctionData({ abi: rewardsAbi, functionName: 'fund' }) }, 70n)
    const to = '0x00000000000000000000000000000000000000bb'
    const data = encodeFunctionData({ abi: rewardsAbi, functionName: 'spend', args: [to, 70n] })
    await decide(node, 'A grant', [{ to: rewards, data }])
    expect(await connect(node, 0).reader.getBalance({ address: to })).toBe(70n)
  })
})
