/** The airdrop of an embedded chain: its drops as the chain has them, and claims on them. */

import { type Btt, btt } from '@millrace/base'
import { airdropAbi, issueAddresses } from '@millrace/contracts'
import { encodeFunctionData, type Hex } from 'viem'
import { accountIn } from './account.ts'
import type { ContractClient } from './contract-client.ts'
import type { Receipt } from './decode.ts'
import type { TransactionSigner } from './ports.ts'
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
 * The airdrop of a chain. Throws what calls of its contract throw: `bad-reply` where a genesis without an issue has none.
 *
 * @example
 * const airdrop = new Airdrop(await openContracts({ rpcUrl: 'http://127.0.0.1:8545' }, { clock, logger }))
 * await airdrop.drops() // [{ root: '0x...', left, deadlineSeconds }]
 */
export class Airdrop {
  readonly #client: ContractClient

  constructor(client: ContractClient) {
    this.#client = client
  }

  /** What each leaf carries of this network. */
  domain(): Promise<Hex> {
    return this.#client.read(to, airdropAbi, 'domain', [])
  }

  async drops(): Promise<readonly DropView[]> {
    const drops = await this.#client.read(to, airdropAbi, 'drops', [])
    return drops.map(({ root, left, deadline }) => ({
      root: BigInt(root) === 0n ? undefined : root,
      left: btt(left),
      deadlineSeconds: deadline,
    }))
  }

  isClaimed(drop: number, index: number): Promise<boolean> {
    return this.#client.read(to, airdropAbi, 'isClaimed', [BigInt(drop), BigInt(index)])
  }

  /** What the gas of a claim costs `from` at most now, in base units. Throws what the claim would. */
  gasCostOf(from: Hex, claim: AirdropClaim): Promise<Btt> {
    return this.#client.gasCost(accountIn(from), requestOf(claim))
  }

  /** Sends and waits until mined; it is paid to the claim's account, whoever signs. */
  claim(signer: TransactionSigner, claim: AirdropClaim): Promise<Receipt> {
    return this.#client.send(signer, requestOf(claim))
  }
}

function requestOf({ drop, index, account, amount, proof }: AirdropClaim): TransactionRequest {
  const args = [BigInt(drop), BigInt(index), account, amount, proof] as const
  const data = encodeFunctionData({ abi: airdropAbi, functionName: 'claim', args })
  return { to, data, value: 0n, purpose: 'the claim' }
}
