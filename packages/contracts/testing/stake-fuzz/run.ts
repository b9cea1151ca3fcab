/**
 * Random calls of everybody on the system contracts, with what must hold after each. A run repeats by its seed.
 *
 * After every call: balances equal the sums owed; no call of a user makes that user richer or another poorer, whatever
 * is rounded; a slash takes no more than its rate from anybody; nothing but a named error is reverted with, and what
 * the chain calls never reverts; each election is what a plain sort gives. From time to time all parts are added up, to
 * the 2^-128th of a base unit.
 */

import type { Hex } from 'viem'
import { stakingParameters } from '../../src/index.ts'
import { btt, StakeWorld, startBalance } from '../stake-world.ts'
import { actors, operators } from './actors.ts'
import { checkBalances, checkEverything } from './books.ts'
import { chainActs } from './chain-acts.ts'
import { Chance } from './chance.ts'
import type { Run, Tally } from './judge.ts'
import { StakeReader } from './state.ts'
import { userActs } from './user-acts.ts'

const fullCheckEvery = 40
const acts = [...userActs, ...chainActs]

export function emptyTally(): Tally {
  return { calls: 0, done: {}, refused: {} }
}

/**
 * Makes `calls` calls on a fresh world and adds them to `tally`.
 *
 * @throws Error with the seed and the call at which something did not hold
 */
export async function fuzzStaking(seed: number, calls: number, tally: Tally): Promise<void> {
  const run = await begin(seed, tally)
  const start = tally.calls
  try {
    for (let steps = 1; tally.calls < start + calls; steps++) {
      await run.chance.weighted(acts)(run)
      await checkBalances(run)
      if (steps % fullCheckEvery === 0) await checkEverything(run)
    }
    await checkEverything(run)
  } catch (cause) {
    throw new Error(`seed ${seed}, call ${tally.calls - start}: ${String(cause)}`, { cause })
  }
}

async function begin(seed: number, tally: Tally): Promise<Run> {
  const chance = new Chance(seed)
  const doubleSignBps = BigInt(100 + chance.number(4_901))
  const downtimeBps = BigInt(chance.number(501))
  const world = await StakeWorld.create({
    epochBlocks: stakingParameters.epochBlocks.leastAtGenesis,
    unbondingEpochs: stakingParameters.unbondingEpochs.leastAtGenesis,
    validatorsMax: BigInt(1 + chance.number(4)),
    selfStakeMin: 1_000n * btt,
    baseFeeBurnBps: 5_000n,
    doubleSignBps,
    downtimeBps,
    downtimeWindowBlocks: 20n,
    downtimeMissesMax: 3n,
    jailSeconds: 60n,
    issuePerYear: chance.is(0.5) ? 4_950_000_000_000n * btt : chance.scaled(10n ** 20n),
  })
  await world.fund(...actors)
  return {
    world,
    reader: new StakeReader(world),
    chance,
    tally,
    forced: { staking: 0n, supply: startBalance * BigInt(actors.length) },
    doubleSignBps,
    downtimeBps,
    leftEpochs: new Map(operators.map((validator): [Hex, Set<bigint>] => [validator, new Set()])),
    keyOwners: [],
    signersUsed: 0,
    votes: new Map(),
  }
}
