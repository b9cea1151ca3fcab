/** Random histories for engines: signed transactions of dev accounts, some of which can't be executed. */

import type { Random } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainBlock, ChainTransaction } from '../src/block.ts'
import { createCommon } from '../src/common.ts'
import { decodeTransaction } from '../src/execution/engine.ts'
import type { TransactionSource } from '../src/execution/port.ts'
import { contractAddress } from '../src/execution/receipt.ts'
import { devAccount } from '../src/genesis/accounts.ts'
import { defaultGenesis, type ResolvedGenesis, resolveGenesis } from '../src/genesis/config.ts'
import { bytesOf } from '../src/hex.ts'
import { deeds, machineCode, machineInput } from './machine.ts'

export const suiteGenesis: ResolvedGenesis = resolveGenesis(
  { ...defaultGenesis, timestamp: 1_700_000_000, gasLimit: 5_000_000 },
  1_700_000_000,
  new Uint8Array(16).fill(7),
)
export const suiteCommon = createCommon(suiteGenesis.chainId)

const senders = 5
/** Of one block at most: the remote engine seeks no more of them. */
const faultsMax = 3
const tip = 400_000_000_000n

interface Request {
  readonly to?: Hex
  readonly value?: bigint
  readonly data?: Hex
  readonly gas: bigint
  readonly nonce: number
  readonly maxFeePerGas?: bigint
  readonly maxPriorityFeePerGas?: bigint
}

/** By dev account `index`, as each of the three types in turn of its nonce. */
export async function signed(index: number, request: Request): Promise<ChainTransaction> {
  const account = devAccount(index)
  const { chainId } = suiteGenesis
  const { maxFeePerGas = 2n * tip, maxPriorityFeePerGas = tip, ...fields } = request
  const listed = [{ address: account.address, storageKeys: [`0x${'01'.repeat(32)}`] as const }]
  const isPlain = request.maxFeePerGas === undefined
  const raw =
    isPlain && request.nonce % 3 === 1
      ? await account.signTransaction({ ...fields, chainId, type: 'legacy', gasPrice: tip })
      : isPlain && request.nonce % 3 === 2 && request.gas > 30_000n
        ? await account.signTransaction({ ...fields, chainId, type: 'eip2930', gasPrice: tip, accessList: listed })
        : await account.signTransaction({ ...fields, chainId, type: 'eip1559', maxFeePerGas, maxPriorityFeePerGas })
  return decodeTransaction(bytesOf(raw), suiteCommon)
}

/** A source that offers a list once, and what it was told. */
export function list(offered: readonly ChainTransaction[]) {
  const refused = new Map<Hex, string>()
  let at = 0
  const source: TransactionSource = {
    next: () => offered[at++],
    refused: ({ hash }, why) => refused.set(hash, why),
  }
  return { source, refused: () => refused }
}

export class History {
  readonly stranger: Hex = `0x${'5a'.repeat(20)}`
  readonly #random: Random
  readonly #nonces = new Map<string, number>()
  readonly #machine: Hex = contractAddress(devAccount(0).address, 0n)

  constructor(random: Random) {
    this.#random = random
  }

  /** Of the account's next transaction. */
  nonce(index: number): number {
    return this.#nonces.get(devAccount(index).address.toLowerCase()) ?? 0
  }

  settle({ transactions }: ChainBlock): void {
    for (const { sender, tx } of transactions) this.#nonces.set(sender, Number(tx.nonce) + 1)
  }

  deployment(): Promise<ChainTransaction> {
    return signed(0, { data: machineCode, gas: 1_000_000n, nonce: this.nonce(0) })
  }

  transfer(index: number): Promise<ChainTransaction> {
    return signed(index, { to: this.stranger, value: 5n, gas: 21_000n, nonce: this.nonce(index) })
  }

  /** Some transactions in an order that mostly holds. */
  async block(): Promise<readonly ChainTransaction[]> {
    const taken = new Map<number, number>()
    const offered: ChainTransaction[] = []
    let faults = 0
    const count = 2 + this.#random.below(9)
    for (let i = 0; i < count; i++) {
      const index = this.#random.below(senders)
      const nonce = taken.get(index) ?? this.nonce(index)
      if (faults < faultsMax && this.#random.below(10) === 0) {
        faults += 1
        offered.push(await signed(index, { to: this.stranger, gas: 21_000n, nonce: nonce + 1 + this.#random.below(2) }))
        continue
      }
      taken.set(index, nonce + 1)
      offered.push(
        (await this.#random.below(4)) === 0 ? await this.#payment(index, nonce) : await this.#deed(index, nonce),
      )
    }
    return offered
  }

  #payment(index: number, nonce: number): Promise<ChainTransaction> {
    const to = this.#random.below(2) === 0 ? devAccount(this.#random.below(10)).address : this.#fresh()
    return signed(index, { to, value: BigInt(this.#random.below(2 ** 32)), gas: 40_000n, nonce })
  }

  #deed(index: number, nonce: number): Promise<ChainTransaction> {
    const deed = deeds[this.#random.below(deeds.length)] ?? 'store'
    const data = machineInput(deed, this.#random.below(4), this.#random.below(3))
    const gas = 400_000n + BigInt(this.#random.below(800_000))
    return signed(index, { to: this.#machine, data, gas, nonce, value: BigInt(this.#random.below(3)) })
  }

  #fresh(): Hex {
    return `0x${Buffer.from(this.#random.bytes(20)).toString('hex')}`
  }
}
