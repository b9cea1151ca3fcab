/** The staking section of the genesis file: parameters that differ, and the validators that make the first blocks. */

import { formatBtt, MillraceError, parseBtt } from '@millrace/base'
import { stakingParameters } from '@millrace/contracts'
import { ChainError } from '../errors.ts'
import { checkParameter } from './parameters.ts'

/** A validator of block 0, registered and elected there. Its stake comes out of the row of the dev accounts. */
export interface GenesisValidator {
  readonly operator: string
  /** Ed25519 public key, 32 bytes of hex. */
  readonly consensusKey: string
  /** Address of the key that signs milestones. */
  readonly signer: string
  /** BTT, decimal text. */
  readonly stake: string
  readonly commissionBps: number
  /** The highest commission that it will ever take, and the largest step in which it changes it. */
  readonly commissionMostBps: number
  readonly commissionStepBps: number
}

export interface GenesisStaking {
  /** By the name of `stakingParameters`, decimal text in its unit. */
  readonly parameters: Readonly<Partial<Record<keyof typeof stakingParameters, string>>>
  readonly validators: readonly GenesisValidator[]
}

/** Whether validators make the chain's blocks, and not one process. */
export function hasValidators({ staking }: { readonly staking?: GenesisStaking }): boolean {
  return (staking?.validators.length ?? 0) > 0
}

const wholeBps = 10_000
/** As many as can stand for election. */
const genesisValidatorsMax = 128

/**
 * Checks the shape of the section, which may be anything that JSON can say, its bounds, and that no two validators
 * share a key.
 *
 * @throws ChainError bad-genesis
 */
export function checkStaking(staking: unknown): void {
  if (staking === undefined) return
  const { parameters, validators } = objectAt(staking, 'staking')
  for (const [name, value] of Object.entries(objectAt(parameters, 'staking.parameters'))) {
    checkParameter('staking', stakingParameters, name, value)
  }
  expect(Array.isArray(validators), 'staking.validators is missing or no list', 'a list')
  const list = validators as readonly unknown[] // the line above has thrown on anything else
  expect(list.length <= genesisValidatorsMax, `${list.length} validators`, `at most ${genesisValidatorsMax}`)
  const seen = new Set<string>()
  // Each has been checked to be one by its name.
  const { selfStakeMin } = parameters as GenesisStaking['parameters']
  const least = selfStakeMin === undefined ? stakingParameters.selfStakeMin.value : BigInt(selfStakeMin)
  for (const one of list) checkValidator(one, least, seen)
}

function checkValidator(value: unknown, stakeLeast: bigint, seen: Set<string>): void {
  const one = objectAt(value, 'staking.validators')
  const { operator, consensusKey, signer, stake } = one
  expect(isHex(operator, 20), 'the operator of a validator is no address', '20 bytes of hex')
  expect(isHex(signer, 20) && BigInt(String(signer)) > 0n, 'the signer of a validator is no address', '20 bytes of hex')
  expect(isHex(consensusKey, 32) && BigInt(String(consensusKey)) > 0n, 'a consensusKey is no key', '32 bytes of hex')
  for (const key of [`operator ${operator}`, `signer ${signer}`, `key ${consensusKey}`]) {
    expect(!seen.has(key.toLowerCase()), `two validators have the ${key}`, 'one for each')
    seen.add(key.toLowerCase())
  }
  expect(amountOf(stake) >= stakeLeast, `a validator stakes "${stake}"`, `BTT, at least ${formatBtt(stakeLeast)}`)
  const rates = [one.commissionBps, one.commissionStepBps, one.commissionMostBps]
  const [rate = -1, step = -1, most = -1] = rates.map((each) => (Number.isSafeInteger(each) ? Number(each) : -1))
  const fits = rate >= 0 && step >= 0 && rate <= most && step <= most && most <= wholeBps
  expect(fits, 'the commission of a validator is out of bounds', 'rate and step up to the most, the most up to 10000')
}

function amountOf(stake: unknown): bigint {
  try {
    return typeof stake === 'string' ? parseBtt(stake) : 0n
  } catch (thrown) {
    if (thrown instanceof MillraceError) return 0n
    throw thrown
  }
}

function isHex(value: unknown, bytes: number): boolean {
  return typeof value === 'string' && value.length === 2 + 2 * bytes && /^0x[0-9a-fA-F]+$/.test(value)
}

function objectAt(value: unknown, name: string): Readonly<Record<string, unknown>> {
  const fits = typeof value === 'object' && value !== null && !Array.isArray(value)
  expect(fits, `${name} is missing or no object`, 'an object')
  return value as Readonly<Record<string, unknown>> // the line above has thrown on anything else
}

function expect(holds: boolean, happened: string, expected: string): void {
  if (!holds) throw new ChainError('bad-genesis', `genesis: ${happened}; expected ${expected}: mend the genesis file`)
}
