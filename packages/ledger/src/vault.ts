/** The vault contract as calls: what to send and how to read it. */

import { vaultAbi } from '@millrace/contracts'
import { type Account, cashEntry, type SignedVoucher } from '@millrace/voucher'
import { decodeFunctionResult, encodeFunctionData, type Hex, zeroAddress } from 'viem'
import { decodeData } from './decode.ts'
import { LedgerError } from './errors.ts'
import type { Rpc } from './rpc.ts'

/** The vault's books of one key: deposited = balance + paidOut + withdrawn. */
export interface VaultAccount {
  readonly deposited: bigint
  readonly withdrawn: bigint
  readonly paidOut: bigint
  readonly balance: bigint
  /** What may leave after the delay; 0 without a plan. */
  readonly planned: bigint
  /** Chain time of the plan in seconds; 0 without one. */
  readonly plannedAtSeconds: bigint
}

/** What a contract states of its signing domain (EIP-5267). Any spelling of the address. */
export interface StatedDomain {
  readonly name: string
  readonly version: string
  readonly chainId: bigint
  readonly verifyingContract: Account
  readonly salt: Hex
}

export async function readAccount(rpc: Rpc, vault: Account, key: Account): Promise<VaultAccount> {
  const data = encodeFunctionData({ abi: vaultAbi, functionName: 'account', args: [key] })
  return read(rpc, vault, data, (result) => {
    const [deposited, withdrawn, paidOut, balance, planned, plannedAtSeconds] = decodeFunctionResult({
      abi: vaultAbi,
      functionName: 'account',
      data: result,
    })
    return { deposited, withdrawn, paidOut, balance, planned, plannedAtSeconds }
  })
}

/** What the vault paid for the vouchers of a pair, over all time. */
export async function readCashed(rpc: Rpc, vault: Account, payer: Account, payee: Account): Promise<bigint> {
  const data = encodeFunctionData({ abi: vaultAbi, functionName: 'cashed', args: [payer, payee] })
  return read(rpc, vault, data, (result) =>
    decodeFunctionResult({ abi: vaultAbi, functionName: 'cashed', data: result }),
  )
}

/** The domain that the contract itself states (EIP-5267). */
export async function readDomain(rpc: Rpc, vault: Account): Promise<StatedDomain> {
  const data = encodeFunctionData({ abi: vaultAbi, functionName: 'eip712Domain' })
  return read(rpc, vault, data, (result) => {
    const decoded = decodeFunctionResult({ abi: vaultAbi, functionName: 'eip712Domain', data: result })
    const [, name, version, chainId, verifyingContract, salt] = decoded
    return { name, version, chainId, verifyingContract, salt }
  })
}

export async function readWithdrawDelay(rpc: Rpc, vault: Account): Promise<bigint> {
  const data = encodeFunctionData({ abi: vaultAbi, functionName: 'withdrawDelaySeconds' })
  return read(rpc, vault, data, (result) =>
    decodeFunctionResult({ abi: vaultAbi, functionName: 'withdrawDelaySeconds', data: result }),
  )
}

export function depositCall(key: Account): Hex {
  return encodeFunctionData({ abi: vaultAbi, functionName: 'depositFor', args: [key] })
}

export function planWithdrawCall(amount: bigint): Hex {
  return encodeFunctionData({ abi: vaultAbi, functionName: 'planWithdraw', args: [amount] })
}

export function withdrawCall(to: Account): Hex {
  return encodeFunctionData({ abi: vaultAbi, functionName: 'withdraw', args: [to] })
}

/** @param recipient zero: the payee's own vault balance */
export function cashCall(voucher: SignedVoucher, recipient: Account = zeroAddress): Hex {
  return encodeFunctionData({ abi: vaultAbi, functionName: 'cash', args: [cashEntry(voucher), recipient] })
}

export function cashManyCall(vouchers: readonly SignedVoucher[], recipient: Account = zeroAddress): Hex {
  return encodeFunctionData({
    abi: vaultAbi,
    functionName: 'cashMany',
    args: [vouchers.map(cashEntry), recipient],
  })
}

async function read<T>(rpc: Rpc, vault: Account, data: Hex, decode: (result: Hex) => T): Promise<T> {
  const result = await rpc.call('eth_call', [{ to: vault, data }, 'latest'], decodeData)
  try {
    return decode(result)
  } catch (cause) {
    throw new LedgerError('bad-reply', `${vault} answers ${data.slice(0, 10)} as no vault does`, { cause })
  }
}
