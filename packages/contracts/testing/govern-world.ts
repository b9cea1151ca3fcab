/** Governance on a real EVM, over the staking of a `StakeWorld`. */

import { type Abi, decodeErrorResult, encodeFunctionData, type Hex, keccak256, stringToHex, toBytes } from 'viem'
import {
  governorAbi,
  guardianAbi,
  type ParameterName,
  parametersAbi,
  rewardsAbi,
  stakingAbi,
  systemAddresses,
  timelockAbi,
  validatorsAbi,
} from '../src/index.ts'
import { Contract } from './evm.ts'
import { btt, gasOf, StakeWorld } from './stake-world.ts'

export const deposit = 1_000n * btt
export const delayBlocks = 5n
export const periodBlocks = 20n
export const timelockSeconds = 100n
const blockSeconds = 2n

/** Short periods, and stake that is enough to stand. */
const parametersOfTests = {
  epochBlocks: 10n,
  unbondingEpochs: 2n,
  issuePerYear: 0n,
  selfStakeMin: 1_000n * btt,
  proposalDeposit: deposit,
  votingDelayBlocks: delayBlocks,
  votingPeriodBlocks: periodBlocks,
  timelockDelaySeconds: timelockSeconds,
  pauseSeconds: 500n,
} as const

export const choices = { against: 0, for: 1, abstain: 2, veto: 3 } as const
export type Choice = keyof typeof choices

/** As IGovernor numbers them. */
const states = ['pending', 'active', 'canceled', 'defeated', 'succeeded', 'queued', 'expired', 'executed'] as const

/** One call that a proposal makes. */
export interface Action {
  readonly to: Hex
  readonly data: Hex
  readonly value?: bigint
}

const abis: readonly Abi[] = [
  governorAbi,
  timelockAbi,
  guardianAbi,
  parametersAbi,
  stakingAbi,
  rewardsAbi,
  validatorsAbi,
]

export class GovernWorld {
  readonly stake: StakeWorld
  readonly governor: Contract<typeof governorAbi>
  readonly timelock: Contract<typeof timelockAbi>
  readonly guardian: Contract<typeof guardianAbi>

  private constructor(stake: StakeWorld) {
    this.stake = stake
    this.governor = new Contract(stake.evm, governorAbi, systemAddresses.governor)
    this.timelock = new Contract(stake.evm, timelockAbi, systemAddresses.governance)
    this.guardian = new Contract(stake.evm, guardianAbi, systemAddresses.guardian)
  }

  static async create(
    parameters: Readonly<Partial<Record<ParameterName, bigint>>> = {},
    guardian?: Hex,
  ): Promise<GovernWorld> {
    return new GovernWorld(await StakeWorld.create({ ...parametersOfTests, ...parameters }, guardian))
  }

  /** Blocks without anything in them. */
  pass(blocks: bigint): void {
    this.stake.evm.number += blocks
    this.stake.evm.time += blocks * blockSeconds
  }

  /** Proposes with the deposit; answers the number, at the block of the snapshot or after it. */
  async propose(who: Hex, actions: readonly Action[], description: string): Promise<bigint> {
    const [targets, values, calldatas] = listsOf(actions)
    const needed = await this.stake.parameters.read('get', [stringToHex('proposalDeposit', { size: 32 })])
    const args = [targets, values, calldatas, description] as const
    const outcome = await this.governor.callAs(who, 'proposeWithDeposit', args, needed)
    gasOf(outcome, this.governor)
    return BigInt(outcome.data)
  }

  /** The same, with the blocks until votes are taken. */
  async open(who: Hex, actions: readonly Action[], description = 'a proposal'): Promise<bigint> {
    const id = await this.propose(who, actions, description)
    this.pass((await this.governor.read('votingDelay', [])) + 1n)
    return id
  }

  async vote(who: Hex, id: bigint, choice: Choice): Promise<bigint> {
    const outcome = await this.governor.callAs(who, 'castVote', [id, choices[choice]])
    gasOf(outcome, this.governor)
    return BigInt(outcome.data)
  }

  /** A delegator's own vote with its parts of these pools. */
  async override(who: Hex, id: bigint, choice: Choice, ...validators: readonly Hex[]): Promise<bigint> {
    const outcome = await this.governor.callAs(who, 'castOverride', [id, choices[choice], validators, ''])
    gasOf(outcome, this.governor)
    return BigInt(outcome.data)
  }

  async close(): Promise<void> {
    this.pass((await this.governor.read('votingPeriod', [])) + 1n)
  }

  /** From a vote that has passed to its execution. */
  async carryOut(id: bigint): Promise<void> {
    await this.queue(id)
    this.stake.evm.time += await this.timelock.read('getMinDelay', [])
    gasOf(await this.governor.callAs(systemAddresses.burned, 'execute', [id]), this.governor)
  }

  async queue(id: bigint): Promise<void> {
    gasOf(await this.governor.callAs(systemAddresses.burned, 'queue', [id]), this.governor)
  }

  async stateOf(id: bigint): Promise<(typeof states)[number] | undefined> {
    return states[await this.governor.read('state', [id])]
  }

  async votesOf(id: bigint) {
    const [against, pro, abstain, veto] = await this.governor.read('votesOf', [id])
    return { against, for: pro, abstain, veto }
  }

  parameterAction(name: ParameterName, value: bigint): Action {
    const args = [stringToHex(name, { size: 32 }), value] as const
    return {
      to: systemAddresses.parameters,
      data: encodeFunctionData({ abi: parametersAbi, functionName: 'set', args }),
    }
  }

  parameter(name: ParameterName): Promise<bigint> {
    return this.stake.parameters.read('get', [stringToHex(name, { size: 32 })])
  }
}

/** A proposal's lists as the contract takes them. */
export function listsOf(actions: readonly Action[]): readonly [Hex[], bigint[], Hex[]] {
  return [actions.map(({ to }) => to), actions.map(({ value = 0n }) => value), actions.map(({ data }) => data)]
}

export function hashOf(description: string): Hex {
  return keccak256(toBytes(description))
}

/** The name of the error in a revert, whichever system contract or library it came from. */
export function errorName(revert: Hex | undefined): string | undefined {
  for (const abi of abis) {
    try {
      return decodeErrorResult({ abi, data: revert ?? '0x' }).errorName
    } catch {
      // Another contract's.
    }
  }
  return revert
}

/** The name of the error that a call reverts with. */
export async function refused(call: Promise<{ readonly revert: Hex | undefined }>): Promise<string> {
  const { revert } = await call
  return revert === undefined ? 'not refused' : (errorName(revert) ?? 'no error of ours')
}

export function calldata(abi: Abi, functionName: string, args: readonly unknown[]): Hex {
  return encodeFunctionData({ abi, functionName, args })
}

/** A payment out of the community pool. */
export function spend(to: Hex, amount: bigint): Action {
  return { to: systemAddresses.rewards, data: calldata(rewardsAbi, 'spend', [to, amount]) }
}
