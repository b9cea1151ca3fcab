/** One call of the fuzzer, and what must hold after it. */

import { ok } from 'node:assert'
import { type Abi, decodeErrorResult, type Hex } from 'viem'
import { parametersAbi, rewardsAbi, stakingAbi, validatorsAbi } from '../../src/index.ts'
import type { StakeWorld } from '../stake-world.ts'
import { actors, operators } from './actors.ts'
import { booksOf, sumOf } from './books.ts'
import type { Chance } from './chance.ts'
import type { StakeReader } from './state.ts'

export interface Tally {
  calls: number
  /** Calls by name, and by name how many were refused. */
  readonly done: Record<string, number>
  readonly refused: Record<string, number>
}

export interface Answer {
  readonly revert: Hex | undefined
}

/** Coins that came without a call: to the staking contract, and to anybody. */
export interface Forced {
  staking: bigint
  supply: bigint
}

export interface Run {
  readonly world: StakeWorld
  readonly reader: StakeReader
  readonly chance: Chance
  readonly tally: Tally
  readonly forced: Forced
  readonly doubleSignBps: bigint
  readonly downtimeBps: bigint
  /** Epochs in which stake left a pool. */
  readonly leftEpochs: ReadonlyMap<Hex, Set<bigint>>
  /** Who took the consensus key of each index; the keys and signers that nobody took stay unused. */
  readonly keyOwners: Hex[]
  signersUsed: number
  /** Votes by validator, and in all, at the end of the last blocks. */
  readonly votes: Map<bigint, readonly bigint[]>
}

/** How often it is chosen among all, and what it does: one call that is judged. */
export type Act = readonly [weight: number, act: (run: Run) => Promise<void>]

const abis: readonly Abi[] = [stakingAbi, validatorsAbi, rewardsAbi, parametersAbi]

/** The name of the error in the return data of a revert, whichever contract it came from. */
export function errorName(revert: Hex): string | undefined {
  for (const abi of abis) {
    try {
      return decodeErrorResult({ abi, data: revert }).errorName
    } catch {
      // Another contract's.
    }
  }
  return undefined
}

/** Notes a call. It may be refused, but only by an error that has a name of ours. */
export function count({ tally }: Run, name: string, { revert }: Answer): void {
  tally.calls += 1
  const kind = revert === undefined ? tally.done : tally.refused
  kind[name] = (kind[name] ?? 0) + 1
  if (revert === undefined) return
  const error = errorName(revert)
  ok(error !== undefined && error !== 'Panic' && error !== 'Error', `${name} failed with ${error ?? revert}`)
}

/** The same for a call by the chain, which is never refused. */
export function countSystem(run: Run, name: string, answer: Answer): void {
  count(run, name, answer)
  if (answer.revert !== undefined) throw new Error(`${name} was refused with ${errorName(answer.revert)}`)
}

/**
 * Makes a user's call: it makes its caller no richer, by no rounding, and another no poorer.
 *
 * @param settled the validator whose rewards the call pays out: settled first, they are no gain of it. Without one,
 * rewards are left out of the comparison, since the call may settle some.
 */
export async function userCall(
  run: Run,
  account: Hex,
  name: string,
  settled: Hex | undefined,
  call: () => Promise<Answer>,
): Promise<Answer> {
  const isEarnedIn = settled !== undefined
  const other = run.chance.of(actors)
  if (isEarnedIn) await settle(run, account, settled)
  const before = sumOf(await booksOf(run, account), isEarnedIn)
  const otherBefore = sumOf(await booksOf(run, other))
  const answer = await call()
  count(run, name, answer)
  const after = sumOf(await booksOf(run, account), isEarnedIn)
  ok(after <= before, `${name} made its caller richer by ${after - before}`)
  ok(answer.revert === undefined || after === before, `${name} was refused and changed something`)
  const otherAfter = sumOf(await booksOf(run, other))
  ok(other === account || otherAfter >= otherBefore, `${name} took ${otherBefore - otherAfter} from another`)
  return answer
}

/** Hands a pool what its validator has earned. */
export async function settle({ world }: Run, account: Hex, validator: Hex): Promise<void> {
  await world.rewards.callAs(account, 'settle', [validator])
}

/** Makes a call that may slash: nobody's part of a pool, there or on its way out, loses more than the rate. */
export async function slashingCall(run: Run, name: string, rateBps: bigint, call: () => Promise<Answer>) {
  const watched = run.chance.of(actors)
  const before = await booksOf(run, watched)
  countSystem(run, name, await call())
  const after = await booksOf(run, watched)
  for (const index of operators.keys()) {
    checkLoss(name, rateBps, before.staked[index], after.staked[index])
    checkLoss(name, rateBps, before.unbonding[index], after.unbonding[index])
  }
}

/** A part's worth is rounded down, before and after: a base unit for each is no slashing. */
const partsMax = 32n

function checkLoss(name: string, rateBps: bigint, before = 0n, after = 0n): void {
  ok(after <= before, `${name} made a part worth more`)
  ok(before - after <= (before * rateBps) / 10_000n + partsMax, `${name} took ${before - after} of ${before}`)
}
