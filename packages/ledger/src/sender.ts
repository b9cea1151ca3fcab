/** Sends transactions: one after another for each key, with the nonce, fees and funds checked, until mined. */

import { assert } from '@millrace/base'
import type { Account } from '@millrace/voucher'
import { accountIn } from './account.ts'
import { decodeHash, decodeQuantity, type Receipt } from './decode.ts'
import { LedgerError } from './errors.ts'
import { type Fees, gasLimitFor, readFees, replacementFees, transactionGasMax } from './fees.ts'
import type { TransactionSigner } from './ports.ts'
import { type WaitComponents, type Waiting, type WaitOptions, waitForReceipt } from './receipt.ts'
import {
  callObject,
  explainRevert,
  fundsError,
  type SignedTransaction,
  signTransaction,
  type TransactionRequest,
} from './transaction.ts'

/** Other users of the key can take this many nonces from under one transaction before we give up. */
const nonceAttemptsMax = 8
const broadcastAttemptsMax = 6
/** Far beyond what one key can send; a reply above it is garbage. */
const nonceMax = 2 ** 40
/** Each version pays an eighth more than the last: five are 1.8 times the first. */
const versionsMax = 5

export interface SenderOptions extends WaitOptions {
  readonly chainId: number
}

type Broadcast = 'accepted' | 'nonce-taken'

interface Prepared {
  readonly gas: bigint
  readonly fees: Fees
}

/** The nonce queue of every key that spends through one RPC. */
export class TransactionSender {
  readonly #components: WaitComponents
  readonly #options: SenderOptions
  readonly #queues = new Map<Account, Promise<unknown>>()
  readonly #inFlight = new Map<Account, Set<number>>()

  constructor(components: WaitComponents, options: SenderOptions) {
    this.#components = components
    this.#options = options
  }

  /**
   * Sends and waits until mined. Transactions of one key get their nonces in the order of the calls.
   *
   * @throws LedgerError `insufficient-funds`, `reverted`, `replaced`, `receipt-timeout`, `unreachable`, `refused`
   */
  async send(signer: TransactionSigner, request: TransactionRequest): Promise<Receipt> {
    const from = accountIn(signer.address)
    const waiting = await this.#inTurn(from, () => this.#submit(signer, from, request))
    try {
      const receipt = await waitForReceipt(this.#components, waiting, this.#options)
      this.#components.crash?.at('transaction.mined')
      return receipt
    } finally {
      this.#nonces(from).delete(waiting.nonce)
    }
  }

  /**
   * Resolves when no transaction of `from` waits in the pool: one that an earlier run sent before it was killed must not
   * be sent again in other words. False when one still waits after `milliseconds`.
   *
   * @throws LedgerError `unreachable`, `bad-reply`
   */
  async quiet(from: Account, milliseconds: number): Promise<boolean> {
    const { rpc, clock, timers } = this.#components
    const deadline = clock.now() + milliseconds
    for (;;) {
      const sent = await rpc.call('eth_getTransactionCount', [from, 'pending'], decodeQuantity)
      const mined = await rpc.call('eth_getTransactionCount', [from, 'latest'], decodeQuantity)
      if (sent <= mined) return true
      if (clock.now() >= deadline) return false
      await timers.sleep(this.#options.pollMs)
    }
  }

  /**
   * What the gas of a transaction costs at most now, in base units of BTT. Nothing is sent.
   *
   * @throws LedgerError as `send` does before it sends
   */
  async gasCost(from: Account, request: TransactionRequest): Promise<bigint> {
    const { gas, fees } = await this.#prepare(from, request)
    return gas * fees.maxFeePerGas
  }

  /** The gas that a transaction would need now, without a margin. Throws as `send` does before it sends. */
  gasOf(from: Account, request: TransactionRequest): Promise<bigint> {
    return this.#estimate(from, request)
  }

  #inTurn<T>(from: Account, task: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(from) ?? Promise.resolve()
    const after = before.then(task, task)
    this.#queues.set(
      from,
      after.catch(() => {}), // its caller hears of it; the queue goes on
    )
    return after
  }

  async #submit(signer: TransactionSigner, from: Account, request: TransactionRequest): Promise<Waiting> {
    const prepared = await this.#prepare(from, request)
    let least = 0
    for (let attempt = 0; attempt < nonceAttemptsMax; attempt++) {
      const nonce = await this.#nextNonce(from, least)
      const sign = (fees: Fees): Promise<SignedTransaction> =>
        signTransaction({ ...request, ...fees, gas: prepared.gas, nonce, chainId: this.#options.chainId }, signer)
      const signed = await sign(prepared.fees)
      this.#components.crash?.at('transaction.signed')
      if ((await this.#broadcast(signed)) === 'accepted') {
        this.#components.crash?.at('transaction.sent')
        this.#nonces(from).add(nonce)
        return this.#waiting(from, nonce, request, signed, prepared.fees, sign)
      }
      least = nonce + 1
    }
    throw new LedgerError(
      'replaced',
      `${request.purpose} found ${nonceAttemptsMax} nonces of ${from} taken: something else spends from this key; stop it first`,
    )
  }

  /** Gas and fees, after the checks whose refusals a person can act on. */
  async #prepare(from: Account, request: TransactionRequest): Promise<Prepared> {
    const { rpc } = this.#components
    const balance = await rpc.call('eth_getBalance', [from, 'latest'], decodeQuantity)
    const short = fundsError(from, balance, request, 0n)
    if (short !== undefined) throw short
    const fees = await readFees(rpc)
    const estimate = await this.#estimate(from, request)
    const gas = gasLimitFor(estimate + (request.gasExtra ?? 0n))
    const shortOfGas = fundsError(from, balance, request, gas * fees.maxFeePerGas)
    if (shortOfGas !== undefined) throw shortOfGas
    return { gas, fees }
  }

  async #estimate(from: Account, request: TransactionRequest): Promise<bigint> {
    try {
      const estimate = await this.#components.rpc.call('eth_estimateGas', [callObject(from, request)], decodeQuantity)
      if (estimate <= transactionGasMax) return estimate
      throw new LedgerError(
        'bad-input',
        `${request.purpose} needs ${estimate} gas, above the cap of ${transactionGasMax}: split it`,
      )
    } catch (thrown) {
      if (!(thrown instanceof LedgerError) || thrown.code !== 'reverted') throw thrown
      const own = thrown.data === undefined ? undefined : request.explain?.(thrown.data)
      const reason = own ?? explainRevert(thrown.data) ?? thrown.message
      throw new LedgerError('reverted', `${request.purpose} would fail: ${reason}`, { cause: thrown })
    }
  }

  async #nextNonce(from: Account, least: number): Promise<number> {
    const count = await this.#components.rpc.call('eth_getTransactionCount', [from, 'pending'], decodeQuantity)
    if (count > BigInt(nonceMax)) throw new LedgerError('bad-reply', `the RPC says that ${from} has nonce ${count}`)
    let nonce = Math.max(Number(count), least)
    const taken = this.#nonces(from)
    while (taken.has(nonce)) nonce += 1
    return nonce
  }

  /** Repeats through a dead RPC: the hash is known, so sending twice is harmless. */
  async #broadcast(signed: SignedTransaction): Promise<Broadcast> {
    const { rpc, timers } = this.#components
    for (let attempt = 1; ; attempt++) {
      try {
        const hash = await rpc.call('eth_sendRawTransaction', [signed.raw], decodeHash)
        if (hash === signed.hash) return 'accepted'
        throw new LedgerError('bad-reply', `the RPC answers transaction ${signed.hash} with another hash, ${hash}`)
      } catch (thrown) {
        if (!(thrown instanceof LedgerError)) throw thrown
        if (thrown.code === 'unreachable' && attempt < broadcastAttemptsMax) {
          await timers.sleep(this.#options.pollMs * 2 ** attempt)
          continue
        }
        const outcome = meaningOf(thrown)
        if (outcome === undefined) throw thrown
        // "Nonce too low" after a repeat may mean that the first try was mined.
        const known = outcome === 'accepted' || (attempt > 1 && (await this.#isMined(signed)))
        return known ? 'accepted' : outcome
      }
    }
  }

  async #isMined(signed: SignedTransaction): Promise<boolean> {
    const found = (result: unknown): boolean => result !== null
    return this.#components.rpc.call('eth_getTransactionReceipt', [signed.hash], found)
  }

  #waiting(
    from: Account,
    nonce: number,
    request: TransactionRequest,
    signed: SignedTransaction,
    firstFees: Fees,
    sign: (fees: Fees) => Promise<SignedTransaction>,
  ): Waiting {
    const versions = [signed]
    let paid = firstFees
    const rebroadcast = async (): Promise<void> => {
      const now = await readFees(this.#components.rpc)
      const dearer = now.maxFeePerGas > 2n * paid.maxFeePerGas || now.maxPriorityFeePerGas > paid.maxPriorityFeePerGas
      if (dearer && versions.length < versionsMax) {
        paid = replacementFees(paid, now)
        versions.push(await sign(paid))
      }
      const newest = versions.at(-1)
      assert(newest !== undefined, 'at least one version')
      await this.#broadcast(newest)
    }
    return { from, nonce, purpose: request.purpose, versions, rebroadcast }
  }

  #nonces(from: Account): Set<number> {
    const known = this.#inFlight.get(from)
    if (known !== undefined) return known
    const fresh = new Set<number>()
    this.#inFlight.set(from, fresh)
    return fresh
  }
}

/** Nodes word this differently; these are geth's, erigon's, besu's and our chain's. */
function meaningOf(error: LedgerError): Broadcast | undefined {
  if (error.code !== 'refused') return undefined
  if (/already known|known transaction|already imported|alreadyknown/i.test(error.message)) return 'accepted'
  if (/nonce too low|nonce is too low|old ?nonce|replacement.*underpriced|could not replace/i.test(error.message)) {
    return 'nonce-taken'
  }
  return undefined
}
