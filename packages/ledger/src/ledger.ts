/** A vault on a chain, opened: its identity is verified once, its state followed, its transactions queued. */

import { type Btt, btt, type Logger } from '@millrace/base'
import type { Account, SignedVoucher } from '@millrace/voucher'
import { type Hex, zeroAddress } from 'viem'
import { accountIn } from './account.ts'
import { type BondIdentity, findBond } from './bond.ts'
import { Bonds } from './bonds.ts'
import { vouchersOfCalldata } from './cash-calldata.ts'
import { addReceipt, type CashReport, cashBatches, cashingGas, emptyReport } from './cashing.ts'
import { type LedgerComponents, pollMsDefault, rebroadcastMsDefault, receiptTimeoutMsDefault } from './components.ts'
import { ContractClient } from './contract-client.ts'
import { CoverageCache, type PayerCoverage } from './coverage.ts'
import { blockAt, type Cursor, checkGenesis } from './cursor.ts'
import { decodeQuantity, decodeTransactionCall, type Receipt } from './decode.ts'
import { LedgerError } from './errors.ts'
import { type Fees, readFees } from './fees.ts'
import { ChainFollower, type LedgerListener, type LedgerStatus } from './follower.ts'
import { type LedgerIdentity, verifyVault } from './identity.ts'
import { findPool, IncentivePool } from './incentives/pool.ts'
import type { TransactionSigner } from './ports.ts'
import { createRpc, type Rpc } from './rpc.ts'
import { TransactionSender } from './sender.ts'
import { systemTimers } from './timers.ts'
import type { TransactionRequest } from './transaction.ts'
import * as vaultCalls from './vault.ts'

export interface LedgerOptions {
  readonly rpcUrl: string
  /** Any spelling. */
  readonly vault: string
  /** The bonds of the vault's payers, any spelling. Absent: those of an embedded chain, elsewhere none. */
  readonly bond?: string
  /** Refuse any other chain. */
  readonly expectedChainId?: number
  /** Where a former run stopped; without it events are delivered from now on. */
  readonly cursor?: Cursor
  readonly pollMs?: number
  readonly rpcTimeoutMs?: number
  readonly receiptTimeoutMs?: number
  readonly rebroadcastMs?: number
}

/** What the owner of a key can do with its vault balance. Amounts in base units of BTT. */
export type VaultAction =
  | { readonly type: 'deposit'; readonly key: Account; readonly amount: Btt }
  | { readonly type: 'plan-withdraw'; readonly amount: Btt }
  | { readonly type: 'withdraw'; readonly to: Account }

/** A few blocks of a public chain; what waits longer is underpriced and may wait for ever. */
const quietMsDefault = 15_000

/**
 * Opens the vault at `options.vault` through an RPC, after checking that all of it is what it says.
 *
 * @throws LedgerError `unreachable`, `bad-reply`, `wrong-chain`, `wrong-vault`, `chain-reset`, `bad-input`
 * @example
 * const ledger = await openLedger({ rpcUrl, vault }, { clock: systemClock, logger })
 * await ledger.watch(payer, [me])
 * ledger.coverage(payer) // { deposited, withdrawn, planned, ... }
 */
export async function openLedger(options: LedgerOptions, components: LedgerComponents): Promise<ChainLedger> {
  const rpc = createRpc(options.rpcUrl, options.rpcTimeoutMs === undefined ? {} : { timeoutMs: options.rpcTimeoutMs })
  const identity = await verifyVault(rpc, options.vault, options.expectedChainId)
  const head = await blockAt(rpc, 'latest')
  const saved = options.cursor
  if (saved !== undefined) await checkGenesis(rpc, saved.genesisHash)
  const cursor = saved ?? { genesisHash: identity.genesisHash, blockNumber: head.number, blockHash: head.hash }
  const timers = components.timers ?? systemTimers
  const pollMs = options.pollMs ?? pollMsDefault
  const bond = await findBond(rpc, identity.vault, options.bond)
  const poolAddress = await findPool(rpc, identity.vault)
  const coverage = new CoverageCache(rpc, identity.vault, bond?.address)
  const follower = new ChainFollower(
    { rpc, timers, logger: components.logger, coverage },
    bond === undefined ? [identity.vault] : [identity.vault, bond.address],
    cursor,
    head,
    pollMs,
  )
  const sender = new TransactionSender(
    { rpc, timers, clock: components.clock, logger: components.logger, crash: components.crash },
    {
      chainId: identity.chainId,
      pollMs,
      timeoutMs: options.receiptTimeoutMs ?? receiptTimeoutMsDefault,
      rebroadcastMs: options.rebroadcastMs ?? rebroadcastMsDefault,
    },
  )
  follower.start()
  const { logger } = components
  const client = new ContractClient(identity.chainId, rpc, sender)
  const pool = poolAddress && new IncentivePool(poolAddress, client, logger)
  if (pool === undefined)
    logger.log('info', 'no incentive pool pays for this vault: vouchers are cashed at the vault alone')
  return new ChainLedger(identity, bond, { rpc, coverage, follower, sender, pool, logger })
}

interface Parts {
  readonly rpc: Rpc
  readonly coverage: CoverageCache
  readonly follower: ChainFollower
  readonly sender: TransactionSender
  /** Undefined where the chain has none. */
  readonly pool: IncentivePool | undefined
  readonly logger: Logger
}

/** Owns the polling of one chain. Made by `openLedger`. */
export class ChainLedger {
  readonly identity: LedgerIdentity
  /** Undefined where payers have none. */
  readonly bonds: Bonds | undefined
  readonly #parts: Parts
  #closed = false

  constructor(identity: LedgerIdentity, bond: BondIdentity | undefined, parts: Parts) {
    this.identity = identity
    this.#parts = parts
    this.bonds =
      bond &&
      new Bonds(bond, {
        rpc: parts.rpc,
        fees: () => this.fees(),
        gasCost: (from, request) => parts.sender.gasCost(from, request),
        send: (signer, request) => this.#send(signer, request),
      })
  }

  get status(): LedgerStatus {
    return this.#parts.follower.status
  }

  /** What to save to resume from. */
  get cursor(): Cursor {
    return this.#parts.follower.cursor
  }

  /** Returns the function that ends it. */
  subscribe(listener: LedgerListener): () => void {
    return this.#parts.follower.subscribe(listener)
  }

  /** Looks at the chain now. Never rejects: see `status`. */
  poll(): Promise<void> {
    return this.#parts.follower.poll()
  }

  /** Follows a payer: see `CoverageCache.watch`. */
  watch(payer: Account, payees: readonly Account[] = []): Promise<void> {
    this.#assertUsable()
    return this.#parts.coverage.watch(payer, payees)
  }

  unwatch(payer: Account): void {
    this.#parts.coverage.unwatch(payer)
  }

  /** What stands behind a payer's vouchers. No waiting, no RPC. */
  coverage(payer: Account): PayerCoverage | undefined {
    return this.#parts.coverage.get(payer)
  }

  /** What a payer was cashed by a payee over all time. No waiting, no RPC: undefined for a pair that is not watched. */
  cashed(payer: Account, payee: Account): Btt | undefined {
    return this.#parts.coverage.cashed(payer, payee)
  }

  /** BTT of an account outside the vault. */
  async balanceOf(address: Account): Promise<Btt> {
    return btt(await this.#rpc().call('eth_getBalance', [address, 'latest'], decodeQuantity))
  }

  /** The vault's books of a key. */
  vaultAccount(key: Account): Promise<vaultCalls.VaultAccount> {
    return vaultCalls.readAccount(this.#rpc(), this.identity.vault, key)
  }

  /** The same read from the chain now. */
  async cashedOf(payer: Account, payee: Account): Promise<Btt> {
    return btt(await vaultCalls.readCashed(this.#rpc(), this.identity.vault, payer, payee))
  }

  /**
   * The vouchers that a transaction gave the vault, their signatures unchecked; none when it reached the vault through
   * another contract, or is gone.
   */
  async vouchersIn(transactionHash: Hex): Promise<readonly SignedVoucher[]> {
    const call = await this.#rpc().call('eth_getTransactionByHash', [transactionHash], decodeTransactionCall)
    const cashes = [this.identity.vault, this.#parts.pool?.address]
    return call?.to !== undefined && cashes.includes(call.to) ? vouchersOfCalldata(call.input) : []
  }

  fees(): Promise<Fees> {
    return readFees(this.#rpc())
  }

  /** What cashing that many vouchers costs at most now. */
  async cashingCost(vouchers: number): Promise<Btt> {
    const { maxFeePerGas, maxPriorityFeePerGas } = await this.fees()
    const expectedPerGas = (maxFeePerGas - maxPriorityFeePerGas) / 2n + maxPriorityFeePerGas
    return btt(cashingGas(vouchers) * expectedPerGas)
  }

  /**
   * What the gas of an action by `from` costs at most now.
   *
   * @throws LedgerError `insufficient-funds` or `reverted` when the action would fail
   */
  async gasCostOf(from: Account, action: VaultAction): Promise<Btt> {
    return btt(await this.#parts.sender.gasCost(accountIn(from), this.#request(action)))
  }

  /** Waits for what an earlier run of this key sent: see `TransactionSender.quiet`. */
  quiet(key: Account, milliseconds = quietMsDefault): Promise<boolean> {
    this.#assertUsable()
    return this.#parts.sender.quiet(accountIn(key), milliseconds)
  }

  /** Pays `amount` from the signer into the vault balance of `key`. Throws the errors of `TransactionSender.send`. */
  depositFor(signer: TransactionSigner, key: Account, amount: Btt): Promise<Receipt> {
    return this.act(signer, { type: 'deposit', key, amount })
  }

  /** Announces a withdrawal from the signer's own vault balance; 0 cancels. */
  planWithdraw(signer: TransactionSigner, amount: Btt): Promise<Receipt> {
    return this.act(signer, { type: 'plan-withdraw', amount })
  }

  /** Takes a planned withdrawal after the delay. */
  withdraw(signer: TransactionSigner, to: Account): Promise<Receipt> {
    return this.act(signer, { type: 'withdraw', to })
  }

  /** Does what `gasCostOf` looked at. Throws the errors of `TransactionSender.send`. */
  async act(signer: TransactionSigner, action: VaultAction): Promise<Receipt> {
    return this.#send(signer, this.#request(action))
  }

  /** Cashes one voucher; throws `reverted` with the reason when the vault does not take it. */
  async cash(signer: TransactionSigner, voucher: SignedVoucher, recipient?: Account): Promise<CashReport> {
    const data = vaultCalls.cashCall(voucher, recipient ?? zeroAddress)
    const receipt = await this.#send(signer, this.#call(data, 'cashing a voucher'))
    return addReceipt(emptyReport, [voucher], receipt, this.identity.vault)
  }

  /**
   * Cashes vouchers, the newest of each pair, in as many transactions as the gas cap needs: through the incentive pool
   * where that gains, else at the vault. What the vault skips is in the report.
   *
   * @param recipient absent: the payees' own vault balances, spendable at once
   */
  async cashMany(
    signer: TransactionSigner,
    vouchers: readonly SignedVoucher[],
    recipient?: Account,
  ): Promise<CashReport> {
    let report = emptyReport
    for (const batch of cashBatches(vouchers)) {
      const call = vaultCalls.cashManyCall(batch, recipient ?? zeroAddress)
      const plain = this.#call(call, `cashing ${batch.length} vouchers`)
      const receipt = await this.#cashBatch(signer, batch, plain, recipient === undefined)
      report = addReceipt(report, batch, receipt, this.identity.vault, this.#rewardIn(receipt, signer))
    }
    return report
  }

  /**
   * Asks the incentive pool for what backed payers' vouchers are still due that were cashed before, when that is more than
   * its gas. Answers what it paid, and what that cost.
   */
  async claimRewards(
    signer: TransactionSigner,
    payers: readonly Account[],
  ): Promise<{ readonly rewards: bigint; readonly gasCost: bigint; readonly transaction: Hex } | undefined> {
    const plan = await this.#parts.pool?.claiming(accountIn(signer.address), payers, await this.fees())
    if (plan === undefined) return undefined
    const receipt = await this.#send(signer, plan.request)
    const gasCost = receipt.gasUsed * receipt.effectiveGasPrice
    return { rewards: this.#rewardIn(receipt, signer), gasCost, transaction: receipt.transactionHash }
  }

  async #cashBatch(
    signer: TransactionSigner,
    batch: readonly SignedVoucher[],
    plain: TransactionRequest,
    isIntoVault: boolean,
  ): Promise<Receipt> {
    const { pool, logger } = this.#parts
    if (pool === undefined || !isIntoVault) return this.#send(signer, plain)
    const claims = await Promise.all(
      batch.map(async (voucher) => {
        const { payer, payee, cumulative } = voucher
        return { voucher, unclaimed: cumulative - (this.cashed(payer, payee) ?? (await this.cashedOf(payer, payee))) }
      }),
    )
    const plan = await pool.cashing(accountIn(signer.address), claims, plain, await this.fees())
    if (plan === undefined) return this.#send(signer, plain)
    logger.log('debug', 'cashing through the incentive pool', { gain: plan.gain })
    try {
      return await this.#send(signer, plan.request)
    } catch (thrown) {
      // Another transaction may have come first: the vault does the same without the pool.
      if (!(thrown instanceof LedgerError && thrown.code === 'reverted')) throw thrown
      logger.log('warn', 'the incentive pool refused, the vault is asked', { reason: thrown.message })
      return this.#send(signer, plain)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#parts.follower.close()
  }

  #request(action: VaultAction): TransactionRequest {
    switch (action.type) {
      case 'deposit':
        if (action.amount <= 0n) throw new LedgerError('bad-input', 'a deposit needs an amount above 0')
        return this.#call(vaultCalls.depositCall(accountIn(action.key)), 'the deposit', action.amount)
      case 'plan-withdraw':
        return this.#call(vaultCalls.planWithdrawCall(action.amount), 'planning the withdrawal')
      case 'withdraw':
        return this.#call(vaultCalls.withdrawCall(accountIn(action.to)), 'the withdrawal')
    }
  }

  #call(data: Hex, purpose: string, value: bigint = 0n): TransactionRequest {
    return { to: this.identity.vault, data, value, purpose }
  }

  async #send(signer: TransactionSigner, request: TransactionRequest): Promise<Receipt> {
    this.#assertUsable()
    const receipt = await this.#parts.sender.send(signer, request)
    this.#parts.follower.spent(receipt.gasUsed * receipt.effectiveGasPrice)
    const reward = this.#rewardIn(receipt, signer)
    if (reward > 0n) this.#parts.follower.rewarded(reward)
    // The caller sees its own transaction in coverage and events: not by a look that began before the block.
    await this.poll()
    if (this.status.head.number < receipt.blockNumber) await this.poll()
    return receipt
  }

  #rewardIn({ logs }: Receipt, signer: TransactionSigner): bigint {
    return this.#parts.pool?.rewardIn(logs, accountIn(signer.address)) ?? 0n
  }

  #rpc(): Rpc {
    this.#assertUsable()
    return this.#parts.rpc
  }

  #assertUsable(): void {
    if (this.#closed) throw new LedgerError('closed', 'this ledger was closed')
    const { status } = this
    if (status.state === 'failed') throw status.error
  }
}
