/** The contract of bonds as calls: what to send and how to read it. */

import { bondAbi, embeddedBond, embeddedVault } from '@millrace/contracts'
import { type Account, type Contradiction, cashEntry, parseAccount, type SignedVoucher } from '@millrace/voucher'
import { decodeFunctionResult, encodeFunctionData, type Hex } from 'viem'
import { accountIn } from './account.ts'
import { decodeData } from './decode.ts'
import { LedgerError } from './errors.ts'
import type { Rpc } from './rpc.ts'

/** The bonds of a vault's payers. */
export interface BondIdentity {
  readonly address: Account
  /** Between planning a withdrawal and taking it. */
  readonly withdrawDelaySeconds: bigint
  /** In which payees can claim after a proof. */
  readonly claimSeconds: bigint
}

/** Amounts in base units of BTT. */
export interface Stake {
  readonly amount: bigint
  readonly planned: bigint
  /** Chain time of the plan; 0 without one. */
  readonly plannedAtSeconds: bigint
  /** Chain time of the proof of over-issue; 0 without one. */
  readonly provenAtSeconds: bigint
}

/** What a slashed bond left for claims, and what is claimed of it by all and by one payee. */
export interface PotView {
  readonly size: bigint
  readonly claimed: bigint
  readonly ownClaim: bigint
}

/**
 * The bonds of a vault: at `address`, or where every embedded chain has them. Undefined where there are none.
 *
 * @throws LedgerError `wrong-vault` when `address` holds no bonds of this vault; the transport's
 */
export async function findBond(
  rpc: Rpc,
  vault: Account,
  address: string | undefined,
): Promise<BondIdentity | undefined> {
  if (address === undefined && vault !== embeddedVault) return undefined
  const bond = accountIn(address ?? embeddedBond)
  const code = await rpc.call('eth_getCode', [bond, 'latest'], decodeData)
  if (code === '0x' && address === undefined) return undefined // a chain of before there were bonds
  const stated = await readVault(rpc, bond).catch((thrown: unknown) => {
    if (thrown instanceof LedgerError && thrown.code !== 'unreachable') return undefined
    throw thrown
  })
  if (stated !== vault) {
    throw new LedgerError(
      'wrong-vault',
      `${bond} holds no bonds for the vault ${vault}: check the address of the bonds`,
    )
  }
  const [withdrawDelaySeconds, claimSeconds] = await Promise.all([
    readSeconds(rpc, bond, 'withdrawDelaySeconds'),
    readSeconds(rpc, bond, 'claimSeconds'),
  ])
  return { address: bond, withdrawDelaySeconds, claimSeconds }
}

export async function readStake(rpc: Rpc, bond: Account, payer: Account): Promise<Stake> {
  const data = encodeFunctionData({ abi: bondAbi, functionName: 'stakes', args: [payer] })
  return read(rpc, bond, data, (result) => {
    const decoded = decodeFunctionResult({ abi: bondAbi, functionName: 'stakes', data: result })
    const [amount, planned, plannedAtSeconds, provenAtSeconds] = decoded
    return { amount, planned, plannedAtSeconds, provenAtSeconds }
  })
}

export async function readPot(rpc: Rpc, bond: Account, payer: Account, payee: Account): Promise<PotView> {
  const potData = encodeFunctionData({ abi: bondAbi, functionName: 'pots', args: [payer] })
  const claimData = encodeFunctionData({ abi: bondAbi, functionName: 'claims', args: [payer, payee] })
  const [[size, claimed], [ownClaim]] = await Promise.all([
    read(rpc, bond, potData, (result) => decodeFunctionResult({ abi: bondAbi, functionName: 'pots', data: result })),
    read(rpc, bond, claimData, (result) =>
      decodeFunctionResult({ abi: bondAbi, functionName: 'claims', data: result }),
    ),
  ])
  return { size, claimed, ownClaim }
}

export function bondForCall(payer: Account): Hex {
  return encodeFunctionData({ abi: bondAbi, functionName: 'bondFor', args: [payer] })
}

export function planBondWithdrawCall(amount: bigint): Hex {
  return encodeFunctionData({ abi: bondAbi, functionName: 'planWithdraw', args: [amount] })
}

export function bondWithdrawCall(to: Account): Hex {
  return encodeFunctionData({ abi: bondAbi, functionName: 'withdraw', args: [to] })
}

export function proveCall({ statement, others }: Contradiction): Hex {
  const args = [cashEntry(statement), others.map(cashEntry)] as const
  return encodeFunctionData({ abi: bondAbi, functionName: 'proveOverissue', args })
}

export function claimCall(voucher: SignedVoucher): Hex {
  return encodeFunctionData({ abi: bondAbi, functionName: 'claim', args: [cashEntry(voucher)] })
}

export function settleCall(payer: Account, payees: readonly Account[]): Hex {
  return encodeFunctionData({ abi: bondAbi, functionName: 'settle', args: [payer, payees] })
}

async function readVault(rpc: Rpc, bond: Account): Promise<Account | undefined> {
  const data = encodeFunctionData({ abi: bondAbi, functionName: 'vault' })
  return read(rpc, bond, data, (result) =>
    parseAccount(decodeFunctionResult({ abi: bondAbi, functionName: 'vault', data: result })),
  )
}

async function readSeconds(
  rpc: Rpc,
  bond: Account,
  functionName: 'withdrawDelaySeconds' | 'claimSeconds',
): Promise<bigint> {
  const data = encodeFunctionData({ abi: bondAbi, functionName })
  return read(rpc, bond, data, (result) => decodeFunctionResult({ abi: bondAbi, functionName, data: result }))
}

async function read<T>(rpc: Rpc, bond: Account, data: Hex, decode: (result: Hex) => T): Promise<T> {
  const result = await rpc.call('eth_call', [{ to: bond, data }, 'latest'], decodeData)
  try {
    return decode(result)
  } catch (cause) {
    throw new LedgerError('bad-reply', `${bond} answers ${data.slice(0, 10)} as no bonds do`, { cause })
  }
}
