/** The contracts of a chain without a vault: reads by their ABI, and transactions. */

import { type Btt, btt } from '@millrace/base'
import type { Account } from '@millrace/voucher'
import {
  type Abi,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type ContractFunctionReturnType,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
  numberToHex,
} from 'viem'
import { type LedgerComponents, pollMsDefault, rebroadcastMsDefault, receiptTimeoutMsDefault } from './components.ts'
import { blockAt } from './cursor.ts'
import { type Block, decodeData, decodeLogs, decodeQuantity, type Log, type Receipt } from './decode.ts'
import { LedgerError } from './errors.ts'
import type { Fees } from './fees.ts'
import type { TransactionSigner } from './ports.ts'
import { createRpc, type Rpc } from './rpc.ts'
import { TransactionSender } from './sender.ts'
import { decodeSimulation, type SimulatedCall } from './simulation.ts'
import { systemTimers } from './timers.ts'
import { type CallRequest, callObject, type TransactionRequest } from './transaction.ts'

export interface ContractClientOptions {
  readonly rpcUrl: string
  readonly pollMs?: number
}

type Viewing = 'view' | 'pure'

/**
 * Connects to the chain behind an RPC.
 *
 * @throws LedgerError `unreachable`, `bad-reply`, `bad-input`
 * @example
 * const client = await openContracts({ rpcUrl }, { clock: systemClock, logger })
 * await client.read(systemAddresses.governor, governorAbi, 'proposalCount', []) // 3n
 */
export async function openContracts(
  { rpcUrl, pollMs = pollMsDefault }: ContractClientOptions,
  { clock, logger, crash, timers = systemTimers }: LedgerComponents,
): Promise<ContractClient> {
  const rpc = createRpc(rpcUrl)
  const chainId = Number(await rpc.call('eth_chainId', [], decodeQuantity))
  const sender = new TransactionSender(
    { rpc, timers, clock, logger, crash },
    { chainId, pollMs, timeoutMs: receiptTimeoutMsDefault, rebroadcastMs: rebroadcastMsDefault },
  )
  return new ContractClient(chainId, rpc, sender)
}

export class ContractClient {
  readonly chainId: number
  readonly #rpc: Rpc
  readonly #sender: TransactionSender

  constructor(chainId: number, rpc: Rpc, sender: TransactionSender) {
    this.chainId = chainId
    this.#rpc = rpc
    this.#sender = sender
  }

  /**
   * What a view of a contract answers.
   *
   * @param block a tag or a number in hex
   * @throws LedgerError `reverted`; `bad-reply` also where there is no such contract
   */
  async read<const A extends Abi, Name extends ContractFunctionName<A, Viewing>>(
    address: Account,
    abi: A,
    functionName: Name,
    args: ContractFunctionArgs<A, Viewing, Name>,
    block: string = 'latest',
  ): Promise<ContractFunctionReturnType<A, Viewing, Name>> {
    // Callers have paired the name with its arguments by type; a generic function cannot show that to viem again.
    const data = encodeFunctionData({ abi, functionName, args } as never)
    const result = await this.#rpc.call('eth_call', [{ to: address, data }, block], decodeData)
    try {
      return decodeFunctionResult({ abi, functionName, data: result } as never) as never // as above
    } catch (cause) {
      throw new LedgerError('bad-reply', missing(this.chainId, address), { cause })
    }
  }

  /**
   * What calls by `from`, which pays for no gas, would come to in the next block, each after those before it.
   *
   * @throws LedgerError `refused` also when one sends more than `from` then has
   */
  async simulate(from: Account, calls: readonly CallRequest[]): Promise<readonly SimulatedCall[]> {
    const blockStateCalls = [{ calls: calls.map((call) => callObject(from, call)) }]
    const outcomes = await this.#rpc.call(
      'eth_simulateV1',
      [{ blockStateCalls, traceTransfers: true }, 'latest'],
      decodeSimulation,
    )
    if (outcomes.length === calls.length) return outcomes
    throw new LedgerError('bad-reply', `the RPC simulated ${outcomes.length} of ${calls.length} calls`)
  }

  /** Whether a contract stands there. */
  async hasCode(address: Account): Promise<boolean> {
    return (await this.#rpc.call('eth_getCode', [address, 'latest'], decodeData)) !== '0x'
  }

  /**
   * What a call by `from` would answer now, for nothing, or paying for its gas. Throws what sending it would, but for want
   * of funds.
   */
  call(from: Account, request: TransactionRequest, payment?: Fees & { readonly gas: bigint }): Promise<Hex> {
    const paid = Object.entries(payment ?? {}).map(([name, value]) => [name, numberToHex(value)])
    const call = { ...callObject(from, request), ...Object.fromEntries(paid) }
    return this.#rpc.call('eth_call', [call, 'latest'], decodeData)
  }

  /** The gas that a call by `from` would need now. Throws what sending it would, but for want of funds. */
  gasOf(from: Account, request: TransactionRequest): Promise<bigint> {
    return this.#sender.gasOf(from, request)
  }

  /** Logs of a contract in these blocks, both included; with a topic only those that begin with it. */
  logsOf(address: Account, from: bigint, to: bigint, topic?: Hex): Promise<readonly Log[]> {
    const topics = topic === undefined ? {} : { topics: [topic] }
    const filter = { address, ...topics, fromBlock: numberToHex(from), toBlock: numberToHex(to) }
    return this.#rpc.call('eth_getLogs', [filter], decodeLogs)
  }

  head(): Promise<Block> {
    return blockAt(this.#rpc, 'latest')
  }

  async balanceOf(address: Account): Promise<Btt> {
    return btt(await this.#rpc.call('eth_getBalance', [address, 'latest'], decodeQuantity))
  }

  /** What the gas of a call costs at most now. Nothing is sent. Throws what sending it would. */
  async gasCost(from: Account, request: TransactionRequest): Promise<Btt> {
    return btt(await this.#sender.gasCost(from, request))
  }

  /** Sends and waits until mined. Throws the errors of `TransactionSender.send`. */
  send(signer: TransactionSigner, request: TransactionRequest): Promise<Receipt> {
    return this.#sender.send(signer, request)
  }
}

function missing(chainId: number, address: Account): string {
  return `${address} on chain ${chainId} does not answer as the contract does that stands there on a chain of ours: check --rpc`
}
