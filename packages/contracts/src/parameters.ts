/** The parameters of staking: what they are at genesis, and the bounds between which governance can set them. */

interface Bounds {
  readonly value: bigint
  readonly least: bigint
  readonly most: bigint
}

const btt = 10n ** 18n
const daySeconds = 86_400n
const wholeBps = 10_000n

/** By the name that `Parameters.sol` knows. Amounts are base units, rates parts of ten thousand. */
export const stakingParameters = {
  /** Blocks from election to election. */
  epochBlocks: { value: 6_400n, least: 10n, most: 100_000n },
  /** Members of the elected set. */
  validatorsMax: { value: 21n, least: 1n, most: 100n },
  /** What an operator must have staked itself to stand for election. */
  selfStakeMin: { value: 1_000_000n * btt, least: btt, most: 1_000_000_000_000n * btt },
  /** Epochs in which evidence is taken and stake that left a pool is liable; it is paid in the one after. */
  unbondingEpochs: { value: 48n, least: 1n, most: 200n },
  /** Between the plan of a commission and its day. */
  commissionNoticeSeconds: { value: 3n * daySeconds, least: daySeconds, most: 30n * daySeconds },
  /** Of a block's pot to its proposer, when it included every vote. */
  proposerBps: { value: 500n, least: 0n, most: 2_000n },
  /** Issue of the first year; at most 2.5 % of the first supply. */
  issuePerYear: { value: 4_950_000_000_000n * btt, least: 0n, most: 24_750_000_000_000n * btt },
  /** By how much each year's issue is below the last one's. */
  issueDecayBps: { value: 1_000n, least: 0n, most: 5_000n },
  /** Of base fees, what stays burned; the rest is minted for the community pool. */
  baseFeeBurnBps: { value: wholeBps, least: 0n, most: wholeBps },
  /** Slashed for signing two blocks of one height. */
  doubleSignBps: { value: 500n, least: 100n, most: 5_000n },
  /** Slashed for missing too many votes. */
  downtimeBps: { value: 1n, least: 0n, most: 500n },
  /** Misses are counted from one multiple of this height to the next. */
  downtimeWindowBlocks: { value: 10_000n, least: 10n, most: 100_000n },
  /** More of them in one window is downtime. */
  downtimeMissesMax: { value: 5_000n, least: 1n, most: 100_000n },
  jailSeconds: { value: 3_600n, least: 60n, most: 30n * daySeconds },
  /** Of what is slashed, to who reported it. */
  reporterBps: { value: 500n, least: 0n, most: 2_000n },
  /** Of what is slashed beyond that, what is burned; the rest goes to the community pool. */
  slashBurnBps: { value: 5_000n, least: 0n, most: wholeBps },
} as const satisfies Record<string, Bounds>

export type ParameterName = keyof typeof stakingParameters
