/** State and block fields that a call is to see in place of the real ones. */

import { type BlockHeader, createBlockHeader, type HeaderData } from '@ethereumjs/block'
import { Account, createAddressFromString } from '@ethereumjs/util'
import { fromBigEndian, toBigEndian } from '@millrace/base'
import type { Hex } from 'viem'
import { bytesOf } from '../hex.ts'
import type { World } from './world.ts'

export interface AccountOverride {
  readonly balance?: bigint
  readonly nonce?: bigint
  readonly code?: Uint8Array
  /** The whole storage: slots that are not named are zero. */
  readonly state?: ReadonlyMap<Hex, Hex>
  /** Slots on top of the storage that is there. */
  readonly stateDiff?: ReadonlyMap<Hex, Hex>
  /** Where the precompile of this address can be called instead. */
  readonly movePrecompileTo?: Hex
}

/** By lower-case address. */
export type StateOverrides = ReadonlyMap<Hex, AccountOverride>

export interface BlockOverrides {
  readonly number?: bigint
  readonly timestamp?: bigint
  readonly gasLimit?: bigint
  readonly feeRecipient?: Hex
  readonly prevRandao?: Hex
  readonly baseFeePerGas?: bigint
}

/**
 * Writes the overrides into the world.
 *
 * @throws OverrideError when they contradict each other or the precompiles
 */
export async function overrideState(world: World, overrides: StateOverrides): Promise<void> {
  const { precompiles } = world.vm.evm
  // Moves look at the precompiles as they are before any of them is covered.
  const present = new Map(precompiles)
  for (const [address, { movePrecompileTo: to }] of overrides) {
    if (to === undefined) continue
    const precompile = present.get(address.slice(2))
    if (precompile === undefined) throw new OverrideError(`account ${address} is not a precompile`)
    if (overrides.has(to)) throw new OverrideError(`account ${to} is already overridden`)
    precompiles.set(to.slice(2), precompile)
  }
  for (const [address, override] of overrides) {
    if (override.state !== undefined && override.stateDiff !== undefined) {
      throw new OverrideError(`account ${address} has both 'state' and 'stateDiff'`)
    }
    precompiles.delete(address.slice(2))
    await overrideAccount(world, address, override)
  }
}

async function overrideAccount(
  { manager }: World,
  address: Hex,
  { nonce, balance, code, state, stateDiff }: AccountOverride,
): Promise<void> {
  const at = createAddressFromString(address)
  const account = (await manager.getAccount(at)) ?? new Account()
  if (nonce !== undefined) account.nonce = nonce
  if (balance !== undefined) account.balance = balance
  await manager.putAccount(at, account)
  if (code !== undefined) await manager.putCode(at, code)
  if (state !== undefined) await manager.clearStorage(at)
  for (const [slot, value] of state ?? stateDiff ?? []) {
    await manager.putStorage(at, bytesOf(slot), toBigEndian(fromBigEndian(bytesOf(value))))
  }
  // As after a transaction: an account that has nothing is not there.
  if ((await manager.getAccount(at))?.isEmpty()) await manager.deleteAccount(at)
}

/** The header with the overridden fields; its fork stays what it was. */
export function overrideHeader(header: BlockHeader, overrides: BlockOverrides): BlockHeader {
  return createBlockHeader({ ...header, ...headerFields(overrides) }, { common: header.common })
}

/** The overridden fields as @ethereumjs names them. */
export function headerFields(overrides: BlockOverrides): HeaderData {
  const { number, timestamp, gasLimit, feeRecipient, prevRandao, baseFeePerGas } = overrides
  return {
    ...(number === undefined ? {} : { number }),
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(gasLimit === undefined ? {} : { gasLimit }),
    ...(feeRecipient === undefined ? {} : { coinbase: feeRecipient }),
    ...(prevRandao === undefined ? {} : { mixHash: prevRandao }),
    ...(baseFeePerGas === undefined ? {} : { baseFeePerGas }),
  }
}

/** Overrides that contradict each other: whoever asked is told. */
export class OverrideError extends Error {
  override readonly name = 'OverrideError'
}
