/** Stake on a chain: its contracts looked at, what an action would do and cost, and the action. */

import { type Btt, btt, type Clock, type Logger } from '@millrace/base'
import type { Account } from '@millrace/voucher'
import type { Hex } from 'viem'
import { decodeData, decodeQuantity, type Receipt } from '../decode.ts'
import { LedgerError } from '../errors.ts'
import type { TransactionSigner } from '../ports.ts'
import { createRpc, type Rpc } from '../rpc.ts'
import { TransactionSender } from '../sender.ts'
import { systemTimers } from '../timers.ts'
import { callObject } from '../transaction.ts'
import { type StakeAction, stakeRequest } from './stake-action.ts'
import {
  readEarned,
  readPositions,
  readStaking,
  readUnbondings,
  type StakePosition,
  type StakingView,
  type Unbonding,
} from './staking-view.ts'

export interface StakingComponents {
  readonly clock: Clock
  readonly logger: Logger
}

const pollMs = 500
const receiptTimeoutMs = 120_000
const rebroadcastMs = 10_000

/**
 * Opens the staking contracts of the chain behind `rpcUrl`.
 *
 * @throws LedgerError `unreachable`, `bad-reply`, `bad-input`
 * @example const { validators } = await (await openStaking(rpcUrl, { clock, logger })).view()
 */
export async function openStaking(rpcUrl: string, components: StakingComponents): Promise<Staking> {
  const rpc = createRpc(rpcUrl)
  const chainId = Number(await rpc.call('eth_chainId', [], decodeQuantity))
  const options = { chainId, pollMs, timeoutMs: receiptTimeoutMs, rebroadcastMs }
  const sender = new TransactionSender({ rpc, timers: systemTimers, ...components }, options)
  return new Staking(chainId, rpc, sender)
}

/** Made by `openStaking`; it polls nothing and needs no close. */
export class Staking {
  readonly chainId: number
  readonly #rpc: Rpc
  readonly #sender: TransactionSender

  constructor(chainId: number, rpc: Rpc, sender: TransactionSender) {
    this.chainId = chainId
    this.#rpc = rpc
    this.#sender = sender
  }

  view(): Promise<StakingView> {
    return readStaking(this.#rpc)
  }

  positions(account: Account, validators: readonly Account[]): Promise<readonly StakePosition[]> {
    return readPositions(this.#rpc, account, validators)
  }

  unbondings(account: Account): Promise<readonly Unbonding[]> {
    return readUnbondings(this.#rpc, account)
  }

  earned(account: Account): Promise<{ readonly commission: Btt; readonly credit: Btt }> {
    return readEarned(this.#rpc, account)
  }

  async balanceOf(account: Account): Promise<Btt> {
    return btt(await this.#rpc.call('eth_getBalance', [account, 'latest'], decodeQuantity))
  }

  /** What an action would pay its owner now; 0 where it pays nothing, or would be refused because there is nothing. */
  async payout(owner: Account, action: StakeAction): Promise<Btt> {
    const call = callObject(owner, stakeRequest(action, owner))
    try {
      const answer: Hex = await this.#rpc.call('eth_call', [call, 'latest'], decodeData)
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
  async gasCostOf(owner: Account, action: StakeAction): Promise<Btt> {
    return btt(await this.#sender.gasCost(owner, stakeRequest(action, owner)))
  }

  /** Sends and waits until mined. Throws the errors of `TransactionSender.send`. */
  act(signer: TransactionSigner, owner: Account, action: StakeAction): Promise<Receipt> {
    return this.#sender.send(signer, stakeRequest(action, owner))
  }
}
