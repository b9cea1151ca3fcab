/** The network's incentive pool (docs/incentives.md) as a way to cash: what it would add, its calls, and what it paid. */

import { type Btt, btt, type Logger } from '@millrace/base'
import { embeddedVault, incentivesAbi, issueAddresses } from '@millrace/contracts'
import { type Account, cashEntry, parseAccount, type SignedVoucher } from '@millrace/voucher'
import { decodeAbiParameters, decodeEventLog, encodeFunctionData, type Hex, toEventSelector } from 'viem'
import { accountIn } from '../account.ts'
import type { ContractClient } from '../contract-client.ts'
import { decodeData, type Log } from '../decode.ts'
import { LedgerError } from '../errors.ts'
import type { Fees } from '../fees.ts'
import type { Rpc } from '../rpc.ts'
import type { TransactionRequest } from '../transaction.ts'
import { isWorthNaming, poolGain } from './policy.ts'

/** The pool of a vault; undefined where the chain has none. @throws LedgerError the transport's */
export async function findPool(rpc: Rpc, vault: Account): Promise<Account | undefined> {
  if (vault !== embeddedVault) return undefined
  const address = accountIn(issueAddresses.incentives)
  if ((await rpc.call('eth_getCode', [address, 'latest'], decodeData)) === '0x') return undefined
  const data = encodeFunctionData({ abi: incentivesAbi, functionName: 'vault' })
  const stated = await rpc.call('eth_call', [{ to: address, data }, 'latest'], decodeData).catch((thrown: unknown) => {
    if (thrown instanceof LedgerError && thrown.code !== 'unreachable') return '0x'
    throw thrown
  })
  return stated.length === 66 && parseAccount(`0x${stated.slice(-40)}`) === vault ? address : undefined
}

/** Of one transaction: with 300 first vouchers and so many backed payers it stays below the cap of EIP-7825. */
const namedPayersMax = 64

/** Whose credit is asked for at a time, the last of a list. */
const askedPayersMax = 300

/** What the pool is about to do for a payee. */
export interface PoolPlan {
  readonly request: TransactionRequest
  /** Beyond what it costs. */
  readonly gain: Btt
}

/** What is to be cashed: a voucher, and what of it is not cashed yet. */
export interface Claim {
  readonly voucher: SignedVoucher
  readonly unclaimed: bigint
}

export class IncentivePool {
  readonly address: Account
  readonly #client: ContractClient
  readonly #logger: Logger

  constructor(address: Account, client: ContractClient, logger: Logger) {
    this.address = address
    this.#client = client
    this.#logger = logger
  }

  /**
   * The call that cashes `claims` through the pool, when that gains over `vaultRequest`. Undefined when it does not, when
   * they are not all of one payee, and when the pool does not answer as it should, which is said.
   *
   * @throws LedgerError `unreachable` and others of the transport
   */
  async cashing(
    from: Account,
    claims: readonly Claim[],
    vaultRequest: TransactionRequest,
    fees: Fees,
  ): Promise<PoolPlan | undefined> {
    const payees = new Set(claims.map(({ voucher }) => voucher.payee))
    if (payees.size !== 1) return undefined
    const price = expectedPrice(fees)
    return this.#unlessRefused(async () => {
      if ((await this.#client.balanceOf(this.address)) === 0n) return undefined
      const backed = await this.#worthNaming(claims, price)
      const vouchers = claims.map(({ voucher }) => cashEntry(voucher))
      const data = encodeFunctionData({ abi: incentivesAbi, functionName: 'cashMany', args: [vouchers, backed] })
      const request = this.#request(data, `cashing ${claims.length} vouchers through the incentive pool`)
      const [vaultGas, poolGas] = await Promise.all([vaultRequest, request].map((one) => this.#client.gasOf(from, one)))
      if (vaultGas === undefined || poolGas === undefined) return undefined
      const answer = await this.#client.call(from, request, { ...paying(fees), gas: poolGas })
      const [, reward] = decodeAbiParameters([{ type: 'uint256' }, { type: 'uint256' }], answer)
      const gain = poolGain({ vaultGas, poolGas, reward }, price)
      return gain > 0n ? { request, gain: btt(gain) } : undefined
    })
  }

  /**
   * The call that asks what the backing of these payers gives for vouchers cashed before, when that is more than its gas.
   *
   * @throws LedgerError `unreachable` and others of the transport
   */
  async claiming(payee: Account, payers: readonly Account[], fees: Fees): Promise<PoolPlan | undefined> {
    return this.#unlessRefused(async () => {
      const asked = payers.slice(-askedPayersMax)
      const credits = await Promise.all(asked.map((payer) => this.#creditOf(payer)))
      const backed = asked.filter((_payer, index) => (credits[index] ?? 0n) > 0n).slice(-namedPayersMax)
      if (backed.length === 0) return undefined
      const data = encodeFunctionData({ abi: incentivesAbi, functionName: 'claim', args: [payee, backed] })
      const request = this.#request(data, 'claiming from the incentive pool')
      const reward = BigInt(await this.#client.call(payee, request))
      const gain = reward === 0n ? 0n : reward - (await this.#client.gasOf(payee, request)) * expectedPrice(fees)
      return gain > 0n ? { request, gain: btt(gain) } : undefined
    })
  }

  /** What a transaction brought `payee`, by its logs. */
  rewardIn(logs: readonly Log[], payee: Account): Btt {
    let sum = 0n
    for (const { address, topics, data } of logs) {
      const [signature, ...rest] = topics
      if (address !== this.address || signature !== rewardedTopic) continue
      const { args } = decodeEventLog({ abi: incentivesAbi, eventName: 'Rewarded', topics: [signature, ...rest], data })
      if (parseAccount(args.payee) === payee) sum += args.forBacked + args.forGas
    }
    return btt(sum)
  }

  #request(data: Hex, purpose: string): TransactionRequest {
    return { to: this.address, data, value: 0n, purpose }
  }

  async #worthNaming(claims: readonly Claim[], price: bigint): Promise<readonly Account[]> {
    const { rewardBps } = await this.#client.read(this.address, incentivesAbi, 'terms', [])
    const credits = await Promise.all(claims.map(({ voucher }) => this.#creditOf(voucher.payer)))
    const worth = claims.filter(({ unclaimed }, index) => {
      return isWorthNaming({ credit: credits[index] ?? 0n, unclaimed }, BigInt(rewardBps), price)
    })
    return worth.slice(0, namedPayersMax).map(({ voucher }) => voucher.payer)
  }

  #creditOf(payer: Account): Promise<bigint> {
    return this.#client.read(this.address, incentivesAbi, 'creditOf', [payer])
  }

  /** A pool that refuses or answers something else must not keep anybody from cashing. */
  async #unlessRefused<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask()
    } catch (thrown) {
      if (!(thrown instanceof LedgerError) || thrown.code === 'unreachable') throw thrown
      this.#logger.log('warn', 'the incentive pool is left out: it does not answer as it should', {
        reason: thrown.message,
      })
      return undefined
    }
  }
}

const rewardedTopic = toEventSelector('event Rewarded(address indexed payee, uint256 forBacked, uint256 forGas)')

/** What a gas will cost if the base fee stays: `readFees` leaves room for twice of it. */
function expectedPrice({ maxFeePerGas, maxPriorityFeePerGas }: Fees): bigint {
  return (maxFeePerGas - maxPriorityFeePerGas) / 2n + maxPriorityFeePerGas
}

function paying(fees: Fees): Fees {
  return { maxFeePerGas: expectedPrice(fees), maxPriorityFeePerGas: fees.maxPriorityFeePerGas }
}
