/** A vault on a real EVM (hardfork prague), without blocks or peers: what the tests of this package drive. */

import { createBlock } from '@ethereumjs/block'
import { Common, Mainnet } from '@ethereumjs/common'
import { createTx, type TypedTransaction } from '@ethereumjs/tx'
import { Account, Address, createAddressFromString, hexToBytes } from '@ethereumjs/util'
import { createVM, runTx, type VM } from '@ethereumjs/vm'
import {
  bytesToHex,
  type ContractFunctionArgs,
  type ContractFunctionName,
  decodeFunctionResult,
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  parseEventLogs,
  parseSignature,
  serializeCompactSignature,
  signatureToCompactSignature,
} from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { vaultAbi, vaultBytecode } from '../src/index.ts'

export const genesisHash: Hex = `0x${'9a'.repeat(32)}`
export const chainId = 19_990n
export const delaySeconds = 3_600n
const startBalance = 10n ** 30n
const gasLimit = 15_000_000n

export interface VoucherFields {
  readonly payer: Hex
  readonly payee: Hex
  readonly cumulative: bigint
  readonly seq: bigint
  readonly totalIssued: bigint
}

export interface SignedFields extends VoucherFields {
  readonly r: Hex
  readonly vs: Hex
}

export type VaultEvent = ReturnType<typeof parseEventLogs<typeof vaultAbi>>[number]

export interface Outcome {
  /** Of a reverted call: the return data. */
  readonly revert: Hex | undefined
  readonly data: Hex
  readonly gas: bigint
  readonly events: readonly VaultEvent[]
}

type Mutating = ContractFunctionName<typeof vaultAbi, 'nonpayable' | 'payable'>
type Reading = ContractFunctionName<typeof vaultAbi, 'view'>

/** The `i`th key of the tests: deterministic and without value anywhere. */
export function testKey(i: number): PrivateKeyAccount {
  return privateKeyToAccount(`0x${(i + 1).toString(16).padStart(64, '0')}`)
}

export class VaultWorld {
  readonly vault: Hex
  time = 1_700_000_000n
  readonly #vm: VM
  readonly #common: Common

  private constructor(vm: VM, common: Common, vault: Hex) {
    this.#vm = vm
    this.#common = common
    this.vault = vault
  }

  static async create(accounts: readonly PrivateKeyAccount[]): Promise<VaultWorld> {
    const common = new Common({ chain: { ...Mainnet, chainId: Number(chainId) }, hardfork: 'prague' })
    const vm = await createVM({ common })
    for (const { address } of accounts) {
      await vm.stateManager.putAccount(createAddressFromString(address), new Account(0n, startBalance))
    }
    const world = new VaultWorld(vm, common, '0x')
    const data = encodeDeployData({ abi: vaultAbi, bytecode: vaultBytecode, args: [genesisHash, delaySeconds] })
    const created = await world.transact(accounts[0] ?? testKey(0), undefined, 0n, data)
    if (created.revert !== undefined || created.address === undefined) throw new Error('the vault did not deploy')
    return new VaultWorld(vm, common, created.address)
  }

  /** Sends a transaction; `to` undefined creates a contract. */
  async transact(from: PrivateKeyAccount, to: Hex | undefined, value: bigint, data: Hex) {
    const sender = createAddressFromString(from.address)
    const nonce = (await this.#vm.stateManager.getAccount(sender))?.nonce ?? 0n
    const unsigned = createTx(
      { type: 2, chainId, nonce, gasLimit, maxFeePerGas: 7n, maxPriorityFeePerGas: 0n, value, data, ...(to && { to }) },
      { common: this.#common },
    )
    const tx: TypedTransaction = unsigned.sign(keyOf(from))
    const block = createBlock(
      { header: { timestamp: this.time, gasLimit: 30_000_000n, baseFeePerGas: 7n, number: 1n } },
      { common: this.#common, skipConsensusFormatValidation: true },
    )
    const result = await runTx(this.#vm, { tx, block, skipHardForkValidation: true })
    const logs = (result.execResult.logs ?? []).map(([address, topics, body]) => ({
      address: bytesToHex(address),
      topics: topics.map((topic) => bytesToHex(topic)),
      data: bytesToHex(body),
    }))
    const failed = result.execResult.exceptionError !== undefined
    const data_ = bytesToHex(result.execResult.returnValue)
    return {
      revert: failed ? data_ : undefined,
      data: data_,
      gas: result.totalGasSpent,
      // The parser reads address, topics and data only; a log of a receipt carries more.
      events: parseEventLogs({ abi: vaultAbi, logs: logs as never }),
      address: result.createdAddress === undefined ? undefined : (result.createdAddress.toString() as Hex), // 0x hex
    }
  }

  call<Name extends Mutating>(
    from: PrivateKeyAccount,
    functionName: Name,
    args: ContractFunctionArgs<typeof vaultAbi, 'nonpayable' | 'payable', Name>,
    value = 0n,
  ): Promise<Outcome> {
    const data = encodeCall(functionName, args)
    return this.transact(from, this.vault, value, data)
  }

  async read<Name extends Reading>(functionName: Name, args: ContractFunctionArgs<typeof vaultAbi, 'view', Name>) {
    const data = encodeCall(functionName, args)
    const result = await this.#vm.evm.runCall({
      to: createAddressFromString(this.vault),
      data: hexToBytes(data),
      gasLimit,
    })
    if (result.execResult.exceptionError !== undefined) throw new Error(`${functionName} reverted`)
    // Typed by the name for callers through the abi's own inference.
    return decodeFunctionResult<typeof vaultAbi, Name>({
      abi: vaultAbi,
      functionName,
      data: bytesToHex(result.execResult.returnValue),
    } as never)
  }

  async balanceOf(address: Hex): Promise<bigint> {
    return (await this.#vm.stateManager.getAccount(new Address(hexToBytes(address))))?.balance ?? 0n
  }

  /** Books of one key. */
  async books(key: Hex) {
    // Six unsigned words, in this order, by the abi.
    const read = (await this.read('account', [key])) as readonly bigint[]
    const [deposited = 0n, withdrawn = 0n, paidOut = 0n, balance = 0n, planned = 0n, plannedAt = 0n] = read
    return { deposited, withdrawn, paidOut, balance, planned, plannedAt }
  }

  async sign(by: PrivateKeyAccount, voucher: VoucherFields): Promise<SignedFields> {
    const signature = await by.signTypedData({ ...voucherTypes(this.vault), message: voucher })
    const compact = signatureToCompactSignature(parseSignature(signature))
    const bytes = serializeCompactSignature(compact)
    return { ...voucher, r: `0x${bytes.slice(2, 66)}`, vs: `0x${bytes.slice(66)}` }
  }
}

/** Callers have paired the name with its arguments by type; a generic function cannot show that to viem again. */
function encodeCall(functionName: string, args: unknown): Hex {
  return encodeFunctionData({ abi: vaultAbi, functionName, args } as never)
}

export function voucherTypes(vault: Hex) {
  return {
    domain: { name: 'millrace', version: '1', chainId, verifyingContract: vault, salt: genesisHash },
    types: {
      Voucher: [
        { name: 'payer', type: 'address' },
        { name: 'payee', type: 'address' },
        { name: 'cumulative', type: 'uint256' },
        { name: 'seq', type: 'uint64' },
        { name: 'totalIssued', type: 'uint256' },
      ],
    },
    primaryType: 'Voucher',
  } as const
}

/** The private key of a test account, which viem does not give back. */
function keyOf(account: PrivateKeyAccount): Uint8Array {
  for (let i = 0; i < 64; i++) {
    if (testKey(i).address === account.address) return hexToBytes(`0x${(i + 1).toString(16).padStart(64, '0')}`)
  }
  throw new Error('not a key of the tests')
}
