/** The issue section of the genesis file: which rows of the allocation vest, are claimed by lists, or reward uploaders. */

import { parseBtt } from '@millrace/base'
import {
  type FirstDrop,
  type IncentiveTerm,
  type IncentiveTerms,
  incentiveTerms,
  issueAddresses,
} from '@millrace/contracts'
import { type Hex, keccak256, toBytes } from 'viem'
import { ChainError } from '../errors.ts'
import { canonicalJson } from './canonical-json.ts'

/** One row of the allocation. Amounts are decimal numbers of BTT. */
export interface Allocation {
  readonly name: string
  readonly address: string
  readonly amount: string
}

/** Evenly over `days` from block 0 on, nothing before `cliffDays`; or in parts that governance confirms. */
export type GenesisVesting =
  | { readonly kind: 'time'; readonly days: number; readonly cliffDays: number }
  | { readonly kind: 'milestones'; readonly parts: readonly { readonly name: string; readonly bps: number }[] }

/** A row that vests: at its address stands the contract of its grant. */
export interface GenesisGrant {
  readonly row: string
  readonly beneficiary: string
  /** Whether governance may take what has not vested back into the fund. */
  readonly isRevocable: boolean
  readonly vesting: GenesisVesting
}

/** A row at the airdrop's address. The drops are numbered in the order of this list. */
export interface GenesisAirdrop {
  readonly row: string
  /** Of the Merkle tree of claims, 32 bytes of hex; absent: governance opens the drop later. */
  readonly root?: string
  /** From block 0; after them what is left goes to the fund. */
  readonly claimDays: number
}

export interface GenesisIssue {
  readonly grants: readonly GenesisGrant[]
  readonly airdrops: readonly GenesisAirdrop[]
  /** Terms of the incentive pool that differ from `incentiveTerms`. */
  readonly incentives: Readonly<Partial<IncentiveTerms>>
}

const daySeconds = 86_400
const daysMost = 36_500
const grantsMax = 100
const airdropsMax = 16
const milestonesMax = 100
const wholeBps = 10_000
/** The addresses below are the precompiles' and the system contracts'. */
const reservedBelow = 0x10000n
/** Where several rows may stand. */
export const issueHolders: readonly string[] = Object.values(issueAddresses)

/** The part of a genesis file that an airdrop's leaves name. */
export interface IssueFile {
  readonly chainId: number
  readonly allocation: readonly Allocation[]
  readonly issue?: GenesisIssue
}

/**
 * What every leaf of an airdrop carries: chain, allocation and the issue section without the roots of its lists. The hash
 * of block 0 can't be it, since that depends on the roots.
 */
export function airdropDomain({ chainId, allocation, issue }: IssueFile): Hex {
  const airdrops = issue?.airdrops.map(({ row, claimDays }) => ({ row, claimDays }))
  return keccak256(toBytes(canonicalJson({ chainId, allocation, issue: { ...issue, airdrops } })))
}

/** The drops of block 0. The file was checked. */
export function firstDrops({ allocation, issue }: IssueFile, timestamp: number): readonly FirstDrop[] {
  return (issue?.airdrops ?? []).map(({ row, root, claimDays }) => ({
    root: root as Hex | undefined, // checkIssue has matched 0x and the digits
    amount: parseBtt(allocation.find(({ name }) => name === row)?.amount ?? '0'),
    deadline: timestamp + claimDays * daySeconds,
  }))
}

export const secondsOf = (days: number): bigint => BigInt(days) * BigInt(daySeconds)

/**
 * Checks the section, which may be anything that JSON can say, against rows that were checked: each row it names is
 * there, is named once, and stands where its contract will.
 *
 * @throws ChainError bad-genesis
 */
export function checkIssue(section: unknown, allocation: readonly Allocation[], takenFrom: string): void {
  const atContracts = allocation.filter(({ address }) => issueHolders.includes(address.toLowerCase()))
  if (section === undefined) {
    const first = atContracts[0]
    expect(first === undefined, `allocation "${first?.name}" stands at a contract of the issue section`, 'that section')
    return
  }
  const { grants, airdrops, incentives } = objectAt(section, 'issue')
  const unnamed = new Map(allocation.map((row) => [row.name, row]))
  expect(unnamed.size === allocation.length, 'two rows of the allocation have one name', 'a name for each')
  for (const grant of listAt(grants, 'issue.grants', grantsMax)) checkGrant(grant, unnamed)
  for (const airdrop of listAt(airdrops, 'issue.airdrops', airdropsMax)) checkAirdrop(airdrop, unnamed, takenFrom)
  for (const { name, address } of unnamed.values()) {
    const isLost = address.toLowerCase() === issueAddresses.airdrop
    expect(
      !isLost,
      `no airdrop names the row "${name}", which stands at the airdrop's address`,
      'one in issue.airdrops',
    )
  }
  checkTerms(incentives)
}

/** The row of this name, which no other entry may name. */
function take(value: unknown, unnamed: Map<string, Allocation>, what: string): Allocation {
  const row = typeof value === 'string' ? unnamed.get(value) : undefined
  const named = typeof value === 'string' ? `"${value}"` : 'no text'
  expect(row !== undefined, `${what} names the row ${named}`, 'a row of the allocation that nothing else names')
  unnamed.delete(String(value))
  return row as Allocation // the line before has thrown otherwise
}

function checkGrant(value: unknown, unnamed: Map<string, Allocation>): void {
  const { row, beneficiary, isRevocable, vesting } = objectAt(value, 'issue.grants')
  const { name, address } = take(row, unnamed, 'a grant')
  const expected = 'an address of nobody’s, where the contract of the grant can stand'
  expect(BigInt(address) >= reservedBelow, `"${name}" is to vest at ${address}, a contract of the chain`, expected)
  const isOwner = typeof beneficiary === 'string' && /^0x[0-9a-fA-F]{40}$/.test(beneficiary) && BigInt(beneficiary) > 0n
  expect(isOwner, `the beneficiary of "${name}" is no address`, '20 bytes of hex, not all zero')
  const isItself = String(beneficiary).toLowerCase() === address.toLowerCase()
  expect(!isItself, `"${name}" would vest to itself`, 'a beneficiary elsewhere')
  expect(typeof isRevocable === 'boolean', `isRevocable of "${name}" is missing`, 'true or false')
  const terms = objectAt(vesting, `vesting of "${name}"`)
  if (terms.kind === 'milestones') return checkMilestones(terms.parts, name)
  expect(terms.kind === 'time', `the vesting of "${name}" is of no kind`, 'time or milestones')
  const { days, cliffDays } = terms
  expect(isDays(days, 1), `the days of "${name}" are out of range`, `whole days from 1 to ${daysMost}`)
  const isCliff = isDays(cliffDays, 0) && Number(cliffDays) <= Number(days)
  expect(isCliff, `the cliff of "${name}" is out of range`, 'whole days, at most those of its vesting')
}

function checkMilestones(parts: unknown, row: string): void {
  let sum = 0
  for (const part of listAt(parts, `the milestones of "${row}"`, milestonesMax)) {
    const { name, bps } = objectAt(part, `a milestone of "${row}"`)
    expect(typeof name === 'string' && name !== '', `a milestone of "${row}" has no name`, 'text')
    expect(Number.isSafeInteger(bps) && Number(bps) > 0, `milestone "${name}" has no part`, 'whole ten thousandths')
    sum += Number(bps)
  }
  expect(sum === wholeBps, `the milestones of "${row}" sum to ${sum} ten thousandths`, String(wholeBps))
}

function checkAirdrop(value: unknown, unnamed: Map<string, Allocation>, takenFrom: string): void {
  const { row, root, claimDays } = objectAt(value, 'issue.airdrops')
  const { name, address } = take(row, unnamed, 'an airdrop')
  const isThere = address.toLowerCase() === issueAddresses.airdrop
  expect(isThere, `the row "${name}" of an airdrop stands at ${address}`, issueAddresses.airdrop)
  expect(name !== takenFrom, `"${name}" is claimed by a list and can't pay for dev accounts`, 'another takenFrom')
  const isRoot = root === undefined || (typeof root === 'string' && /^0x[0-9a-f]{64}$/.test(root) && BigInt(root) > 0n)
  expect(isRoot, `the root of "${name}" is no hash`, '0x and 64 digits in lower case, or none')
  expect(isDays(claimDays, 30), `the claimDays of "${name}" are out of range`, `30 to ${daysMost}`)
}

function checkTerms(terms: unknown): void {
  for (const [name, value] of Object.entries(objectAt(terms, 'issue.incentives'))) {
    expect(Object.hasOwn(incentiveTerms, name), `issue.incentives has no term "${name}"`, 'one of docs/incentives.md')
    const { least, most } = incentiveTerms[name as IncentiveTerm] // its own key, by the line above
    const fits = Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
    expect(fits, `issue.incentives.${name} is out of range`, `${least} to ${most}`)
  }
}

function isDays(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= daysMost
}

function objectAt(value: unknown, name: string): Readonly<Record<string, unknown>> {
  const fits = typeof value === 'object' && value !== null && !Array.isArray(value)
  expect(fits, `${name} is missing or has what is no object`, 'an object')
  return value as Readonly<Record<string, unknown>> // the line above has thrown on anything else
}

function listAt(value: unknown, name: string, most: number): readonly unknown[] {
  expect(Array.isArray(value), `${name} is missing or no list`, 'a list')
  const list = value as readonly unknown[] // the line above has thrown on anything else
  expect(list.length <= most, `${name} has ${list.length} entries`, `at most ${most}`)
  return list
}

function expect(holds: boolean, happened: string, expected: string): void {
  if (!holds) throw new ChainError('bad-genesis', `genesis: ${happened}; expected ${expected}: mend the genesis file`)
}
