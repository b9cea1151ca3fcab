/** The system contracts on a real EVM, and the part of the chain that drives them. Accounts need no keys here. */

import { createHash } from 'node:crypto'
import { type Hex, stringToHex } from 'viem'
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
/** What `fund` gives each account. */
export const startBalance = 10n ** 31n
const blockSeconds = 2n

/** What a block reports of the one before it. */
export interface BlockReport {
  readonly proposer?: Hex | undefined
  readonly missed?: readonly Hex[]
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
    parameters: Readonly<Partial<Record<ParameterName, bigint>>> = {},
    guardian?: Hex,
  ): Promise<StakeWorld> {
    const evm = await Evm.create([])
    for (const { address, creation } of systemContracts(parameters, guardian)) await evm.install(address, creation)
    return new StakeWorld(evm)
  }

  async fund(...accounts: readonly Hex[]): Promise<void> {
    for (const account of accounts) await this.evm.credit(account, startBalance)
  }

  /** A validator with this much stake of its own; commission 10 %, at most 50 %, 5 % a step. Answers the gas. */
  async register(who: Hex, stake: bigint): Promise<bigint> {
    const args = [keyOf(who), signerOf(who), 1_000n, 5_000n, 500n] as const
    const outcome = await this.validators.callAs(who, 'register', args, stake)
    return gasOf(outcome, this.validators)
  }

  /** Begins the next block as the chain does: reports the last one, then mints what was ordered. Answers the gas. */
  async nextBlock({ proposer, missed = [], baseFees = 0n, tips = 0n }: BlockReport = {}): Promise<bigint> {
    const { evm, validators, rewards } = this
    await evm.credit(rewards.address, tips)
    evm.number += 1n
    evm.time += blockSeconds
    const names = missed.map((one) => nameOf(keyOf(one)))
    const args = [proposer === undefined ? noName : nameOf(keyOf(proposer)), names, baseFees] as const
    const gas = gasOf(await validators.callAs(systemAddresses.caller, 'beginBlock', args), validators)
    const mint = (await rewards.read('mintGwei', [])) * 1_000_000_000n
    await evm.credit(rewards.address, mint)
    this.minted += mint
    return gas
  }

  /** Blocks, all signed by all, up to the end of the epoch, and its election. Answers the gas of that. */
  async endEpoch(): Promise<bigint> {
    while (!(await this.validators.read('epochDue', []))) await this.nextBlock()
    return gasOf(await this.validators.callAs(systemAddresses.caller, 'endEpoch', []), this.validators)
  }

  /** The same, and the blocks until the new set's votes are counted. */
  async nextEpoch(): Promise<void> {
    await this.endEpoch()
    for (let i = 0; i < 3; i++) await this.nextBlock()
  }

  async doubleSign(offender: Hex, height: bigint, reporter: Hex = noName): Promise<bigint> {
    const names = [nameOf(keyOf(offender)), height, reporter === noName ? noName : nameOf(keyOf(reporter))] as const
    return gasOf(await this.validators.callAs(systemAddresses.caller, 'doubleSign', names), this.validators)
  }

  async setParameter(name: ParameterName, value: bigint): Promise<void> {
    const args = [stringToHex(name, { size: 32 }), value] as const
    gasOf(await this.parameters.callAs(systemAddresses.governance, 'set', args), this.parameters)
  }
}

/** The `index`th account of a test, in the spelling of checksums that contracts' answers have. */
export function account(index: number): Hex {
  // Digits only: an address without letters has no case.
  return `0x${(100 + index).toString().padStart(40, '0')}`
}

/** The consensus key of an account's validator: 32 bytes that no ed25519 key pair needs to stand behind here. */
export function keyOf(who: Hex): Hex {
  return `0x${createHash('sha256').update(`consensus key of ${who}`).digest('hex')}`
}

/** How CometBFT names the holder of a key. */
export function nameOf(key: Hex): Hex {
  const digest = createHash('sha256')
    .update(Buffer.from(key.slice(2), 'hex'))
    .digest('hex')
  return `0x${digest.slice(0, 40)}`
}

export const noName: Hex = `0x${'00'.repeat(20)}`

export function signerOf(who: Hex): Hex {
  return `0x${createHash('sha256').update(`signer of ${who}`).digest('hex').slice(0, 40)}`
}

/** The gas of a call that must have been done. */
export function gasOf(
  { revert, gas }: { readonly revert: Hex | undefined; readonly gas: bigint },
  contract: { errorIn(revert: Hex): string },
): bigint {
  if (revert !== undefined) throw new Error(`the call was refused with ${contract.errorIn(revert)}`)
  return gas
}
