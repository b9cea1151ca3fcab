/** What happens to stake while it is voted with. */

import { ok, strictEqual } from 'node:assert'
import { systemAddresses } from '../../src/index.ts'
import { errorName } from '../govern-world.ts'
import { btt } from '../stake-world.ts'
import { type Act, actors, count, type Run, validators } from './run.ts'

async function delegate(run: Run): Promise<void> {
  const { world, chance } = run
  const amount = chance.scaled(3_000_000n * btt)
  const args = [chance.of(validators)] as const
  count(run, 'delegate', await world.stake.staking.callAs(chance.of(actors), 'delegate', args, amount))
}

async function leave(run: Run): Promise<void> {
  const { world, chance } = run
  const [account, from, to] = [chance.of(actors), chance.of(validators), chance.of(validators)]
  const [shares] = await world.stake.staking.read('positionOf', [from, account])
  const some = chance.is(0.3) ? shares : chance.amount(shares)
  const { staking } = world.stake
  if (chance.is(0.5)) count(run, 'unbond', await staking.callAs(account, 'unbond', [from, some]))
  else count(run, 'redelegate', await staking.callAs(account, 'redelegate', [from, to, some]))
}

async function slash(run: Run): Promise<void> {
  const { world, chance } = run
  const validator = chance.of(validators)
  const { tokens } = await world.stake.staking.read('poolOf', [validator])
  const args = [validator, 0n, BigInt(1 + chance.number(5_000)), tokens, chance.of(actors)] as const
  const answer = await world.stake.staking.callAs(systemAddresses.validators, 'slash', args)
  count(run, 'slash', answer)
  ok(answer.revert === undefined, 'a slash was refused')
}

/** A guardian's pause stops claims and nothing else, and no longer than it said. */
async function pause(run: Run): Promise<void> {
  const { world, chance } = run
  const isAppointed = chance.is(0.3)
  if (isAppointed) await world.guardian.callAs(systemAddresses.governance, 'appoint', [chance.of(actors)])
  const guardian = await world.guardian.read('guardian', [])
  const running = await world.guardian.read('pausedUntil', [])
  const answer = await world.guardian.callAs(guardian, chance.is(0.8) ? 'pause' : 'unpause', [])
  count(run, 'pause', answer)
  const until = await world.guardian.read('pausedUntil', [])
  const longest = world.stake.evm.time + run.expected('pauseSeconds')
  ok(BigInt(until) <= (BigInt(running) > longest ? BigInt(running) : longest), 'a pause became longer than one')
}

async function claim(run: Run): Promise<void> {
  const { world, chance } = run
  const account = chance.of(actors)
  const answer = await world.stake.staking.callAs(account, 'withdrawCredit', [account])
  count(run, 'withdrawCredit', answer)
  const isPaused = BigInt(await world.guardian.read('pausedUntil', [])) > world.stake.evm.time
  if (answer.revert === undefined) strictEqual(isPaused, false, 'paid in a pause')
  if (errorName(answer.revert) === 'PaymentsPaused') strictEqual(isPaused, true, 'refused without a pause')
}

export const stakeActs: readonly Act[] = [
  [10, delegate],
  [10, leave],
  [4, slash],
  [2, pause],
  [4, claim],
]
