/** The bonds of a ledger's payers: looking at them, adding to one's own, and the moves of a payee that was lied to. */

import { type Btt, btt } from '@millrace/base'
import type { Account, BondMove, Contradiction, SignedVoucher } from '@millrace/voucher'
import type { Hex } from 'viem'
import { accountIn } from './account.ts'
import * as calls from './bond.ts'
import type { Receipt } from './decode.ts'
import type { Fees } from './fees.ts'
import type { TransactionSigner } from './ports.ts'
import type { Rpc } from './rpc.ts'
import type { TransactionRequest } from './transaction.ts'

/** What can be done with a bond. `prove`, `claim` and `settle` are a payee's, the others its owner's. */
export type BondAction =
  | { readonly type: 'bond'; readonly payer: Account; readonly amount: Btt }
  | { readonly type: 'plan-withdraw'; readonly amount: Btt }
  | { readonly type: 'withdraw'; readonly to: Account }
  | { readonly type: 'prove'; readonly proof: Contradiction }
  | { readonly type: 'claim'; readonly voucher: SignedVoucher }
  | { readonly type: 'settle'; readonly payer: Account; readonly payees: readonly Account[] }

/** Gas of the moves, from above: of a proof without and for each of its vouchers, a first claim, one payee settled. */
const proveGas = 200_000n
const proofVoucherGas = 25_000n
const claimGas = 120_000n
const settleGas = 110_000n

interface BondsParts {
  readonly rpc: Rpc
  readonly fees: () => Promise<Fees>
  readonly gasCost: (from: Account, request: TransactionRequest) => Promise<bigint>
  readonly send: (signer: TransactionSigner, request: TransactionRequest) => Promise<Receipt>
}

/** Made by the ledger it belongs to. */
export class Bonds {
  readonly identity: calls.BondIdentity
  readonly #parts: BondsParts

  constructor(identity: calls.BondIdentity, parts: BondsParts) {
    this.identity = identity
    this.#parts = parts
  }

  stakeOf(payer: Account): Promise<calls.Stake> {
    return calls.readStake(this.#parts.rpc, this.identity.address, accountIn(payer))
  }

  /** What a proven payer's bond left, and `payee`'s claim on it. */
  potOf(payer: Account, payee: Account): Promise<calls.PotView> {
    return calls.readPot(this.#parts.rpc, this.identity.address, accountIn(payer), accountIn(payee))
  }

  /**
   * What each move of a payee costs at most now, in base units of BTT.
   *
   * @param proofVouchers of which a proof consists
   */
  async moveCosts(proofVouchers: number): Promise<{ readonly [move in BondMove]: Btt }> {
    const { maxFeePerGas, maxPriorityFeePerGas } = await this.#parts.fees()
    const expectedPerGas = (maxFeePerGas - maxPriorityFeePerGas) / 2n + maxPriorityFeePerGas
    const cost = (gas: bigint): Btt => btt(gas * expectedPerGas)
    const prove = cost(proveGas + proofVoucherGas * BigInt(proofVouchers))
    return { prove, claim: cost(claimGas), settle: cost(settleGas) }
  }

  /** What the gas of an action by `from` costs at most now. Throws what the action would. */
  async gasCostOf(from: Account, action: BondAction): Promise<Btt> {
    return btt(await this.#parts.gasCost(accountIn(from), this.request(action)))
  }

  /** Sends and waits until mined. Throws the errors of `TransactionSender.send`. */
  act(signer: TransactionSigner, action: BondAction): Promise<Receipt> {
    return this.#parts.send(signer, this.request(action))
  }

  request(action: BondAction): TransactionRequest {
    switch (action.type) {
      case 'bond':
        return this.#call(calls.bondForCall(accountIn(action.payer)), 'the bond', action.amount)
      case 'plan-withdraw':
        return this.#call(calls.planBondWithdrawCall(action.amount), 'planning the withdrawal of the bond')
      case 'withdraw':
        return this.#call(calls.bondWithdrawCall(accountIn(action.to)), 'the withdrawal of the bond')
      case 'prove':
        return this.#call(calls.proveCall(action.proof), 'the proof of over-issue')
      case 'claim':
        return this.#call(calls.claimCall(action.voucher), 'the claim on a slashed bond')
      case 'settle':
        return this.#call(calls.settleCall(accountIn(action.payer), action.payees), 'taking the part of a slashed bond')
    }
  }

  #call(data: Hex, purpose: string, value: bigint = 0n): TransactionRequest {
    return { to: this.identity.address, data, value, purpose }
  }
}
