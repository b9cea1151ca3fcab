/** The airdrop of an embedded chain: its drops as the chain has them, and claims on them. */

import type { Btt, Clock, Logger } from '@millrace/base'
import { btt } from '@millrace/base'
import { airdropAbi, issueAddresses } from '@millrace/contracts'
import { decodeFunctionResult, encodeFunctionData, type Hex } from 'viem'
import { accountIn } from './account.ts'
import { decodeData, decodeQuantity, type Receipt } from './decode.ts'
import { LedgerError } from './errors.ts'
import { pollMsDefault, rebroadcastMsDefault, receiptTimeoutMsDefault } from './ledger.ts'
import type { TransactionSigner } from './ports.ts'
import { createRpc, type Rpc } from './rpc.ts'
import { TransactionSender } from './sender.ts'
import { systemTimers } from './timers.ts'
import type { TransactionRequest } from './transaction.ts'

/** One list of claims. */
export interface DropView {
  /** Undefined while governance has not opened it. */
  readonly root: Hex | undefined
  readonly left: Btt
  /** Chain time, seconds since 1970. */
  readonly deadlineSeconds: number
}

/** A place in a list, with its proof. */
export interface AirdropClaim {
  readonly drop: number
  readonly index: number
  readonly account: Hex
  readonly amount: Btt
  readonly proof: readonly Hex[]
}

const to = accountIn(issueAddresses.airdrop)

/**
 * The airdrop of the chain behind `rpcUrl`.
 *
 * @throws LedgerError `bad-input` for what is no URL; `wrong-chain` where no airdrop stands; `unreachable`, `bad-reply`
 * @example
 * const airdrop = await openAirdrop('http://127.0.0.1:8545', { clock: systemClock, logger: silentLogger })
 * await airdrop.drops() // [{ root: '0x...', left, deadlineSeconds }]
 */
export async function openAirdrop(
  rpcUrl: string,
  components: { readonly clock: Clock; readonly logger: Logger },
): Promise<AirdropClient> {
  const rpc = createRpc(rpcUrl)
  const chainId = Number(await rpc.call('eth_chainId', [], decodeQuantity))
  if ((await rpc.call('eth_getCode', [to, 'latest'], decodeData)) === '0x') {
    throw new LedgerError('wrong-chain', `the chain at ${rpc.url} has no airdrop at ${to}: its genesis has no issue`)
  }
  const waits = { pollMs: pollMsDefault, timeoutMs: receiptTimeoutMsDefault, rebroadcastMs: rebroadcastMsDefault }
  const sender = new TransactionSender({ rpc, timers: systemTimers, ...components }, { chainId, ...waits })
  return new AirdropClient(rpc, sender)
}

/** Made by `openAirdrop`. Throws what RPC calls throw. */
export class AirdropClient {
  readonly #rpc: Rpc
  readonly #sender: TransactionSender

  constructor(rpc: Rpc, sender: TransactionSender) {
    this.#rpc = rpc
    this.#sender = sender
  }

  /** What each leaf carries of this network. */
  domain(): Promise<Hex> {
    const data = encodeFunctionData({ abi: airdropAbi, functionName: 'domain' })
    return this.#read(data, (result) => decodeFunctionResult({ abi: airdropAbi, functionName: 'domain', data: result }))
  }

  async drops(): Promise<readonly DropView[]> {
    const data = encodeFunctionData({ abi: airdropAbi, functionName: 'drops' })
    const drops = await this.#read(data, (result) =>
      decodeFunctionResult({ abi: airdropAbi, functionName: 'drops', data: result }),
    )
    return drops.map(({ root, left, deadline }) => ({
      root: BigInt(root) === 0n ? undefined : root,
      left: btt(left),
      deadlineSeconds: deadline,
    }))
  }

  isClaimed(drop: number, index: number): Promise<boolean> {
    const args = [BigInt(drop), BigInt(index)] as const
    const data = encodeFunctionData({ abi: airdropAbi, functionName: 'isClaimed', args })
    return this.#read(data, (result) =>
      decodeFunctionResult({ abi: airdropAbi, functionName: 'isClaimed', data: result }),
    )
  }

  /** What the gas of a claim costs `from` at most now, in base units. Throws what the claim would. */
  async gasCostOf(from: Hex, claim: AirdropClaim): Promise<Btt> {
    return btt(await this.#sender.gasCost(accountIn(from), requestOf(claim)))
  }

  /** Sends and waits until mined; it is paid to the claim's account, whoever signs. */
  claim(signer: TransactionSigner, claim: AirdropClaim): Promise<Receipt> {
    return this.#sender.send(signer, requestOf(claim))
  }

  async #read<T>(data: Hex, decode: (result: Hex) => T): Promise<T> {
    const result = await this.#rpc.call('eth_call', [{ to, data }, 'latest'], decodeData)
    try {
      return decode(result)
    } catch (cause) {
      throw new LedgerError('bad-reply', `${to} does not answer as an airdrop does: is this a chain of ours?`, {
        cause,
      })
    }
  }
}

function requestOf({ drop, index, account, amount, proof }: AirdropClaim): TransactionRequest {
  const args = [BigInt(drop), BigInt(index), account, amount, proof] as const
  const data = encodeFunctionData({ abi: airdropAbi, functionName: 'claim', args })
  return { to, data, value: 0n, purpose: 'the claim' }
}
