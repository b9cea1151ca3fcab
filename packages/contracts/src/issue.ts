/** The contracts of the first issue of BTT: the fund, the airdrop and the incentive pool, and the grants that vest. */

import { encodeDeployData, encodeFunctionData, type Hex } from 'viem'
import { airdropAbi, airdropBytecode } from './generated/airdrop.ts'
import { fundAbi, fundBytecode } from './generated/fund.ts'
import { incentivesAbi, incentivesBytecode } from './generated/incentives.ts'
import { milestoneGrantAbi, milestoneGrantBytecode } from './generated/milestone-grant.ts'
import { timeGrantAbi, timeGrantBytecode } from './generated/time-grant.ts'
import { behindProxy, type SystemCreation } from './system.ts'
import { embeddedVault } from './vault.ts'

/** As `System.sol` has them; proxies like the other system contracts. */
export const issueAddresses = {
  fund: '0x0000000000000000000000000000000000001010',
  airdrop: '0x0000000000000000000000000000000000001011',
  incentives: '0x0000000000000000000000000000000000001012',
} as const satisfies Record<string, Hex>

interface TermBounds {
  readonly value: number
  readonly least: number
  readonly most: number
}

const bttMost = 10 ** 12

/** What the incentive pool pays at genesis, and the bounds of `IncentiveTerms.sol`. Parts of ten thousand; whole BTT. */
export const incentiveTerms = {
  /** Of what is cashed from a payer for whom somebody burned BTT. */
  rewardBps: { value: 1_000, least: 1, most: 10_000 },
  /** Of what was burned. */
  backedBps: { value: 8_000, least: 0, most: 9_000 },
  /** Of the base fee and of the tip that cashing cost. */
  baseFeeBps: { value: 5_000, least: 0, most: 7_500 },
  tipBps: { value: 2_000, least: 0, most: 3_000 },
  /** Of what is cashed, the most that comes back of its gas. */
  gasOfCashedBps: { value: 100, least: 0, most: 1_000 },
  /** Paid in a day: to all, to a payee, for a payer, for a pair. */
  dayMostBtt: { value: 1_000_000_000, least: 0, most: bttMost },
  payeeDayMostBtt: { value: 10_000_000, least: 0, most: bttMost },
  payerDayMostBtt: { value: 1_000_000, least: 0, most: 1_000_000 },
  pairDayMostBtt: { value: 100_000, least: 0, most: 1_000_000 },
} as const satisfies Record<string, TermBounds>

export type IncentiveTerm = keyof typeof incentiveTerms
export type IncentiveTerms = Readonly<Record<IncentiveTerm, number>>

/** The terms of genesis, with these in place of some. */
export function termsWith(changes: Readonly<Partial<IncentiveTerms>> = {}): IncentiveTerms {
  const values = Object.entries(incentiveTerms).map(([name, { value }]) => [name, value])
  return { ...(Object.fromEntries(values) as IncentiveTerms), ...changes } // each key of the table has its value
}

/** A list of claims, of block 0 or still to come: without a root governance opens it later. */
export interface FirstDrop {
  readonly root?: Hex | undefined
  /** Base units. */
  readonly amount: bigint
  /** Unix seconds. */
  readonly deadline: number
}

export interface IssuePlan {
  /** What each leaf of an airdrop carries of its network. */
  readonly domain: Hex
  readonly drops: readonly FirstDrop[]
  readonly terms?: IncentiveTerms
}

const noRoot: Hex = `0x${'00'.repeat(32)}`

/**
 * The creations of block 0, to be run in this order, after `systemContracts`.
 *
 * @example for (const { address, creation } of issueContracts({ domain, drops: [] })) install(address, creation)
 */
export function issueContracts({ domain, drops, terms = termsWith() }: IssuePlan): readonly SystemCreation[] {
  const rows = drops.map(({ root, amount, deadline }) => ({ root: root ?? noRoot, left: amount, deadline }))
  const pool = encodeDeployData({ abi: incentivesAbi, bytecode: incentivesBytecode, args: [embeddedVault] })
  const { fund, airdrop, incentives } = issueAddresses
  return [
    ...behindProxy(fund, fundBytecode, encodeFunctionData({ abi: fundAbi, functionName: 'initialize' })),
    ...behindProxy(
      airdrop,
      airdropBytecode,
      encodeFunctionData({ abi: airdropAbi, functionName: 'initialize', args: [domain, rows] }),
    ),
    ...behindProxy(
      incentives,
      pool,
      encodeFunctionData({ abi: incentivesAbi, functionName: 'initialize', args: [terms] }),
    ),
  ]
}

interface GrantTerms {
  readonly beneficiary: Hex
  /** Unix seconds. */
  readonly start: bigint
  readonly isRevocable: boolean
}

/** Creation code of a grant that vests evenly, nothing of it before its cliff. */
export function timeGrant(
  { beneficiary, start, isRevocable }: GrantTerms,
  { seconds, cliffSeconds }: { readonly seconds: bigint; readonly cliffSeconds: bigint },
): Hex {
  const args = [beneficiary, start, seconds, cliffSeconds, isRevocable] as const
  return encodeDeployData({ abi: timeGrantAbi, bytecode: timeGrantBytecode, args })
}

/** Creation code of a grant that vests in parts (of ten thousand), as governance confirms milestones. */
export function milestoneGrant({ beneficiary, start, isRevocable }: GrantTerms, partsBps: readonly number[]): Hex {
  const args = [beneficiary, start, partsBps, isRevocable] as const
  return encodeDeployData({ abi: milestoneGrantAbi, bytecode: milestoneGrantBytecode, args })
}
