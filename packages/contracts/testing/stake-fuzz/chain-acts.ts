/** What the chain and governance do, and coins that come without a call. */

import { deepStrictEqual, ok } from 'node:assert'
import { type Hex, stringToHex } from 'viem'
import { type Bounds, type ParameterName, stakingParameters, systemAddresses } from '../../src/index.ts'
import { btt, noName } from '../stake-world.ts'
import { actors, consensusName, operators } from './actors.ts'
import { total } from './books.ts'
import { type Act, count, countSystem, type Run, slashingCall } from './judge.ts'

const { caller, governance } = systemAddresses
const votesKept = 40

/** Ends the block, with an election when one is due, and begins the next with a random report. */
async function nextBlock(run: Run): Promise<void> {
  const { world, chance } = run
  if (await world.validators.read('epochDue', [])) await endEpoch(run)
  await noteVotes(run)
  const tips = chance.is(0.7) ? chance.scaled(btt) : 0n
  await world.evm.credit(world.rewards.address, tips)
  run.forced.supply += tips
  world.evm.number += 1n
  world.evm.time += chance.is(0.02) ? chance.amount(4n * 86_400n) : 1n + chance.amount(10n)
  const keys = run.keyOwners.length
  const someName = () => (keys > 0 && chance.is(0.95) ? consensusName(chance.number(keys)) : noName)
  const missed = chance.is(0.5) ? Array.from({ length: chance.number(3) }, someName) : []
  // Fees are burned out of circulation before the contract hears of them: some of them come back by minting.
  const args = [someName(), missed, chance.is(0.5) ? chance.scaled(btt) : 0n] as const
  await slashingCall(run, 'beginBlock', run.downtimeBps, () => world.validators.callAs(caller, 'beginBlock', args))
  const mint = (await world.rewards.read('mintGwei', [])) * 1_000_000_000n
  await world.evm.credit(world.rewards.address, mint)
  world.minted += mint
}

/** Ends an epoch and compares the election with a plain sort. */
async function endEpoch(run: Run): Promise<void> {
  const { validators, staking } = run.world
  const candidates = await validators.read('candidates', [])
  const [pools, own] = await staking.read('stakesOf', [candidates])
  const [before] = await validators.read('electedSet', [])
  const ranked = await Promise.all(
    candidates.map(async (validator, index) => ({
      validator,
      stake: pools[index] ?? 0n,
      own: own[index] ?? 0n,
      number: (await validators.read('validatorOf', [validator])).number,
    })),
  )
  const least = await run.world.parameters.read('get', [nameOf('selfStakeMin')])
  const most = Number(await run.world.parameters.read('get', [nameOf('validatorsMax')]))
  const elected = ranked
    .filter((one) => one.own >= least)
    .sort((a, b) => (a.stake === b.stake ? Number(a.number - b.number) : a.stake < b.stake ? 1 : -1))
    .slice(0, most)
    .map(({ validator, stake }) => ({ validator, power: stake / btt }))
  countSystem(run, 'endEpoch', await validators.callAs(caller, 'endEpoch', []))
  const [after] = await validators.read('electedSet', [])
  deepStrictEqual(byName(after), byName(elected.length === 0 ? before : elected), 'the election is the plain one')
}

function byName<T extends { readonly validator: Hex }>(members: readonly T[]): T[] {
  return members.toSorted((a, b) => (a.validator.toLowerCase() < b.validator.toLowerCase() ? -1 : 1))
}

async function noteVotes({ world, votes }: Run): Promise<void> {
  const { staking, evm } = world
  const each = await Promise.all(operators.map((validator) => staking.read('getVotes', [validator])))
  votes.set(evm.number, each)
  votes.delete(evm.number - BigInt(votesKept))
}

/** Asks for votes of the past; a read, so no call is counted. */
async function checkVotes({ world, votes, chance }: Run): Promise<void> {
  if (votes.size === 0) return
  const [block, known] = chance.of([...votes])
  const index = chance.number(operators.length)
  const validator = chance.of(operators.slice(index, index + 1))
  deepStrictEqual(await world.staking.read('getPastVotes', [validator, block]), known[index])
  deepStrictEqual(await world.staking.read('getPastTotalSupply', [block]), total(known))
  let parts = 0n
  for (const account of actors) parts += await world.staking.read('getPastPart', [validator, account, block])
  ok(parts <= (known[index] ?? 0n), 'the parts vote for no more than the pool')
}

async function doubleSign(run: Run): Promise<void> {
  const { world, chance, keyOwners } = run
  if (keyOwners.length === 0) return
  const index = chance.number(keyOwners.length)
  const offender = chance.is(0.95) ? consensusName(index) : noName
  const height = world.evm.number + 1n - chance.amount(world.evm.number < 60n ? world.evm.number : 60n)
  const args = [offender, height, consensusName(chance.number(keyOwners.length))] as const
  await slashingCall(run, 'doubleSign', run.doubleSignBps, () => world.validators.callAs(caller, 'doubleSign', args))
}

const tuned: readonly (keyof typeof stakingParameters)[] = [
  'epochBlocks',
  'unbondingEpochs',
  'validatorsMax',
  'reporterBps',
  'slashBurnBps',
  'proposerBps',
  'baseFeeBurnBps',
  'issueDecayBps',
]
/** Longer epochs, more of them and larger sets than these would see little happen. */
const nearMost: Partial<Record<ParameterName, bigint>> = { epochBlocks: 20n, unbondingEpochs: 5n, validatorsMax: 5n }

async function setParameter(run: Run): Promise<void> {
  const { world, chance } = run
  const name = chance.of(tuned)
  // The world begins with the least that a genesis file may say.
  const { most, least: usual, leastAtGenesis: least = usual }: Bounds = stakingParameters[name]
  const isOut = chance.is(0.1)
  const beyond = chance.is(0.5) && least > 0n ? least - 1n : most + chance.scaled(most)
  const value = isOut ? beyond : least + chance.amount((nearMost[name] ?? most) - least)
  const answer = await world.parameters.callAs(governance, 'set', [nameOf(name), value])
  count(run, 'setParameter', answer)
  deepStrictEqual(answer.revert !== undefined, isOut, `${name} ${value} between ${least} and ${most}`)
}

async function spend(run: Run): Promise<void> {
  const { world, chance } = run
  const pool = await world.rewards.read('communityPool', [])
  const amount = chance.is(0.2) ? pool + chance.scaled(btt) : chance.amount(pool)
  const answer = await world.rewards.callAs(governance, 'spend', [chance.of(actors), amount])
  count(run, 'spend', answer)
  deepStrictEqual(answer.revert !== undefined, amount > pool)
}

/** Coins by self-destruct or by a withdrawal that nobody ordered. */
async function force(run: Run): Promise<void> {
  const amount = run.chance.scaled(btt)
  await run.world.evm.credit(run.world.staking.address, amount)
  run.forced.staking += amount
  run.forced.supply += amount
}

function nameOf(name: ParameterName): Hex {
  return stringToHex(name, { size: 32 })
}

export const chainActs: readonly Act[] = [
  [40, nextBlock],
  [6, checkVotes],
  [1, doubleSign],
  [2, setParameter],
  [1, spend],
  [1, force],
]
