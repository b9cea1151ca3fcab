/** What the other process answers, decoded: it is another's program, whatever its version. */

import { fromBigEndian, fromHex } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainLog } from '../../block.ts'
import { ChainError } from '../../errors.ts'
import { inTurns } from '../in-turns.ts'
import type { AccountProof } from '../port.ts'

export interface PayloadStatus {
  readonly status: 'VALID' | 'INVALID' | 'SYNCING' | 'ACCEPTED' | 'INVALID_BLOCK_HASH'
  /** Why it is not valid. */
  readonly fault: string
}

/** A block that was executed and is not kept: with what each transaction did, or with the roots over it. */
export type Trial = { readonly stateRoot: Uint8Array; readonly gasUsed: bigint } & (
  | { readonly kind: 'results'; readonly results: readonly TrialResult[] }
  | { readonly kind: 'roots'; readonly receiptTrie: Uint8Array; readonly logsBloom: Uint8Array }
)

export interface TrialResult {
  readonly status: 0 | 1
  readonly gasUsed: bigint
  readonly logs: readonly ChainLog[]
}

const statuses = ['VALID', 'INVALID', 'SYNCING', 'ACCEPTED', 'INVALID_BLOCK_HASH'] as const
const hashBytes = 32
const addressBytes = 20
const topicsMax = 4
const bloomBytes = 256

/** @throws ChainError engine-failed, as all of these */
export function payloadStatus(value: unknown): PayloadStatus {
  const { status, validationError } = fields(value, 'a payload status')
  const known = statuses.find((one) => one === status)
  if (known === undefined) throw unexpected('a payload status', status)
  return { status: known, fault: typeof validationError === 'string' ? validationError.slice(0, 2000) : known }
}

/** Of engine_forkchoiceUpdated. */
export function forkchoiceStatus(value: unknown): PayloadStatus {
  return payloadStatus(fields(value, 'a fork choice').payloadStatus)
}

/** The one block of eth_simulateV1, which must have `count` calls. In turns of the event loop, as all of a block. */
export async function trial(value: unknown, count: number): Promise<Trial> {
  const [block, ...more] = list(value, 'simulated blocks')
  const { stateRoot, gasUsed, calls } = fields(block, 'a simulated block')
  const results = await inTurns(list(calls, 'simulated calls'), trialResult)
  if (more.length > 0 || results.length !== count) throw unexpected(`one block of ${count} calls`, results.length)
  return { kind: 'results', stateRoot: bytes(stateRoot, 'a state root', hashBytes), gasUsed: amount(gasUsed), results }
}

/** The payload of testing_buildBlockV1; undefined where it has another gas limit than `gasLimit`. */
export function builtTrial(value: unknown, gasLimit: bigint): Trial | undefined {
  const payload = fields(fields(value, 'a payload’s envelope').executionPayload, 'a payload')
  if (amount(payload.gasLimit) !== gasLimit) return undefined
  return {
    kind: 'roots',
    stateRoot: bytes(payload.stateRoot, 'a state root', hashBytes),
    gasUsed: amount(payload.gasUsed),
    receiptTrie: bytes(payload.receiptsRoot, 'a receipts root', hashBytes),
    logsBloom: bytes(payload.logsBloom, 'a bloom', bloomBytes),
  }
}

/** The modules that rpc_modules names. */
export function moduleNames(value: unknown): readonly string[] {
  return Object.keys(fields(value, 'modules'))
}

/** The output of the only call of eth_simulateV1, as a number. */
export function callOutput(value: unknown): bigint {
  const [block] = list(value, 'simulated blocks')
  const [call] = list(fields(block, 'a simulated block').calls, 'simulated calls')
  return fromBigEndian(bytes(fields(call, 'a simulated call').returnData, 'an output', hashBytes))
}

/** Of eth_getBlockReceipts. */
export async function blockReceipts(value: unknown, count: number): Promise<readonly TrialResult[]> {
  const receipts = await inTurns(list(value, 'receipts'), trialResult)
  if (receipts.length !== count) throw unexpected(`${count} receipts`, receipts.length)
  return receipts
}

/** Of eth_getProof. */
export function accountProof(value: unknown): AccountProof {
  const { balance, nonce, codeHash, storageHash, accountProof, storageProof } = fields(value, 'a proof')
  const nodes = (one: unknown) => list(one, 'trie nodes').map((node) => hex(node, 'a trie node'))
  return {
    balance: quantityText(balance),
    nonce: quantityText(nonce),
    codeHash: hex(codeHash, 'a code hash', hashBytes),
    storageHash: hex(storageHash, 'a storage root', hashBytes),
    accountProof: nodes(accountProof),
    storageProof: list(storageProof, 'storage proofs').map((item) => {
      const slot = fields(item, 'a storage proof')
      return { value: quantityText(slot.value), proof: nodes(slot.proof) }
    }),
  }
}

/** A block as eth_getBlockByNumber shows it, by its place alone; undefined where there is none. */
export function blockPlace(value: unknown): { readonly number: number; readonly hash: Hex } | undefined {
  if (value === null) return undefined
  const { number, hash } = fields(value, 'a block')
  const place = Number(amount(number))
  if (!Number.isSafeInteger(place)) throw unexpected('a block number', number)
  return { number: place, hash: hex(hash, 'a block hash', hashBytes) }
}

/** Of debug_accountRange; without a next page it was the last. */
export function balancesPage(value: unknown): { readonly balances: readonly bigint[]; readonly next: Hex | undefined } {
  const { accounts, next } = fields(value, 'a page of accounts')
  const balances = Object.values(fields(accounts, 'accounts')).map((account) => {
    const { balance } = fields(account, 'an account')
    if (typeof balance !== 'string' || !/^[0-9]{1,78}$/.test(balance)) throw unexpected('a decimal balance', balance)
    return BigInt(balance)
  })
  const isLast = next === undefined || next === null || next === '0x'
  return { balances, next: isLast ? undefined : hex(next, 'the next key') }
}

/** A number of up to 256 bits. */
export function amount(value: unknown): bigint {
  return BigInt(quantityText(value))
}

/** Bytes, `length` of them where it is named. */
export function bytes(value: unknown, name: string, length?: number): Uint8Array {
  const found = typeof value === 'string' && value.startsWith('0x') ? fromHex(value.slice(2)) : undefined
  if (found === undefined || (length !== undefined && found.length !== length)) throw unexpected(name, value)
  return found
}

export function texts(value: unknown): readonly string[] {
  return list(value, 'names').filter((item) => typeof item === 'string')
}

function trialResult(value: unknown): TrialResult {
  const { status, gasUsed, logs } = fields(value, 'a result')
  if (status !== '0x0' && status !== '0x1') throw unexpected('a status of 0x0 or 0x1', status)
  return { status: status === '0x1' ? 1 : 0, gasUsed: amount(gasUsed), logs: list(logs, 'logs').map(log) }
}

function log(value: unknown): ChainLog {
  const { address, topics, data } = fields(value, 'a log')
  const words = list(topics, 'topics').map((topic) => hex(topic, 'a topic', hashBytes))
  if (words.length > topicsMax) throw unexpected(`at most ${topicsMax} topics`, words.length)
  return { address: hex(address, 'an address', addressBytes), topics: words, data: hex(data, 'data') }
}

/** Lower-case. */
function hex(value: unknown, name: string, length?: number): Hex {
  bytes(value, name, length)
  return String(value).toLowerCase() as Hex // the line above has checked prefix and digits
}

function quantityText(value: unknown): Hex {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) throw unexpected('a quantity', value)
  return value.toLowerCase() as Hex // the pattern has checked prefix and digits
}

function fields(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected(name, value)
  return value as Readonly<Record<string, unknown>> // an object that is neither null nor an array has string keys
}

function list(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unexpected(name, value)
  return value
}

function unexpected(name: string, value: unknown): ChainError {
  const found = (JSON.stringify(value) ?? 'nothing').slice(0, 100)
  return new ChainError(
    'engine-failed',
    `the engine answered ${found}: expected ${name}; run a geth of the version in docs/remote-engine.md`,
  )
}
