/** The parameters: what they are at genesis, and the bounds between which governance can set them. */

export interface Bounds {
  readonly value: bigint
  readonly least: bigint
  readonly most: bigint
  /**
   * A genesis file may say less than `least`, down to this, and that is then the least for good. What must know the
   * bound reads it out of the file.
   */
  readonly leastAtGenesis?: bigint
}

const btt = 10n ** 18n
const daySeconds = 86_400n
const wholeBps = 10_000n
const wholePpm = 1_000_000n
const gwei = 10n ** 9n

/** Of staking, by the name that `Parameters.sol` knows. Amounts are base units, rates parts of ten thousand. */
export const stakingParameters = {
  /**
   * Blocks from election to election. The least of these times the least `unbondingEpochs` is how long stake is liable
   * whatever is voted, in any order; evidence and trusted headers are good for less.
   */
  epochBlocks: { value: 6_400n, least: 4_000n, most: 100_000n, leastAtGenesis: 10n },
  /** Members of the elected set. */
  validatorsMax: { value: 21n, least: 1n, most: 100n },
  /** What an operator must have staked itself to stand for election. */
  selfStakeMin: { value: 1_000_000n * btt, least: btt, most: 1_000_000_000_000n * btt },
  /** Epochs in which evidence is taken and stake that left a pool is liable; it is paid in the one after. */
  unbondingEpochs: { value: 48n, least: 48n, most: 200n, leastAtGenesis: 1n },
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

/** Of governance. Who leaves a pool once a vote on it has its snapshot is paid after what was decided can be done. */
export const governanceParameters = {
  /** What a proposal costs that is vetoed, or that too few vote on. */
  proposalDeposit: { value: 100_000n * btt, least: btt, most: 1_000_000_000_000n * btt },
  /** From a proposal to the block whose stake votes on it. */
  votingDelayBlocks: { value: 6_400n, least: 1n, most: 1_000_000n },
  votingPeriodBlocks: { value: 172_800n, least: 10n, most: 5_000_000n },
  /** Of all stake, what must vote, in whichever way. */
  quorumBps: { value: 3_340n, least: 1_000n, most: 8_000n },
  /** Of the votes for and against, vetoes among these, more than this must be for it. */
  passBps: { value: 5_000n, least: 5_000n, most: 9_000n },
  /** More of all votes than this being vetoes stop it. */
  vetoBps: { value: 3_340n, least: 1_000n, most: 5_000n },
  /** From a vote that has passed to the day it can be done. */
  timelockDelaySeconds: { value: daySeconds, least: 1n, most: 30n * daySeconds },
  /** How long a guardian's pause lasts. */
  pauseSeconds: { value: 3n * daySeconds, least: 60n, most: 14n * daySeconds },
} as const satisfies Record<string, Bounds>

/** Of the chain and the nodes that trade on it. */
export const chainParameters = {
  /** Least effective price of a transaction, in base units a gas. Its value is the genesis file's. */
  gasPriceFloor: { value: 300n * gwei, least: 0n, most: 1_000_000n * gwei },
  /** What the gas limit of blocks moves towards. Its value is the genesis file's. */
  blockGasLimit: { value: 30_000_000n, least: 5_000_000n, most: 100_000_000n },
  /** Of a seller's upload, what who does not pay gets when the seller chooses nothing, and how far a choice may go. */
  freeShareDefaultPpm: { value: 150_000n, least: 0n, most: wholePpm },
  freeShareLeastPpm: { value: 0n, least: 0n, most: 150_000n },
  freeShareMostPpm: { value: wholePpm, least: 500_000n, most: wholePpm },
} as const satisfies Record<string, Bounds>

export const systemParameters = { ...stakingParameters, ...governanceParameters, ...chainParameters } as const

export type ParameterName = keyof typeof systemParameters

/**
 * The bounds of a chain whose genesis file says `value`: the table's, unless that is less and may be.
 *
 * @example boundsWith('unbondingEpochs', 2n) // { value: 2n, least: 2n, most: 200n }
 */
export function boundsWith(name: ParameterName, value?: bigint): Pick<Bounds, 'value' | 'least' | 'most'> {
  const { least, most, leastAtGenesis = least, ...table }: Bounds = systemParameters[name]
  const chosen = value ?? table.value
  if (chosen >= least) return { value: chosen, least, most }
  return { value: chosen, least: chosen > leastAtGenesis ? chosen : leastAtGenesis, most }
}
