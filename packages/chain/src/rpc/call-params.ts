/** Decoders of what a call is and of the state it is to see. */

import type { Hex } from 'viem'
import { zeroAddress } from 'viem'
import type { AccountOverride, BlockOverrides, StateOverrides } from '../execution/overrides.ts'
import type { CallRequest } from '../execution/port.ts'
import { invalidParams } from './errors.ts'
import { address, bytes, type Fields, fieldsOf, hash, listOf, optional, optionalQuantity } from './params.ts'

const accessListMax = 4096
const overriddenAccountsMax = 1024
const overriddenSlotsMax = 10_000

/** A call of at most `gasLimit`, which is also its gas when it names none. */
export function callRequest(fields: Fields, gasLimit: bigint): CallRequest {
  if (fields.blobVersionedHashes !== undefined || fields.authorizationList !== undefined) {
    throw invalidParams('call: expected neither blobs nor authorizations, which calls of this node do not carry')
  }
  const input = fields.input ?? fields.data
  const gas = optionalQuantity(fields.gas, 'gas') ?? gasLimit
  return {
    from: optional(fields.from, 'from', address) ?? zeroAddress,
    to: optional(fields.to, 'to', address),
    data: optional(input, 'data', bytes) ?? new Uint8Array(0),
    value: optionalQuantity(fields.value, 'value') ?? 0n,
    gas: gas < gasLimit ? gas : gasLimit,
    gasPrice: optionalQuantity(fields.maxFeePerGas ?? fields.gasPrice, 'gas price') ?? 0n,
    accessList: accessList(fields.accessList ?? []),
  }
}

function accessList(value: unknown): CallRequest['accessList'] {
  return listOf(value, 'accessList', accessListMax).map((item) => {
    const fields = fieldsOf(item, 'accessList item')
    const keys = listOf(fields.storageKeys ?? [], 'storageKeys', accessListMax)
    return { address: address(fields.address, 'address'), storageKeys: keys.map((key) => hash(key, 'storage key')) }
  })
}

/** Accounts with what a call is to see of them; absent: as they are. */
export function stateOverrides(value: unknown): StateOverrides {
  const entries = value === undefined || value === null ? [] : Object.entries(fieldsOf(value, 'state overrides'))
  if (entries.length > overriddenAccountsMax) {
    throw invalidParams(`state overrides: expected at most ${overriddenAccountsMax} accounts`)
  }
  return new Map(entries.map(([key, item]) => [address(key, 'state overrides'), accountOverride(item)]))
}

function accountOverride(value: unknown): AccountOverride {
  const fields = fieldsOf(value, 'state override')
  const balance = optionalQuantity(fields.balance, 'balance')
  const nonce = optionalQuantity(fields.nonce, 'nonce')
  const code = optional(fields.code, 'code', bytes)
  const state = optional(fields.state, 'state', slots)
  const stateDiff = optional(fields.stateDiff, 'stateDiff', slots)
  const movePrecompileTo = optional(fields.movePrecompileToAddress, 'movePrecompileToAddress', address)
  if (nonce !== undefined && nonce >= 2n ** 64n) throw invalidParams('nonce: expected a quantity below 2^64')
  return {
    ...(balance === undefined ? {} : { balance }),
    ...(nonce === undefined ? {} : { nonce }),
    ...(code === undefined ? {} : { code }),
    ...(state === undefined ? {} : { state }),
    ...(stateDiff === undefined ? {} : { stateDiff }),
    ...(movePrecompileTo === undefined ? {} : { movePrecompileTo }),
  }
}

function slots(value: unknown, name: string): ReadonlyMap<Hex, Hex> {
  const entries = Object.entries(fieldsOf(value, name))
  if (entries.length > overriddenSlotsMax) throw invalidParams(`${name}: expected at most ${overriddenSlotsMax} slots`)
  return new Map(entries.map(([slot, word]) => [hash(slot, name), hash(word, name)]))
}

const overridable: ReadonlySet<string> = new Set([
  'number',
  'time',
  'gasLimit',
  'feeRecipient',
  'prevRandao',
  'baseFeePerGas',
])

/** Fields of the block in which a call is to run; absent: as they are. */
export function blockOverrides(value: unknown): BlockOverrides {
  if (value === undefined || value === null) return {}
  const fields = fieldsOf(value, 'block overrides')
  const unknown = Object.keys(fields).find((key) => !overridable.has(key))
  if (unknown !== undefined) throw invalidParams(`block overrides: ${unknown.slice(0, 80)} can't be overridden here`)
  const number = optionalQuantity(fields.number, 'number')
  const timestamp = optionalQuantity(fields.time, 'time')
  const gasLimit = optionalQuantity(fields.gasLimit, 'gasLimit')
  const feeRecipient = optional(fields.feeRecipient, 'feeRecipient', address)
  const prevRandao = optional(fields.prevRandao, 'prevRandao', hash)
  const baseFeePerGas = optionalQuantity(fields.baseFeePerGas, 'baseFeePerGas')
  for (const [name, quantity] of Object.entries({ number, timestamp, gasLimit })) {
    if (quantity !== undefined && quantity >= 2n ** 53n) throw invalidParams(`${name}: expected a quantity below 2^53`)
  }
  return {
    ...(number === undefined ? {} : { number }),
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(gasLimit === undefined ? {} : { gasLimit }),
    ...(feeRecipient === undefined ? {} : { feeRecipient }),
    ...(prevRandao === undefined ? {} : { prevRandao }),
    ...(baseFeePerGas === undefined ? {} : { baseFeePerGas }),
  }
}
