/**
 * The stake's books straight from storage, which is many times faster than asking the contract. The layout is that of
 * StakeState.sol; `checkLayout` holds it to what the contract answers.
 */

import { deepStrictEqual } from 'node:assert'
import { type Hex, keccak256 } from 'viem'
import type { StakeWorld } from '../stake-world.ts'

const half = 1n << 128n
const mappings = { pools: 0n, positions: 1n, exits: 2n, unbondings: 3n, moves: 4n, credits: 5n } as const
const sums = { totalStaked: 6n, totalUnbonding: 7n, totalRewards: 8n, totalCredits: 9n } as const
/** In Rewards.sol. */
const accountedSlot = 6n

export interface PoolState {
  readonly tokens: bigint
  readonly shares: bigint
  readonly rewardPerShare: bigint
  readonly rewardCarry: bigint
  readonly commission: bigint
}

export interface PositionState {
  readonly shares: bigint
  /** Times 2^128, what was not counted yet included. */
  readonly owed: bigint
}

export interface UnbondingState {
  readonly validator: Hex
  readonly epoch: bigint
  readonly shares: bigint
}

export class StakeReader {
  readonly #world: StakeWorld
  readonly #slots = new Map<string, bigint>()

  constructor(world: StakeWorld) {
    this.#world = world
  }

  async pool(validator: Hex): Promise<PoolState> {
    const base = this.#slot(mappings.pools, BigInt(validator))
    const [first, rewardPerShare, rewardCarry, commission] = await this.#words(base, 4)
    return { tokens: low(first), shares: high(first), rewardPerShare, rewardCarry, commission }
  }

  async position(validator: Hex, account: Hex, { rewardPerShare }: PoolState): Promise<PositionState> {
    const base = this.#slot(mappings.positions, BigInt(validator), BigInt(account))
    const [first, counted, owed] = await this.#words(base, 3)
    const shares = low(first)
    return { shares, owed: owed + shares * (rewardPerShare - counted) }
  }

  async exit(validator: Hex, epoch: bigint): Promise<{ readonly tokens: bigint; readonly shares: bigint }> {
    const [first] = await this.#words(this.#slot(mappings.exits, BigInt(validator), epoch), 1)
    return { tokens: low(first), shares: high(first) }
  }

  async unbondings(account: Hex): Promise<readonly UnbondingState[]> {
    return (await this.#pairs(this.#slot(mappings.unbondings, BigInt(account)))).map(([key, second]) => ({
      validator: addressOf(key),
      epoch: (key >> 160n) & 0xffffffffffffn,
      shares: low(second),
    }))
  }

  /** Shares that are locked in a position. */
  async locked(validator: Hex, account: Hex): Promise<bigint> {
    const list = await this.#pairs(this.#slot(mappings.moves, BigInt(account), BigInt(validator)))
    return list.reduce((sum, [, second]) => sum + low(second), 0n)
  }

  async credit(account: Hex): Promise<bigint> {
    return this.#word(this.#slot(mappings.credits, BigInt(account)))
  }

  async sums() {
    const [staked, unbonding, rewards, credits] = await this.#words(sums.totalStaked, 4)
    return { staked, unbonding, rewards, credits }
  }

  async accounted(): Promise<bigint> {
    return this.#world.evm.storage(this.#world.rewards.address, hexOf(accountedSlot))
  }

  /** Compares this reading with the contract's own, for one position. */
  async checkLayout(validator: Hex, account: Hex): Promise<void> {
    const { staking, rewards } = this.#world
    const pool = await this.pool(validator)
    deepStrictEqual(pool, await staking.read('poolOf', [validator]))
    const { shares, owed } = await this.position(validator, account, pool)
    const [itsShares, , itsOwed, moves] = await staking.read('positionOf', [validator, account])
    deepStrictEqual([shares, owed], [itsShares, itsOwed])
    const locked = moves.reduce((sum, move) => sum + move.shares, 0n)
    deepStrictEqual(await this.locked(validator, account), locked)
    const [list] = await staking.read('unbondingsOf', [account])
    const known = list.map((one) => ({ ...one, validator: one.validator.toLowerCase() }))
    deepStrictEqual(
      await this.unbondings(account),
      known.map(({ validator: key, epoch, shares: part }) => ({ validator: key, epoch: BigInt(epoch), shares: part })),
    )
    deepStrictEqual(await this.credit(account), await staking.read('credits', [account]))
    for (const { validator: key, epoch } of list) {
      const { tokens, shares: part } = await staking.read('exitOf', [key, BigInt(epoch)])
      deepStrictEqual(await this.exit(key, BigInt(epoch)), { tokens, shares: part })
    }
    const { staked, unbonding, rewards: earned, credits } = await this.sums()
    deepStrictEqual(
      [staked, unbonding, earned, credits],
      [
        await staking.read('totalStaked', []),
        await staking.read('totalUnbonding', []),
        await staking.read('totalRewards', []),
        await staking.read('totalCredits', []),
      ],
    )
    deepStrictEqual(await this.accounted(), await rewards.read('accounted', []))
  }

  #word(slot: bigint): Promise<bigint> {
    return this.#world.evm.storage(this.#world.staking.address, hexOf(slot))
  }

  async #words<N extends number>(base: bigint, count: N): Promise<Words<N>> {
    const words: bigint[] = []
    for (let i = 0n; i < count; i++) words.push(await this.#word(base + i))
    return words as unknown as Words<N> // as many as were asked for
  }

  /** A list of structs of two words. */
  async #pairs(base: bigint): Promise<readonly (readonly [bigint, bigint])[]> {
    const length = await this.#word(base)
    const first = this.#hash(hexOf(base))
    const pairs: (readonly [bigint, bigint])[] = []
    for (let i = 0n; i < length; i++) pairs.push(await this.#words(first + 2n * i, 2))
    return pairs
  }

  /** The slot of an entry of a mapping, or of a mapping in a mapping. */
  #slot(mapping: bigint, ...keys: readonly bigint[]): bigint {
    let slot = mapping
    for (const key of keys) slot = this.#hash(`${hexOf(key)}${hexOf(slot).slice(2)}`)
    return slot
  }

  #hash(preimage: Hex): bigint {
    let hash = this.#slots.get(preimage)
    if (hash === undefined) {
      hash = BigInt(keccak256(preimage))
      this.#slots.set(preimage, hash)
    }
    return hash
  }
}

type Words<N extends number> = N extends 1
  ? readonly [bigint]
  : N extends 2
    ? readonly [bigint, bigint]
    : N extends 3
      ? readonly [bigint, bigint, bigint]
      : readonly [bigint, bigint, bigint, bigint]

function low(word: bigint): bigint {
  return word % half
}

function high(word: bigint): bigint {
  return word / half
}

function addressOf(word: bigint): Hex {
  return `0x${(word & ((1n << 160n) - 1n)).toString(16).padStart(40, '0')}`
}

function hexOf(value: bigint): Hex {
  return `0x${value.toString(16).padStart(64, '0')}`
}
