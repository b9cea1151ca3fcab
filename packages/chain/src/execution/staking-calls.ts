/**
 * What a block does for the staking contracts beside its transactions, in the order of docs/staking.md. The calls come from
 * the chain's own address and cost nobody gas. One that fails changes nothing and the block goes on: a chain that stood
 * still could not mend its contracts.
 */

import { type Block, type BlockHeader, createBlock } from '@ethereumjs/block'
import { createAccount, createAddressFromString } from '@ethereumjs/util'
import { fromBigEndian, minBig } from '@millrace/base'
import { rewardsAbi, systemAddresses, validatorsAbi } from '@millrace/contracts'
import { decodeFunctionResult, encodeFunctionData, type Hex } from 'viem'
import type { ChainBlock, Withdrawal } from '../block.ts'
import type { ConsensusReport } from '../consensus-report.ts'
import { bytesOf, hexOf } from '../hex.ts'
import type { World } from './world.ts'

/** Of one call. The dearest that was measured takes an eighth of it (packages/contracts/gas.json). */
export const systemCallGas = 100_000_000n
/** A withdrawal's amount is 64 bits of gwei. */
const withdrawalGweiMax = 2n ** 64n - 1n
const gwei = 1_000_000_000n
/** Numbers a block's withdrawals upward from its own number times this, so that no counter has to be kept. */
const withdrawalsMax = 16n
const nobody: Hex = '0x0000000000000000000000000000000000000000'

/** What a block's staking calls left behind. */
export interface StakingOutcome {
  readonly withdrawals: readonly Withdrawal[]
  /** Calls that failed, in words. */
  readonly faults: readonly string[]
}

/** Whether the state is of a chain with validators: its contracts have elected some. */
export async function hasElected(world: World, header: BlockHeader): Promise<boolean> {
  const { validators } = systemAddresses
  if ((await world.manager.getCode(createAddressFromString(validators))).length === 0) return false
  const block = createBlock({ header }, { common: world.vm.common })
  return fromBigEndian((await call(world, block, validators, setVersion)).output) > 0n
}

const setVersion = encodeFunctionData({ abi: validatorsAbi, functionName: 'setVersion' })

/**
 * The report of a block that nobody proposed and nobody votes on: it pays no proposer, and takes every vote for the block
 * before as given.
 */
export const silentReport: ConsensusReport = { proposer: nobody, missed: [], evidence: [] }

/** Before the transactions: the block before is reported, then each piece of evidence. Answers the calls that failed. */
export async function reportBlock(
  world: World,
  header: BlockHeader,
  parent: ChainBlock,
  { proposer, missed, evidence }: ConsensusReport,
): Promise<readonly string[]> {
  const baseFees = parent.header.gasUsed * (parent.header.baseFeePerGas ?? 0n)
  const calls = [
    encodeFunctionData({
      abi: validatorsAbi,
      functionName: 'beginBlock',
      args: [parent.report?.proposer ?? nobody, missed, baseFees],
    }),
    ...evidence.map(({ offender, height }) =>
      encodeFunctionData({
        abi: validatorsAbi,
        functionName: 'doubleSign',
        args: [offender, BigInt(height), proposer],
      }),
    ),
  ]
  const faults: string[] = []
  const block = createBlock({ header }, { common: world.vm.common })
  for (const data of calls) {
    const { failure } = await call(world, block, systemAddresses.validators, data)
    if (failure !== undefined) faults.push(`${data.slice(0, 10)} failed: ${failure}`)
  }
  return faults
}

/** After the transactions: an epoch that is over ends, and what the contracts ordered is minted. */
export async function settleBlock(world: World, header: BlockHeader): Promise<StakingOutcome> {
  const block = createBlock({ header }, { common: world.vm.common })
  const { validators, rewards } = systemAddresses
  const faults: string[] = []
  const ask = async (to: Hex, data: Hex) => {
    const { output, failure } = await call(world, block, to, data)
    if (failure !== undefined) faults.push(`${data.slice(0, 10)} failed: ${failure}`)
    return failure === undefined ? hexOf(output) : undefined
  }
  const due = await ask(validators, encodeFunctionData({ abi: validatorsAbi, functionName: 'epochDue' }))
  if (due !== undefined && BigInt(due) === 1n) {
    await ask(validators, encodeFunctionData({ abi: validatorsAbi, functionName: 'endEpoch' }))
  }
  const minted = await ask(rewards, encodeFunctionData({ abi: rewardsAbi, functionName: 'mintGwei' }))
  const amount =
    minted === undefined ? 0n : decodeFunctionResult({ abi: rewardsAbi, functionName: 'mintGwei', data: minted })
  return { withdrawals: await mint(world, header.number, amount), faults }
}

/** What withdrawals add to the supply, in base units. */
export function mintedBy(withdrawals: readonly Withdrawal[]): bigint {
  return withdrawals.reduce((sum, { amountGwei }) => sum + amountGwei * gwei, 0n)
}

async function mint({ vm }: World, number: bigint, amountGwei: bigint): Promise<readonly Withdrawal[]> {
  const withdrawals: Withdrawal[] = []
  for (let left = minBig(amountGwei, withdrawalGweiMax * withdrawalsMax); left > 0n; ) {
    const part = minBig(left, withdrawalGweiMax)
    const index = number * withdrawalsMax + BigInt(withdrawals.length)
    withdrawals.push({ index, validatorIndex: 0n, address: systemAddresses.rewards, amountGwei: part })
    left -= part
  }
  if (withdrawals.length === 0) return []
  const to = createAddressFromString(systemAddresses.rewards)
  const account = (await vm.stateManager.getAccount(to)) ?? createAccount({})
  account.balance += mintedBy(withdrawals)
  await vm.evm.journal.putAccount(to, account)
  await vm.evm.journal.cleanup()
  return withdrawals
}

async function call({ vm, manager }: World, block: Block, to: Hex, data: Hex) {
  const { execResult } = await vm.evm.runCall({
    block,
    caller: createAddressFromString(systemAddresses.caller),
    to: createAddressFromString(to),
    data: bytesOf(data),
    gasLimit: systemCallGas,
    skipNonceIncrement: true,
  })
  await vm.evm.journal.cleanup()
  manager.originalStorageCache.clear()
  return { output: execResult.returnValue, failure: execResult.exceptionError?.error }
}
