/** The validators of block 0, as the genesis file names them. A chain without any is made by one process. */

import { createHash } from 'node:crypto'
import type { Hex } from 'viem'
import { ChainError } from '../errors.ts'
import { bytesOf } from '../hex.ts'

/** One row of the file. Keys are hex with 0x, in lower case. */
export interface GenesisValidator {
  readonly name: string
  /** ed25519 public key, 32 bytes: signs CometBFT's votes. */
  readonly consensusKey: string
  /** Address of the secp256k1 key that signs milestones: what a contract can check. */
  readonly signer: string
  /** Voting power, a whole number from 1. */
  readonly power: number
}

/** Who votes, and with which weight. */
export interface Validator {
  readonly consensusKey: Hex
  readonly signer: Hex
  readonly power: number
}

/** CometBFT's proofs are bounded by this many (its MaxVotesCount is 10,000); a hundred keeps a record of votes small. */
export const validatorsMax = 100
/** CometBFT refuses a total above (2^63 - 1) / 8; this stays exact as a number. */
const totalPowerMax = 2 ** 50

/** The rows without their names. */
export function validatorsOf(rows: readonly GenesisValidator[]): readonly Validator[] {
  return rows.map((row) => ({
    consensusKey: row.consensusKey as Hex, // checkValidators has matched prefix and digits
    signer: row.signer as Hex, // likewise
    power: row.power,
  }))
}

/** The name that CometBFT gives a key: the first 20 bytes of its SHA-256. */
export function consensusAddress(consensusKey: Hex): Hex {
  return `0x${createHash('sha256').update(bytesOf(consensusKey)).digest('hex').slice(0, 40)}`
}

/**
 * Checks shape, keys, powers, and that no key is there twice.
 *
 * @throws ChainError bad-genesis
 */
export function checkValidators(rows: unknown): void {
  if (rows === undefined) return
  expect(
    Array.isArray(rows) && rows.length > 0 && rows.length <= validatorsMax,
    `validators: expected 1 to ${validatorsMax} rows`,
  )
  const list: readonly unknown[] = rows as readonly unknown[] // the line above has thrown on anything else
  const seen = new Set<string>()
  let total = 0
  for (const row of list) {
    expect(typeof row === 'object' && row !== null, 'validators: expected objects')
    const { name, consensusKey, signer, power } = row as Readonly<Record<string, unknown>> // an object, as just seen
    expect(typeof name === 'string' && name !== '', 'validators: expected a name in each row')
    const key = textOf(
      consensusKey,
      /^0x[0-9a-f]{64}$/,
      `validator ${name}: consensusKey is no ed25519 key in lower-case hex`,
    )
    const address = textOf(signer, /^0x[0-9a-f]{40}$/, `validator ${name}: signer is no address in lower-case hex`)
    expect(!seen.has(key) && !seen.has(address), `validator ${name}: a key of its stands in another row too`)
    seen.add(key).add(address)
    expect(
      typeof power === 'number' && Number.isSafeInteger(power) && power > 0,
      `validator ${name}: power is no whole number from 1`,
    )
    total += Number(power)
  }
  expect(total <= totalPowerMax, `validators: total power ${total} is above ${totalPowerMax}`)
}

function textOf(value: unknown, pattern: RegExp, message: string): string {
  expect(typeof value === 'string' && pattern.test(value), message)
  return String(value)
}

function expect(holds: boolean, message: string): void {
  if (!holds) throw new ChainError('bad-genesis', `genesis: ${message}: mend the genesis file`)
}
