/** The system contracts on a real EVM, and the part of the chain that drives them. */

import { createHash } from 'node:crypto'
import { type Hex, stringToHex } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import {
  type ParameterName,
  parametersAbi,
  rewardsAbi,
  stakingAbi,
  systemAddresses,
  systemContracts,
  validatorsAbi,
} from '../src/index.ts'
import { Contract, Evm } from './evm.ts'

export const btt = 10n ** 18n

/** What a block reports of the one before it. */
export interface BlockReport {
  readonly proposer?: PrivateKeyAccount
  readonly missed?: readonly PrivateKeyAccount[]
  readonly baseFees?: bigint
  /** Tips of the block before, which came to the coinbase. */
  readonly tips?: bigint
}

export class StakeWorld {
  readonly evm: Evm
  readonly staking: Contract<typeof stakingAbi>
  readonly validators: Contract<typeof validatorsAbi>
  readonly rewards: Contract<typeof rewardsAbi>
  readonly parameters: Contract<typeof parametersAbi>
  /** Base units minted by withdrawals up to now. */
  minted = 0n

  private constructor(evm: Evm) {
    this.evm = evm
    this.staking = new Contract(evm, stakingAbi, systemAddresses.staking)
    this.validators = new Contract(evm, validatorsAbi, systemAddresses.validators)
    this.rewards = new Contract(evm, rewardsAbi, systemAddresses.rewards)
    this.parameters = new Contract(evm, parametersAbi, systemAddresses.parameters)
  }

  static async create(
    accounts: readonly PrivateKeyAccount[],
    parameters: Readonly<Partial<Record<ParameterName, bigint>>> = {},
  ): Promise<StakeWorld> {
    const evm = await Evm.create(accounts)
    for (const { address, creation } of systemContracts(parameters)) await evm.install(address, creation)
    return new StakeWorld(evm)
  }

  /** A validator with this much stake of its own; commission 10 %, at most 50 %, 5 % a step. */
  async register(who: PrivateKeyAccount, stake: bigint, key: Hex = keyOf(who)): Promise<void> {
    const args = [key, signerOf(who), 1_000n, 5_000n, 500n] as const
    expectDone(await this.validators.call(who, 'register', args, stake), this.validators)
  }

  /** Begins the next block as the chain does: reports the last one, then mints what was ordered. */
  async nextBlock({ proposer, missed = [], baseFees = 0n, tips = 0n }: BlockReport = {}): Promise<bigint> {
    const { evm, validators, rewards } = this
    await evm.credit(rewards.address, tips)
    evm.number += 1n
    evm.time += 2n
    const args = [
      proposer === undefined ? noName : nameOf(keyOf(proposer)),
      missed.map((one) => nameOf(keyOf(one))),
      baseFees,
    ] as const
    const outcome = await validators.callAs(systemAddresses.caller, 'beginBlock', args)
    expectDone(outcome, validators)
    const mint = (await rewards.read('mintGwei', [])) * 1_000_000_000n
    await evm.credit(rewards.address, mint)
    this.minted += mint
    return outcome.gas
  }

  /** Blocks, all signed by all, up to the end of the epoch, its election, and those until the new set signs. */
  async nextEpoch(proposer?: PrivateKeyAccount): Promise<bigint> {
    while (!(await this.validators.read('epochDue', []))) await this.nextBlock(proposer && { proposer })
    const outcome = await this.validators.callAs(systemAddresses.caller, 'endEpoch', [])
    expectDone(outcome, this.validators)
    for (let i = 0; i < 3; i++) await this.nextBlock(proposer && { proposer })
    return outcome.gas
  }

  async setParameter(name: ParameterName, value: bigint): Promise<void> {
    const args = [stringToHex(name, { size: 32 }), value] as const
    expectDone(await this.parameters.callAs(systemAddresses.governance, 'set', args), this.parameters)
  }
}

/** The consensus key of an account's validator: 32 bytes that no ed25519 key pair needs to stand behind here. */
export function keyOf(who: PrivateKeyAccount): Hex {
  return `0x${createHash('sha256').update(`consensus key of ${who.address}`).digest('hex')}`
}

/** How CometBFT names the holder of a key. */
export function nameOf(key: Hex): Hex {
  return `0x${createHash('sha256')
    .update(Buffer.from(key.slice(2), 'hex'))
    .digest('hex')
    .slice(0, 40)}`
}

export const noName: Hex = `0x${'00'.repeat(20)}`

function signerOf(who: PrivateKeyAccount): Hex {
  return `0x${createHash('sha256').update(`signer of ${who.address}`).digest('hex').slice(0, 40)}`
}

function expectDone(outcome: { readonly revert: Hex | undefined }, contract: { errorIn(revert: Hex): string }): void {
  if (outcome.revert !== undefined) throw new Error(`the call reverted: ${contract.errorIn(outcome.revert)}`)
}
