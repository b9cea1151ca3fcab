/** Stake on a chain: its contracts looked at, what an action would do and cost, and the action. */

import { type Btt, btt } from '@millrace/base'
import { systemAddresses, validatorsAbi } from '@millrace/contracts'
import type { Account } from '@millrace/voucher'
import type { Hex } from 'viem'
import { accountIn } from '../account.ts'
import type { ContractClient } from '../contract-client.ts'
import type { Receipt } from '../decode.ts'
import { LedgerError } from '../errors.ts'
import type { TransactionSigner } from '../ports.ts'
import { type StakeAction, stakeRequest } from './stake-action.ts'
import {
  readEarned,
  readPositions,
  readStaking,
  readUnbondings,
  readValidators,
  type StakePosition,
  type StakingView,
  type Unbonding,
  type ValidatorView,
} from './staking-view.ts'

/**
 * Stake by the contracts of a chain.
 *
 * @example const { validators } = await new Staking(await openContracts({ rpcUrl }, { clock, logger })).view()
 */
export class Staking {
  readonly #client: ContractClient

  constructor(client: ContractClient) {
    this.#client = client
  }

  view(): Promise<StakingView> {
    return readStaking(this.#client)
  }

  /** The validator of an operator; undefined: it never registered one. A node with a short past may not list it. */
  async validator(operator: Account): Promise<ValidatorView | undefined> {
    const [found] = await readValidators(this.#client, await this.#client.head(), [operator])
    return found
  }

  positions(account: Account, validators: readonly Account[]): Promise<readonly StakePosition[]> {
    return readPositions(this.#client, account, validators)
  }

  unbondings(account: Account): Promise<readonly Unbonding[]> {
    return readUnbondings(this.#client, account)
  }

  earned(account: Account): Promise<{ readonly commission: Btt; readonly credit: Btt }> {
    return readEarned(this.#client, account)
  }

  /** Whose milestones a key signs or has signed; undefined: it is free, for the first who names it. */
  async operatorOfSigner(signer: Account): Promise<Account | undefined> {
    const { validators } = systemAddresses
    const told = await this.#client.read(accountIn(validators), validatorsAbi, 'operatorOfSigner', [signer])
    return BigInt(told) === 0n ? undefined : accountIn(told)
  }

  /** Whose votes an ed25519 key of 32 bytes signs or has signed; undefined: it is free, for the first who names it. */
  async operatorOfKey(consensusKey: Hex): Promise<Account | undefined> {
    const validators = accountIn(systemAddresses.validators)
    const name = await this.#client.read(validators, validatorsAbi, 'consensusAddressOf', [consensusKey])
    const told = await this.#client.read(validators, validatorsAbi, 'operatorOf', [name])
    return BigInt(told) === 0n ? undefined : accountIn(told)
  }

  /** What an action would pay its owner now; 0 where it pays nothing, or would be refused because there is nothing. */
  async payout(owner: Account, action: StakeAction): Promise<Btt> {
    try {
      const answer = await this.#client.call(owner, stakeRequest(action, owner))
      return btt(answer === '0x' ? 0n : BigInt(answer))
    } catch (thrown) {
      if (thrown instanceof LedgerError && thrown.code === 'reverted') return btt(0n)
      throw thrown
    }
  }

  /**
   * What the gas of an action costs at most now. Nothing is sent.
   *
   * @throws LedgerError `insufficient-funds`, or `reverted` with the contract's reason
   */
  gasCostOf(owner: Account, action: StakeAction): Promise<Btt> {
    return this.#client.gasCost(owner, stakeRequest(action, owner))
  }

  /** Sends and waits until mined. Throws the errors of `TransactionSender.send`. */
  act(signer: TransactionSigner, owner: Account, action: StakeAction): Promise<Receipt> {
    return this.#client.send(signer, stakeRequest(action, owner))
  }
}
