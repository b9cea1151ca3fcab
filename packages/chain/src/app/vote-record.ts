/**
 * The first item of a block: the vote extensions of those who committed the block before. Its proposer collects them, and
 * everybody else holds it to the commit that the block carries: one row a vote, in the commit's order.
 *
 *     item = 0x81 || rlp([ [ consensus address, extension ], ... ])
 *
 * A row may be empty, but those with a good extension must carry more than two thirds of the power. CometBFT asks about
 * each vote's extension (VerifyVoteExtension) only until the block is decided: one that comes after that is in the commit
 * whatever its extension is. The votes that decided were all asked about, so an honest proposer always has enough.
 *
 * No transaction begins with 0x81: types stay below 0x80, and a legacy transaction is a list, 0xc0 or above.
 */

import { RLP } from '@ethereumjs/rlp'
import { concatBytes, equalBytes, ok, type Result, refuse } from '@millrace/base'
import type { Hex } from 'viem'
import { type Validator, validatorsMax } from '../genesis/validators.ts'
import { bytesOf, hexOf } from '../hex.ts'
import { encodeRlp } from '../rlp.ts'
import type { CommitVote } from './block-input.ts'
import { checkExtension, extensionBytesMax, isQuorum, type Milestone, type Network } from './milestone.ts'
import { validatorNamed } from './validator-sets.ts'

const tag = 0x81
const addressBytes = 20
/** Each row is an address and an extension, with RLP's lengths. */
export const recordBytesMax = 1 + 9 + validatorsMax * (addressBytes + extensionBytesMax + 12)

export interface ExtendedVote extends CommitVote {
  readonly extension: Uint8Array
}

export function isVoteRecord(item: Uint8Array): boolean {
  return item[0] === tag
}

/** The record of a commit, bad extensions left out; undefined where nobody committed, before the first block. */
export function encodeRecord(votes: readonly ExtendedVote[], context: Voters): Uint8Array | undefined {
  const rows = votes
    .filter(({ committed }) => committed)
    .map(({ validator, extension }) => [
      bytesOf(validator),
      extensionOf(context, validator, extension).ok ? extension : new Uint8Array(0),
    ])
  return rows.length === 0 ? undefined : concatBytes([Uint8Array.of(tag), encodeRlp(rows)])
}

/** One validator's good extension. */
export interface SignedVote {
  readonly validator: Validator
  readonly hash: Hex
  readonly signature: Uint8Array
}

/** Who may have voted for a block. */
export interface Voters {
  readonly network: Network
  /** Of the block that was voted for. */
  readonly height: number
  /** Our own record of who votes at that height. */
  readonly validators: readonly Validator[]
}

export interface RecordContext extends Voters {
  readonly lastCommit: readonly CommitVote[]
}

/** The signatures in a record, if it has a row for each vote, no bad one, and good ones of enough power. */
export function checkRecord(item: Uint8Array, context: RecordContext): Result<readonly SignedVote[], string> {
  if (item.length > recordBytesMax)
    return refuse(`a record of ${item.length} bytes: expected at most ${recordBytesMax}`)
  const rows = decodeRows(item)
  if (rows === undefined) return refuse('a record of votes that is malformed')
  const committed = context.lastCommit.filter((vote) => vote.committed)
  if (rows.length !== committed.length) return refuse(`${rows.length} extensions for ${committed.length} votes`)
  const signed: SignedVote[] = []
  for (const [index, { address, extension }] of rows.entries()) {
    if (address !== committed[index]?.validator) return refuse(`row ${index} is not of the commit's validator`)
    if (extension.length === 0) continue
    const checked = extensionOf(context, address, extension)
    if (!checked.ok) return refuse(`extension of ${address}: ${checked.error}`)
    signed.push(checked.value)
  }
  const [part, total] = [powerOf(signed.map(({ validator }) => validator)), powerOf(context.validators)]
  return isQuorum(part, total)
    ? ok(signed)
    : refuse(`extensions of ${part} in ${total} power: expected above two thirds`)
}

function extensionOf(
  { network, height, validators }: Voters,
  address: Hex,
  extension: Uint8Array,
): Result<SignedVote, string> {
  const validator = validatorNamed(validators, address)
  if (validator === undefined) return refuse(`${address} is no validator at height ${height}`)
  const checked = checkExtension(network, extension, height, validator)
  if (!checked.ok) return checked
  return ok({ validator, hash: checked.value.milestone.hash, signature: checked.value.signature })
}

function powerOf(validators: readonly Validator[]): number {
  return validators.reduce((sum, { power }) => sum + power, 0)
}

/** The signatures under `milestone`, if they carry more than two thirds of the power. */
export function quorumFor(
  { hash }: Milestone,
  signed: readonly SignedVote[],
  validators: readonly Validator[],
): readonly SignedVote[] | undefined {
  const agreeing = signed.filter((vote) => vote.hash === hash)
  return isQuorum(powerOf(agreeing.map(({ validator }) => validator)), powerOf(validators)) ? agreeing : undefined
}

/** What the store keeps of a milestone: its hash, and who signed it how. */
export function encodeMilestone({ hash }: Milestone, signed: readonly SignedVote[]): Uint8Array {
  return encodeRlp([bytesOf(hash), signed.map(({ validator, signature }) => [bytesOf(validator.signer), signature])])
}

function decodeRows(
  item: Uint8Array,
): readonly { readonly address: Hex; readonly extension: Uint8Array }[] | undefined {
  if (item[0] !== tag) return undefined
  let list: unknown
  try {
    list = RLP.decode(item.subarray(1))
  } catch {
    return undefined
  }
  if (!Array.isArray(list) || list.length > validatorsMax) return undefined
  const rows: { address: Hex; extension: Uint8Array }[] = []
  for (const row of list) {
    if (!Array.isArray(row) || row.length !== 2) return undefined
    const [address, extension]: readonly unknown[] = row
    if (!(address instanceof Uint8Array && extension instanceof Uint8Array)) return undefined
    if (address.length !== addressBytes) return undefined
    rows.push({ address: hexOf(address), extension })
  }
  const again = encodeRlp(rows.map(({ address, extension }) => [bytesOf(address), extension]))
  return equalBytes(again, item.subarray(1)) ? rows : undefined
}
