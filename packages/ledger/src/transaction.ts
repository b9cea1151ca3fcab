/** Building, signing and explaining one EIP-1559 transaction. */

import { assert, formatBtt } from '@millrace/base'
import {
  bondAbi,
  cashSkipReasons,
  governorAbi,
  parametersAbi,
  rewardsAbi,
  timelockAbi,
  vaultAbi,
} from '@millrace/contracts'
import type { Account } from '@millrace/voucher'
import { bytesToHex, decodeErrorResult, type Hex, hexToBytes, keccak256, numberToHex, serializeTransaction } from 'viem'
import { LedgerError } from './errors.ts'
import type { Fees } from './fees.ts'
import type { TransactionSigner } from './ports.ts'

export interface CallRequest {
  readonly to: Account
  readonly data: Hex
  /** Base units of BTT. */
  readonly value: bigint
}

export interface TransactionRequest extends CallRequest {
  /** For messages: "the deposit". */
  readonly purpose: string
  /** What the next block may do to the gas beyond the usual margin; 0 when absent. */
  readonly gasExtra?: bigint
  /** A refusal of the contract that is called in words, where it is none of the vault's or the bonds'. */
  readonly explain?: (data: string) => string | undefined
}

export interface SignedTransaction {
  readonly raw: Hex
  readonly hash: Hex
}

export interface UnsignedTransaction extends TransactionRequest, Fees {
  readonly chainId: number
  readonly nonce: number
  readonly gas: bigint
}

/** Signs with the sender's key. The hash is known before anything is sent, so that sending can be repeated. */
export async function signTransaction(
  unsigned: UnsignedTransaction,
  signer: TransactionSigner,
): Promise<SignedTransaction> {
  const { chainId, nonce, gas, to, data, value, maxFeePerGas, maxPriorityFeePerGas } = unsigned
  const transaction = {
    type: 'eip1559',
    chainId,
    nonce,
    gas,
    to,
    data,
    value,
    maxFeePerGas,
    maxPriorityFeePerGas,
  } as const
  const digest = keccak256(serializeTransaction(transaction), 'bytes')
  const signature = await signer.signDigest(digest)
  assert(signature.length === 65, 'a signature of 65 bytes')
  const raw = serializeTransaction(transaction, {
    r: bytesToHex(signature.subarray(0, 32)),
    s: bytesToHex(signature.subarray(32, 64)),
    yParity: signature[64] === 28 ? 1 : 0,
  })
  return { raw, hash: keccak256(raw) }
}

/** The parameter of eth_call and eth_estimateGas. */
export function callObject(from: Account, request: CallRequest): Readonly<Record<string, string>> {
  return { from, to: request.to, data: request.data, value: numberToHex(request.value) }
}

/** Errors of the same name have the same shape. */
const errorsAbi = [...vaultAbi, ...bondAbi, ...governorAbi, ...timelockAbi, ...parametersAbi, ...rewardsAbi] as const

/** The error of the vault, the bonds or governance in words, where the return data is one. */
export function explainRevert(data: string | undefined): string | undefined {
  if (data === undefined || data.length < 10) return undefined
  try {
    const decoded = decodeErrorResult({ abi: errorsAbi, data: bytesToHex(hexToBytes(data as Hex)) }) // hexToBytes throws on what is no hex
    switch (decoded.errorName) {
      case 'TooEarly':
        return `the withdrawal is available from ${new Date(Number(decoded.args[0]) * 1000).toISOString()}: wait until then`
      case 'NotCashable':
        return `the voucher cannot be cashed: ${cashSkipReasons[decoded.args[0]] ?? 'unknown reason'}`
      case 'NothingPlanned':
        return 'no withdrawal is planned: plan one and wait for the delay'
      case 'AlreadyProven':
        return `${decoded.args[0]} was proven to over-issue already: its bond is gone`
      case 'NoContradiction':
        return 'these vouchers do not contradict each other'
      case 'NothingToClaim':
        return 'the vault owes nothing by this voucher beyond what it can pay and what was claimed'
      case 'NothingDeposited':
        return 'a deposit of nothing'
      case 'TransferFailed':
        return `the receiver ${decoded.args[0]} does not accept ${formatBtt(decoded.args[1])} BTT`
      case 'OutOfBounds':
        return `the parameter cannot be ${decoded.args[1]}: expected ${decoded.args[2]} to ${decoded.args[3]}`
      case 'NotEnough':
        return `the community pool holds ${formatBtt(decoded.args[0])} BTT`
      case 'WrongDeposit':
        return `a proposal needs a deposit of ${formatBtt(decoded.args[0])} BTT exactly`
      case 'NothingToVoteWith':
        return `${decoded.args[0]} had no stake at the snapshot that it could vote with`
      case 'GovernorAlreadyCastVote':
        return `${decoded.args[0]} has voted already: a vote is final`
      case 'AlreadyOverridden':
        return `${decoded.args[1]} has voted with its part of ${decoded.args[0]} already: a vote is final`
      case 'TimelockUnexpectedOperationState':
        return 'the delay of the time-lock is not over, or the proposal was carried out already'
      case 'GovernorUnexpectedProposalState':
        return 'the proposal is in another state, or the same one was made already'
      default:
        return decoded.errorName
    }
  } catch {
    return undefined // an error of another contract
  }
}

/** What an account lacks for a value and its gas; undefined when it can pay both. */
export function fundsError(
  address: Account,
  balance: bigint,
  request: TransactionRequest,
  gasCost: bigint,
): LedgerError | undefined {
  const missing = request.value + gasCost - balance
  if (missing <= 0n) return undefined
  return new LedgerError(
    'insufficient-funds',
    `insufficient funds: ${address} has ${formatBtt(balance)} BTT, but ${request.purpose} needs ${formatBtt(request.value)} BTT and up to ${formatBtt(gasCost)} BTT for gas: send it at least ${formatBtt(missing)} BTT`,
    { missing },
  )
}
