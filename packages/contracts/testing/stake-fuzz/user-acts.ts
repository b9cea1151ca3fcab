/** What delegators and operators do. */

import { ok } from 'node:assert'
import type { Hex } from 'viem'
import { systemAddresses } from '../../src/index.ts'
import { btt } from '../stake-world.ts'
import { actors, consensusKey, operators, signer } from './actors.ts'
import { booksOf, sumOf } from './books.ts'
import { type Act, count, errorName, type Run, settle, userCall } from './judge.ts'

async function wallet({ world }: Run, account: Hex): Promise<bigint> {
  return world.evm.balanceOf(account)
}

async function delegate(run: Run): Promise<void> {
  const { world, chance } = run
  const account = chance.of(actors)
  const validator = chance.of(operators)
  const amount = chance.scaled(await wallet(run, account))
  const isOwn = chance.is(0.5) && account === validator
  await userCall(run, account, 'delegate', undefined, () =>
    isOwn
      ? world.staking.callAs(account, 'stake', [], amount)
      : world.staking.callAs(account, 'delegate', [validator], amount),
  )
}

/** Some shares of a position: all, one, any, or one too many. */
async function someShares({ reader, chance }: Run, validator: Hex, account: Hex): Promise<bigint> {
  const { shares } = await reader.position(validator, account, await reader.pool(validator))
  if (shares === 0n) return 0n
  return chance.of([shares, 1n, chance.scaled(shares), chance.amount(shares), shares + 1n])
}

/** A position to act on: rather one that has something in it. */
async function somePosition(run: Run): Promise<readonly [account: Hex, validator: Hex, shares: bigint]> {
  for (let tries = 0; ; tries++) {
    const account = run.chance.of(actors)
    const validator = run.chance.of(operators)
    const shares = await someShares(run, validator, account)
    if (shares > 0n || tries === 3) return [account, validator, shares]
  }
}

async function unbond(run: Run): Promise<void> {
  const [account, validator, shares] = await somePosition(run)
  run.leftEpochs.get(validator)?.add(await run.world.validators.read('epoch', []))
  await userCall(run, account, 'unbond', undefined, () =>
    run.world.staking.callAs(account, 'unbond', [validator, shares]),
  )
}

async function redelegate(run: Run): Promise<void> {
  const [account, from, shares] = await somePosition(run)
  const to = run.chance.of(operators)
  await userCall(run, account, 'redelegate', undefined, () =>
    run.world.staking.callAs(account, 'redelegate', [from, to, shares]),
  )
}

async function claim(run: Run): Promise<void> {
  const account = run.chance.of(actors)
  await userCall(run, account, 'claim', undefined, () => run.world.staking.callAs(account, 'claim', [account]))
}

async function claimRewards(run: Run): Promise<void> {
  const [account, validator] = await somePosition(run)
  const { staking } = run.world
  await userCall(run, account, 'claimRewards', validator, () =>
    staking.callAs(account, 'claimRewards', [validator, account]),
  )
}

async function restake(run: Run): Promise<void> {
  const [account, validator] = await somePosition(run)
  await userCall(run, account, 'restake', validator, () => run.world.staking.callAs(account, 'restake', [validator]))
}

async function withdraw(run: Run): Promise<void> {
  const account = run.chance.of(operators)
  const name = run.chance.of(['withdrawCommission', 'withdrawCredit'] as const)
  await userCall(run, account, name, account, () => run.world.staking.callAs(account, name, [account]))
}

/** Only the reporter's part of what was cut is gained by cutting. */
async function slashMoves(run: Run): Promise<void> {
  const { world, chance } = run
  const account = chance.of(actors)
  const [delegator, validator] = await somePosition(run)
  await settle(run, account, validator)
  const before = sumOf(await booksOf(run, account))
  const answer = await world.staking.callAs(account, 'slashMoves', [delegator, validator])
  count(run, 'slashMoves', answer)
  const gained = sumOf(await booksOf(run, account)) - before
  const penalty = answer.events.find(({ eventName }) => eventName === 'Penalty')
  const reward = penalty?.eventName === 'Penalty' && account !== delegator ? penalty.args.reward : 0n
  // Who cuts itself loses; who holds other shares of that pool may gain their rounding, but never from this call.
  ok(gained <= reward + (account === delegator ? 0n : 1n), `slashMoves gained ${gained} by a reward of ${reward}`)
}

async function register(run: Run): Promise<void> {
  const { world, chance, keyOwners } = run
  const account = chance.of(operators)
  const stake = chance.is(0.8) ? 1_000n * btt + chance.scaled(1_000_000n * btt) : chance.scaled(1_000n * btt)
  if (stake > (await wallet(run, account))) return
  const most = BigInt(chance.number(10_001))
  const args = [
    consensusKey(keyOwners.length),
    signer(run.signersUsed),
    chance.amount(most),
    most,
    chance.amount(most),
  ] as const
  const answer = await userCall(run, account, 'register', undefined, () =>
    world.validators.callAs(account, 'register', args, stake),
  )
  if (answer.revert !== undefined) return
  keyOwners.push(account)
  run.signersUsed += 1
}

async function changeKeys(run: Run): Promise<void> {
  const { world, chance, keyOwners } = run
  const account = chance.of(operators)
  // Now and then a key that is somebody's already.
  const isUsed = keyOwners.length > 0 && chance.is(0.2)
  const key = consensusKey(isUsed ? chance.number(keyOwners.length) : keyOwners.length)
  const changed = await userCall(run, account, 'changeConsensusKey', undefined, () =>
    world.validators.callAs(account, 'changeConsensusKey', [key]),
  )
  ok(!isUsed || changed.revert !== undefined, 'a used key was taken again')
  if (changed.revert === undefined) keyOwners.push(account)
  const signed = await userCall(run, account, 'changeSigner', undefined, () =>
    world.validators.callAs(account, 'changeSigner', [signer(run.signersUsed)]),
  )
  if (signed.revert === undefined) run.signersUsed += 1
}

async function planCommission(run: Run): Promise<void> {
  const { world, chance } = run
  const account = chance.of(operators)
  const present = await world.validators.read('commissionOf', [account])
  const { commissionStepBps, commissionMostBps } = await world.validators.read('validatorOf', [account])
  const rate = chance.amount(BigInt(commissionMostBps) + 1n)
  const answer = await userCall(run, account, 'planCommission', undefined, () =>
    world.validators.callAs(account, 'planCommission', [rate]),
  )
  const step = rate > present ? rate - present : present - rate
  const fits = rate <= BigInt(commissionMostBps) && step <= BigInt(commissionStepBps)
  ok(answer.revert !== undefined || fits, `commission went from ${present} to ${rate}`)
  ok((await world.validators.read('commissionOf', [account])) === present, 'a plan holds at once')
}

async function stand(run: Run): Promise<void> {
  const { world, chance } = run
  const account = chance.of(operators)
  const name = chance.of(['unjail', 'unjail', 'enter', 'enter', 'withdrawCandidacy'] as const)
  await userCall(run, account, name, undefined, () => world.validators.callAs(account, name, []))
}

/** What only the chain, another system contract or governance may call is refused to everybody else. */
async function intrude(run: Run): Promise<void> {
  const { world, chance } = run
  const account = chance.of(actors)
  const one = chance.of(actors)
  const zero: Hex = `0x${'00'.repeat(20)}`
  const { staking, validators, rewards } = world
  const attempt = chance.of([
    () => staking.callAs(account, 'reward', [account], 1n),
    () => staking.callAs(account, 'stakeFor', [account], 1n),
    () => staking.callAs(account, 'slash', [one, 0n, 5_000n, 10n ** 30n, account]),
    () => validators.callAs(account, 'beginBlock', [zero, [], 10n ** 30n]),
    () => validators.callAs(account, 'endEpoch', []),
    () => validators.callAs(account, 'doubleSign', [zero, 1n, zero]),
    () => rewards.callAs(account, 'distribute', [account, [], 10n ** 30n]),
    () => rewards.callAs(account, 'activate', [[account], [1n]]),
    () => rewards.callAs(account, 'drop', [one]),
    () => rewards.callAs(account, 'spend', [account, 1n]),
    () => staking.callAs(account, 'upgradeToAndCall', [account, '0x']),
    () => world.parameters.callAs(account, 'upgradeToAndCall', [systemAddresses.staking, '0x']),
  ])
  const { revert } = await userCall(run, account, 'intrude', undefined, attempt)
  ok(revert !== undefined && errorName(revert) === 'OnlyBy', 'an intruder was not refused for who it is')
}

export const userActs: readonly Act[] = [
  [20, delegate],
  [14, unbond],
  [14, redelegate],
  [10, claim],
  [8, claimRewards],
  [8, restake],
  [3, withdraw],
  [5, slashMoves],
  [6, register],
  [2, changeKeys],
  [2, planCommission],
  [4, stand],
  [2, intrude],
]
