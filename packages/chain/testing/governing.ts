/** A chain on which one account can decide by itself: a vote from its proposal to what it does, by transactions as a wallet makes them. */

import { governorAbi, type ParameterName, parametersAbi, systemAddresses, validatorsAbi } from '@millrace/contracts'
import { encodeFunctionData, type Hex, keccak256, parseEther, stringToHex } from 'viem'
import { expect } from 'vitest'
import type { ChainNode } from '../src/chain.ts'
import { defaultGenesis } from '../src/genesis/config.ts'
import { connect } from './clients.ts'

export const votingStake = parseEther('1000')
const periodBlocks = 10n
const executed = 7

/** A vote on it is over after some ten blocks, in which nothing else need happen. */
export const votingGenesis = {
  ...defaultGenesis,
  staking: { parameters: { selfStakeMin: votingStake.toString() }, validators: [] },
  governance: {
    parameters: {
      proposalDeposit: votingStake.toString(),
      votingDelayBlocks: '1',
      votingPeriodBlocks: periodBlocks.toString(),
      timelockDelaySeconds: '1',
    },
  },
}

export interface Call {
  readonly to: Hex
  readonly data: Hex
}

export async function sendCall(node: ChainNode, index: number, { to, data }: Call, value = 0n) {
  const { wallet, receipt } = connect(node, index)
  const done = await receipt(await wallet.sendTransaction({ to, data, value, gas: 3_000_000n }))
  expect(done.status).toBe('success')
  return done
}

export async function passBlocks(node: ChainNode, blocks: bigint): Promise<void> {
  const nothing: Call = { to: '0x00000000000000000000000000000000000000aa', data: '0x' }
  for (let block = 0n; block < blocks; block++) await sendCall(node, 2, nothing, 1n)
}

/** Makes dev account 1 a validator, as anybody could: a solo chain makes its blocks without it, and it has all the votes. */
export async function registerVoter(node: ChainNode): Promise<void> {
  const args = [keccak256('0x01'), `0x${'0b'.repeat(20)}`, 0n, 0n, 0n] as const
  const data = encodeFunctionData({ abi: validatorsAbi, functionName: 'register', args })
  await sendCall(node, 1, { to: systemAddresses.validators, data }, votingStake)
}

export function settingOf(name: ParameterName, value: bigint): Call {
  const args = [stringToHex(name, { size: 32 }), value] as const
  return { to: systemAddresses.parameters, data: encodeFunctionData({ abi: parametersAbi, functionName: 'set', args }) }
}

/** Proposes by dev account 0, votes by 1, queues and executes. */
export async function decide(node: ChainNode, description: string, calls: readonly Call[]): Promise<void> {
  const { reader } = connect(node, 0)
  const { governor: to } = systemAddresses
  const abi = governorAbi
  const lists = [calls.map((call) => call.to), calls.map(() => 0n), calls.map(({ data }) => data)] as const
  const propose = { abi, functionName: 'proposeWithDeposit', args: [...lists, description] } as const
  await sendCall(node, 0, { to, data: encodeFunctionData(propose) }, votingStake)
  const count = await reader.readContract({ address: to, abi, functionName: 'proposalCount' })
  const at = { address: to, abi, functionName: 'proposalDetailsAt', args: [count - 1n] } as const
  const [id] = await reader.readContract(at)
  await passBlocks(node, 2n)
  await sendCall(node, 1, { to, data: encodeFunctionData({ abi, functionName: 'castVote', args: [id, 1] }) })
  await passBlocks(node, periodBlocks)
  await sendCall(node, 0, { to, data: encodeFunctionData({ abi, functionName: 'queue', args: [id] }) })
  await passBlocks(node, 2n)
  await sendCall(node, 0, { to, data: encodeFunctionData({ abi, functionName: 'execute', args: [id] }) })
  const state = { address: to, abi, functionName: 'state', args: [id] } as const
  expect(await reader.readContract(state)).toBe(executed)
}
