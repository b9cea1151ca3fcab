/**
 * Random histories of governance, with what must hold after each call. A run repeats by its seed.
 *
 * Votes are compared with a plain addition over the stake of the snapshot, which is read when its block ends: so no
 * later stake, slash or departure changes one, nothing counts twice, and all votes are at most all stake. Every state is
 * what the terms of the proposal's own block say; what was decided is done once, after its delay, and parameters are
 * what executed proposals made them; the governor's balance is the deposits that are not settled.
 */

import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import type { Hex } from 'viem'
import { type ParameterName, systemAddresses, systemParameters } from '../../src/index.ts'
import { type Action, deposit, errorName, GovernWorld } from '../govern-world.ts'
import { Chance } from '../stake-fuzz/chance.ts'
import { account, btt } from '../stake-world.ts'
import { type Effect, governActs } from './acts.ts'
import { type ModelProposal, type Snapshot, stateOf, tallyOf } from './model.ts'
import { stakeActs } from './stake-acts.ts'

export const actors: readonly Hex[] = Array.from({ length: 6 }, (_, index) => account(index))
export const validators = actors.slice(0, 3)
/** So many proposals are acted on; what is older is done with. */
export const newest = 3

export interface Tally {
  calls: number
  readonly done: Record<string, number>
  readonly refused: Record<string, number>
  /** What proposals came to. */
  readonly states: Record<string, number>
}

export interface Run {
  readonly world: GovernWorld
  readonly chance: Chance
  readonly tally: Tally
  readonly proposals: ModelProposal[]
  /** By the index of the proposal. */
  readonly effects: { readonly action: Action; readonly effect: Effect; readonly description: string }[]
  /** What executed proposals have set. */
  readonly parameters: Map<ParameterName, bigint>
  readonly expected: (name: ParameterName) => bigint
}

/** How often it is chosen among all, and what it does. */
export type Act = readonly [weight: number, act: (run: Run) => Promise<void>]

const parameters = {
  quorumBps: 3_340n,
  votingDelayBlocks: 2n,
  votingPeriodBlocks: 12n,
  timelockDelaySeconds: 20n,
  proposalDeposit: deposit,
  pauseSeconds: 60n,
} as const

export function emptyTally(): Tally {
  return { calls: 0, done: {}, refused: {}, states: {} }
}

/** Notes a call. It may be refused, but only by an error that has a name of ours. */
export function count({ tally }: Run, name: string, { revert }: { readonly revert: Hex | undefined }): void {
  tally.calls += 1
  const kind = revert === undefined ? tally.done : tally.refused
  kind[name] = (kind[name] ?? 0) + 1
  if (revert === undefined) return
  const error = errorName(revert)
  ok(error !== undefined && !error.startsWith('0x') && error !== 'Panic' && error !== 'Error', `${name}: ${error}`)
}

/** Ends this block and passes others: what stood at its end is what proposals with their snapshot here count. */
export async function advance({ world, proposals }: Run, blocks: bigint): Promise<void> {
  const { evm } = world.stake
  for (const proposal of proposals) {
    const isNow = proposal.snapshotBlock >= evm.number && proposal.snapshotBlock < evm.number + blocks
    if (isNow) proposal.snapshot = await readSnapshot(world)
  }
  world.pass(blocks)
}

async function readSnapshot({ stake: { staking } }: GovernWorld): Promise<Snapshot> {
  const pools = new Map<Hex, bigint>()
  const parts = new Map<Hex, Map<Hex, bigint>>()
  for (const validator of validators) {
    pools.set(validator, (await staking.read('poolOf', [validator])).tokens)
    const own = new Map<Hex, bigint>()
    for (const actor of actors) own.set(actor, (await staking.read('positionOf', [validator, actor]))[1])
    parts.set(validator, own)
  }
  return { total: await staking.read('totalStaked', []), pools, parts }
}

/** Makes `calls` calls on a fresh world. @throws Error with the seed and the call at which something did not hold */
export async function fuzzGovernance(seed: number, calls: number, tally: Tally): Promise<void> {
  const run = await begin(seed, tally)
  const start = tally.calls
  const acts = [...governActs, ...stakeActs]
  try {
    while (tally.calls < start + calls) {
      await run.chance.weighted(acts)(run)
      await check(run)
    }
  } catch (cause) {
    throw new Error(`seed ${seed}, call ${tally.calls - start}: ${String(cause)}`, { cause })
  }
  for (const one of run.proposals) {
    const state = stateOf(one, run.world.stake.evm.number, run.world.stake.evm.time)
    tally.states[state] = (tally.states[state] ?? 0) + 1
  }
}

async function begin(seed: number, tally: Tally): Promise<Run> {
  const chance = new Chance(seed)
  const world = await GovernWorld.create(parameters, chance.of(actors))
  await world.stake.fund(...actors)
  for (const validator of validators) await world.stake.register(validator, chance.scaled(10n ** 24n) + 1_000n * btt)
  await world.stake.rewards.callAs(actors[5] ?? systemAddresses.caller, 'fund', [], 10n ** 22n)
  await world.stake.nextEpoch()
  const changes = new Map<ParameterName, bigint>()
  const first = new Map<ParameterName, bigint>(Object.entries(parameters) as [ParameterName, bigint][]) // its own keys
  return {
    world,
    chance,
    tally,
    proposals: [],
    effects: [],
    parameters: changes,
    expected: (name) => changes.get(name) ?? first.get(name) ?? systemParameters[name].value,
  }
}

async function check(run: Run): Promise<void> {
  const { world, proposals, expected } = run
  const { evm } = world.stake
  for (const proposal of proposals.slice(-newest)) {
    if (proposal.isSettled && proposal.isExecuted) continue
    const tally = tallyOf(proposal)
    deepStrictEqual(await world.votesOf(proposal.id), tally)
    const all = tally.against + tally.for + tally.abstain + tally.veto
    ok(all <= (proposal.snapshot?.total ?? 0n), 'more votes than stake')
    strictEqual(await world.stateOf(proposal.id), stateOf(proposal, evm.number, evm.time))
  }
  const open = proposals.filter(({ isSettled }) => !isSettled)
  const deposits = open.reduce((sum, { terms }) => sum + terms.deposit, 0n)
  strictEqual(await evm.balanceOf(systemAddresses.governor), deposits)
  strictEqual(await world.governor.read('totalDeposits', []), deposits)
  const name = run.chance.of(['quorumBps', 'passBps', 'vetoBps', 'timelockDelaySeconds', 'gasPriceFloor'] as const)
  strictEqual(await world.parameter(name), expected(name), name)
}
