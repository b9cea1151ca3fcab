/** What everybody has, and what must be true of the sum of it. */

import { deepStrictEqual, ok } from 'node:assert'
import type { Hex } from 'viem'
import { actors, operators } from './actors.ts'
import type { Run } from './judge.ts'
import type { StakeReader } from './state.ts'

export const scale = 1n << 128n
const burnAddress: Hex = '0x000000000000000000000000000000000000dead'

/** What one account could have in its wallet at best, part by part, in base units. */
export interface Books {
  readonly wallet: bigint
  /** Worth of its shares by validator, in the order of the operators. */
  readonly staked: readonly bigint[]
  /** The same of its unbondings. */
  readonly unbonding: readonly bigint[]
  /** Rewards in whole base units, commission and credit included, as far as they were handed to the pools. */
  readonly earned: bigint
}

export async function booksOf({ world, reader }: Run, account: Hex): Promise<Books> {
  const staked: bigint[] = []
  let earned = await reader.credit(account)
  for (const validator of operators) {
    const pool = await reader.pool(validator)
    const { shares, owed } = await reader.position(validator, account, pool)
    staked.push(worth(shares, pool))
    earned += owed / scale
    if (validator === account) earned += pool.commission
  }
  const unbonding = operators.map(() => 0n)
  for (const { validator, epoch, shares } of await reader.unbondings(account)) {
    const index = operators.indexOf(validator)
    unbonding[index] = (unbonding[index] ?? 0n) + worth(shares, await reader.exit(validator, epoch))
  }
  return { wallet: await world.evm.balanceOf(account), staked, unbonding, earned }
}

function worth(shares: bigint, pool: { readonly tokens: bigint; readonly shares: bigint }): bigint {
  return pool.shares === 0n ? 0n : (shares * pool.tokens) / pool.shares
}

/** All of it, or all but what is earned. */
export function sumOf({ wallet, staked, unbonding, earned }: Books, isEarnedIn = true): bigint {
  return wallet + total(staked) + total(unbonding) + (isEarnedIn ? earned : 0n)
}

export function total(values: Iterable<bigint>): bigint {
  let sum = 0n
  for (const value of values) sum += value
  return sum
}

/** The balance of each contract is what it says that it owes. Cheap enough for every call. */
export async function checkBalances({ world, reader, forced }: Run): Promise<void> {
  const { evm, staking, rewards } = world
  deepStrictEqual(await evm.balanceOf(staking.address), total(Object.values(await reader.sums())) + forced.staking)
  // More only by what the next block will account for.
  ok((await evm.balanceOf(rewards.address)) >= (await reader.accounted()), 'rewards are covered')
}

/** Every sum against its parts, and the supply. */
export async function checkEverything(run: Run): Promise<void> {
  await checkBalances(run)
  const { reader, world, forced, leftEpochs, chance } = run
  await reader.checkLayout(chance.of(operators), chance.of(actors))
  await checkPools(run)
  await checkExits(reader, leftEpochs)
  await checkRewards(run)
  const { evm, staking, rewards, validators } = world
  let held = await evm.balanceOf(burnAddress)
  for (const account of actors) held += await evm.balanceOf(account)
  for (const { address } of [staking, rewards, validators]) held += await evm.balanceOf(address)
  deepStrictEqual(held, forced.supply + world.minted, 'supply')
}

async function checkPools({ reader, world }: Run): Promise<void> {
  const { validators } = world
  const { staked, rewards, credits } = await reader.sums()
  let tokens = 0n
  let owed = 0n
  let credited = 0n
  for (const validator of operators) {
    const pool = await reader.pool(validator)
    let shares = 0n
    let worths = 0n
    owed += pool.rewardCarry + pool.commission * scale
    for (const account of actors) {
      const position = await reader.position(validator, account, pool)
      shares += position.shares
      worths += worth(position.shares, pool)
      owed += position.owed
      ok((await reader.locked(validator, account)) <= position.shares, 'locked shares are there')
    }
    deepStrictEqual(shares, pool.shares)
    ok(worths <= pool.tokens, 'parts are worth no more than the pool')
    deepStrictEqual(pool.tokens === 0n, pool.shares === 0n)
    tokens += pool.tokens
    credited += await reader.credit(validator)
    const { commissionMostBps } = await validators.read('validatorOf', [validator])
    const commission = Number(await validators.read('commissionOf', [validator]))
    ok(commission <= commissionMostBps && commissionMostBps <= 10_000, 'commission within its bounds')
  }
  deepStrictEqual(tokens, staked)
  // To the 2^-128th of a base unit: nothing of the rewards is lost, nothing is owed twice.
  deepStrictEqual(owed, rewards * scale)
  deepStrictEqual(credited + (await creditsOfOthers(reader)), credits)
}

async function creditsOfOthers(reader: StakeReader): Promise<bigint> {
  let sum = 0n
  for (const account of actors) if (!operators.includes(account)) sum += await reader.credit(account)
  return sum
}

async function checkExits(reader: StakeReader, leftEpochs: ReadonlyMap<Hex, ReadonlySet<bigint>>): Promise<void> {
  const parts = new Map<string, bigint>()
  for (const account of actors) {
    for (const { validator, epoch, shares } of await reader.unbondings(account)) {
      const key = `${validator} ${epoch}`
      parts.set(key, (parts.get(key) ?? 0n) + shares)
    }
  }
  let tokens = 0n
  for (const [validator, epochs] of leftEpochs) {
    for (const epoch of epochs) {
      const exit = await reader.exit(validator, epoch)
      tokens += exit.tokens
      deepStrictEqual(parts.get(`${validator} ${epoch}`) ?? 0n, exit.shares)
      deepStrictEqual(exit.tokens === 0n, exit.shares === 0n)
    }
  }
  deepStrictEqual(tokens, (await reader.sums()).unbonding)
}

async function checkRewards({ world, reader }: Run): Promise<void> {
  const { rewards } = world
  let owed = await rewards.read('carry', [])
  let weight = 0n
  for (const validator of operators) {
    owed += await rewards.read('owedTo', [validator])
    weight += await rewards.read('weightOf', [validator])
  }
  owed += ((await rewards.read('undivided', [])) + (await rewards.read('communityPool', []))) * scale
  deepStrictEqual(owed, (await reader.accounted()) * scale)
  deepStrictEqual(weight, await rewards.read('totalWeight', []))
}
