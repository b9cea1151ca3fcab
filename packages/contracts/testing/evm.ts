/** Contracts on a real EVM (hardfork prague), without blocks or peers: what the tests of this package drive. */

import { type Block, createBlock } from '@ethereumjs/block'
import { Common, Mainnet } from '@ethereumjs/common'
import { RLP } from '@ethereumjs/rlp'
import { Caches, CacheType, MerkleStateManager } from '@ethereumjs/statemanager'
import { createTx, type TypedTransaction } from '@ethereumjs/tx'
import { Account, Address, createAddressFromString, hexToBytes, unpadBytes } from '@ethereumjs/util'
import { createVM, runTx, type VM } from '@ethereumjs/vm'
import {
  type Abi,
  bytesToHex,
  type ContractEventName,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type ContractFunctionReturnType,
  decodeErrorResult,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
  type ParseEventLogsReturnType,
  parseEventLogs,
} from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { analyseOnce, tabulateRules } from './evm-speed.ts'

export const chainId = 19_990n
const startBalance = 10n ** 30n
const gasLimit = 15_000_000n
const systemGasLimit = 100_000_000n
const cachedItemsMax = 10_000_000

type Log = readonly [address: Uint8Array, topics: readonly Uint8Array[], data: Uint8Array]

interface RawLog {
  readonly address: Hex
  readonly topics: readonly Hex[]
  readonly data: Hex
}

interface RawOutcome {
  /** Of a reverted call: the return data. */
  readonly revert: Hex | undefined
  readonly data: Hex
  readonly gas: bigint
  readonly logs: readonly RawLog[]
  /** Of a creation. */
  readonly address: Hex | undefined
}

const keys = new Map<number, PrivateKeyAccount>()
const secrets = new Map<Hex, Uint8Array>()

/** The `i`th key of the tests: deterministic and without value anywhere. */
export function testKey(i: number): PrivateKeyAccount {
  const known = keys.get(i)
  if (known !== undefined) return known
  const secret: Hex = `0x${(i + 1).toString(16).padStart(64, '0')}`
  const account = privateKeyToAccount(secret)
  keys.set(i, account)
  secrets.set(account.address, hexToBytes(secret))
  return account
}

/** State that lives in its caches: the library writes storage through to a trie at once, which nobody here reads. */
class CachedState extends MerkleStateManager {
  override async putStorage(address: Address, key: Uint8Array, value: Uint8Array): Promise<void> {
    this._caches?.storage?.put(address, key, RLP.encode(unpadBytes(value)))
  }
}

export class Evm {
  time = 1_700_000_000n
  number = 1n
  /** What a unit of gas burns, and what it gives the coinbase beyond that. */
  baseFee = 7n
  tip = 0n
  readonly #vm: VM
  readonly #common: Common
  #lastBlock: Block | undefined

  private constructor(vm: VM, common: Common) {
    this.#vm = vm
    this.#common = common
  }

  /** An EVM on which these accounts have money. */
  static async create(accounts: readonly PrivateKeyAccount[]): Promise<Evm> {
    const common = new Common({ chain: { ...Mainnet, chainId: Number(chainId) }, hardfork: 'prague' })
    tabulateRules(common)
    await analyseOnce(common)
    const cache = { type: CacheType.ORDERED_MAP, size: cachedItemsMax }
    const caches = new Caches({ account: cache, code: cache, storage: cache })
    const vm = await createVM({ common, stateManager: new CachedState({ common, caches }) })
    // Never committed: all state stays in the caches, and no call waits for a trie.
    await vm.stateManager.checkpoint()
    for (const { address } of accounts) {
      await vm.stateManager.putAccount(createAddressFromString(address), new Account(0n, startBalance))
    }
    return new Evm(vm, common)
  }

  /** Sends a transaction; `to` undefined creates a contract. */
  async transact(from: PrivateKeyAccount, to: Hex | undefined, value: bigint, data: Hex): Promise<RawOutcome> {
    const sender = createAddressFromString(from.address)
    const nonce = (await this.#vm.stateManager.getAccount(sender))?.nonce ?? 0n
    const fees = { maxFeePerGas: this.baseFee + this.tip, maxPriorityFeePerGas: this.tip }
    const unsigned = createTx(
      { type: 2, chainId, nonce, gasLimit, ...fees, value, data, ...(to && { to }) },
      { common: this.#common },
    )
    const tx: TypedTransaction = unsigned.sign(keyOf(from))
    // Recovering it from the signature takes as long as a call. The first byte says that a point in full follows.
    tx.cache.senderPubKey = hexToBytes(from.publicKey).subarray(1)
    const result = await runTx(this.#vm, { tx, block: this.#block(), skipHardForkValidation: true })
    const failed = result.execResult.exceptionError !== undefined
    const returned = bytesToHex(result.execResult.returnValue)
    return {
      revert: failed ? returned : undefined,
      data: returned,
      gas: result.totalGasSpent,
      logs: logsOf(result.execResult.logs),
      address: result.createdAddress === undefined ? undefined : (result.createdAddress.toString() as Hex), // 0x hex
    }
  }

  /**
   * A call without a transaction around it: by the chain itself, which has no key, or where signing would take most of
   * a long run. Gas is what the call used, nothing intrinsic.
   */
  async callAs(from: Hex, to: Hex, value: bigint, data: Hex): Promise<RawOutcome> {
    const { evm } = this.#vm
    const caller = createAddressFromString(from)
    const call = { caller, to: createAddressFromString(to), value, data: hexToBytes(data), block: this.#block() }
    const { execResult } = await evm.runCall({ ...call, gasLimit: systemGasLimit })
    await this.#endTransaction()
    const returned = bytesToHex(execResult.returnValue)
    const failed = execResult.exceptionError !== undefined
    const revert = failed ? returned : undefined
    return {
      revert,
      data: returned,
      gas: execResult.executionGasUsed,
      logs: failed ? [] : logsOf(execResult.logs),
      address: undefined,
    }
  }

  /** Runs creation code at an address of our choice and puts there what it returns, as block 0 does. */
  async install(address: Hex, creation: Hex): Promise<void> {
    const to = createAddressFromString(address)
    await this.#vm.stateManager.putAccount(to, new Account(1n))
    const { returnValue, exceptionError } = await this.#vm.evm.runCode({ code: hexToBytes(creation), to, gasLimit })
    if (exceptionError !== undefined) throw new Error(`the code for ${address} failed: ${exceptionError.error}`)
    await this.#vm.stateManager.putCode(to, returnValue)
    await this.#endTransaction()
  }

  /** What comes after each transaction: addresses are cold again, and what is stored now is what the next one finds. */
  async #endTransaction(): Promise<void> {
    await this.#vm.evm.journal.cleanup()
    this.#vm.stateManager.originalStorageCache.clear()
  }

  /** Adds to a balance without a call: a withdrawal (EIP-4895) or the tips of a block. */
  async credit(address: Hex, amount: bigint): Promise<void> {
    const to = createAddressFromString(address)
    const account = (await this.#vm.stateManager.getAccount(to)) ?? new Account()
    account.balance += amount
    await this.#vm.stateManager.putAccount(to, account)
  }

  /** The word of a contract's storage. */
  async storage(address: Hex, slot: Hex): Promise<bigint> {
    const bytes = await this.#vm.stateManager.getStorage(createAddressFromString(address), hexToBytes(slot))
    return bytes.length === 0 ? 0n : BigInt(bytesToHex(bytes))
  }

  /** The block in which calls run, made once for all that it sees. */
  #block(): Block {
    const { time: timestamp, number, baseFee } = this
    const last = this.#lastBlock?.header
    const isSame = last?.timestamp === timestamp && last.number === number && last.baseFeePerGas === baseFee
    if (this.#lastBlock !== undefined && isSame) return this.#lastBlock
    const header = { timestamp, gasLimit: 30_000_000n, baseFeePerGas: baseFee, number }
    this.#lastBlock = createBlock({ header }, { common: this.#common, skipConsensusFormatValidation: true })
    return this.#lastBlock
  }

  /** Creates a contract and answers its address. */
  async deploy(from: PrivateKeyAccount, data: Hex): Promise<Hex> {
    const { address, revert } = await this.transact(from, undefined, 0n, data)
    if (revert !== undefined || address === undefined) throw new Error(`the contract did not deploy: ${revert}`)
    return address
  }

  /** The return data of a call that changes nothing, or what it reverted with. */
  async view(to: Hex, data: Hex): Promise<{ readonly reverted: boolean; readonly data: Hex }> {
    const call = { to: createAddressFromString(to), data: hexToBytes(data), gasLimit, block: this.#block() }
    const { execResult } = await this.#vm.evm.runCall(call)
    return { reverted: execResult.exceptionError !== undefined, data: bytesToHex(execResult.returnValue) }
  }

  async balanceOf(address: Hex): Promise<bigint> {
    return (await this.#vm.stateManager.getAccount(new Address(hexToBytes(address))))?.balance ?? 0n
  }
}

function logsOf(logs: readonly Log[] = []): readonly RawLog[] {
  return logs.map(([address, topics, body]) => ({
    address: bytesToHex(address),
    topics: topics.map((topic) => bytesToHex(topic)),
    data: bytesToHex(body),
  }))
}

type Mutability = 'nonpayable' | 'payable'

export interface Outcome<A extends Abi> {
  /** Of a reverted call: the return data. */
  readonly revert: Hex | undefined
  readonly data: Hex
  readonly gas: bigint
  readonly events: ParseEventLogsReturnType<A, ContractEventName<A>, true>
}

/** A contract on the EVM, called by the names of its ABI. */
export class Contract<const A extends Abi> {
  readonly evm: Evm
  readonly address: Hex
  readonly #abi: A

  constructor(evm: Evm, abi: A, address: Hex) {
    this.evm = evm
    this.#abi = abi
    this.address = address
  }

  async call<Name extends ContractFunctionName<A, Mutability>>(
    from: PrivateKeyAccount,
    functionName: Name,
    args: ContractFunctionArgs<A, Mutability, Name>,
    value = 0n,
  ): Promise<Outcome<A>> {
    const { logs, ...outcome } = await this.evm.transact(from, this.address, value, this.encode(functionName, args))
    // The parser reads address, topics and data only; a log of a receipt carries more.
    return { ...outcome, events: parseEventLogs({ abi: this.#abi, logs: logs as never }) }
  }

  /** The same by anybody, keyless; see `Evm.callAs`. */
  async callAs<Name extends ContractFunctionName<A, Mutability>>(
    from: Hex,
    functionName: Name,
    args: ContractFunctionArgs<A, Mutability, Name>,
    value = 0n,
  ): Promise<Outcome<A>> {
    const { revert, data, gas, logs } = await this.evm.callAs(
      from,
      this.address,
      value,
      this.encode(functionName, args),
    )
    const abi = this.#abi
    return {
      revert,
      data,
      gas,
      // Parsed when somebody asks: long runs rarely do.
      get events(): Outcome<A>['events'] {
        return parseEventLogs({ abi, logs: logs as never }) // as in `call`
      },
    }
  }

  async read<Name extends ContractFunctionName<A, 'view' | 'pure'>>(
    functionName: Name,
    args: ContractFunctionArgs<A, 'view' | 'pure', Name>,
  ): Promise<ContractFunctionReturnType<A, 'view' | 'pure', Name>> {
    const { reverted, data } = await this.evm.view(this.address, this.encode(functionName, args))
    if (reverted) throw new Error(`${functionName} reverted: ${this.errorIn(data)}`)
    // Typed by the name for callers; a generic function cannot show that to viem again.
    return decodeFunctionResult({ abi: this.#abi, functionName, data } as never) as never
  }

  /** The name of the contract's error in the return data of a revert. */
  errorIn(revert: Hex | undefined): string {
    return decodeErrorResult({ abi: this.#abi as Abi, data: revert ?? '0x' }).errorName // any Abi does for reading names
  }

  /** Callers have paired the name with its arguments by type; a generic function cannot show that to viem again. */
  encode(functionName: string, args: unknown): Hex {
    return encodeFunctionData({ abi: this.#abi, functionName, args } as never)
  }
}

/** The private key of a test account, which viem does not give back. */
function keyOf(account: PrivateKeyAccount): Uint8Array {
  const secret = secrets.get(account.address)
  if (secret === undefined) throw new Error('not a key of the tests')
  return secret
}
