/** What somebody may try against governance, and what a guardian may and may not do. */

import type { Hex } from 'viem'
import { beforeEach, describe, expect, test } from 'vitest'
import { callerOutcome, installCaller } from '../testing/caller.ts'
import {
  calldata,
  deposit,
  GovernWorld,
  hashOf,
  listsOf,
  refused,
  spend,
  timelockSeconds,
} from '../testing/govern-world.ts'
import { account, btt, gasOf, startBalance } from '../testing/stake-world.ts'
import { governorAbi, guardianAbi, timelockAbi } from './index.ts'
import { systemAddresses } from './system.ts'

const [alice, bob, carol, erin, mallory] = [account(0), account(1), account(2), account(4), account(5)]
const contract: Hex = '0x00000000000000000000000000000000000a77ac'
const million = 1_000_000n * btt
const pauseSeconds = 500n
let world: GovernWorld

/** Alice has 3 M, 1 M of them Carol's, Bob 1 M. Mallory has much money and no stake; Erin is the guardian. */
beforeEach(async () => {
  world = await GovernWorld.create({}, erin)
  const { stake } = world
  await stake.fund(alice, bob, carol, erin, mallory)
  await stake.register(alice, 2n * million)
  await stake.register(bob, million)
  gasOf(await stake.staking.callAs(carol, 'delegate', [alice], million), stake.staking)
  await stake.nextEpoch()
})

const guardianAction = (functionName: string, args: readonly unknown[]) => ({
  to: systemAddresses.guardian,
  data: calldata(guardianAbi, functionName, args),
})

/** Votes an action through; answers its number, ready to be executed. */
async function decide(...actions: Parameters<GovernWorld['open']>[1]): Promise<bigint> {
  const id = await world.open(mallory, actions, `number ${world.stake.evm.number}`)
  await world.vote(alice, id, 'for')
  await world.close()
  await world.queue(id)
  world.stake.evm.time += timelockSeconds
  return id
}

describe('a receiver of a grant that calls back', () => {
  test('is not paid twice', async () => {
    await world.stake.rewards.callAs(mallory, 'fund', [], 1_000n)
    const actions = [spend(contract, 400n)]
    const description = `number ${world.stake.evm.number}`
    const [targets, values, calldatas] = listsOf(actions)
    const again = calldata(governorAbi, 'execute', [targets, values, calldatas, hashOf(description)])
    await installCaller(world.stake.evm, contract, systemAddresses.governor, again)
    const id = await decide(...actions)
    gasOf(await world.governor.callAs(mallory, 'execute', [id]), world.governor)
    expect(await callerOutcome(world.stake.evm, contract)).toBe('refused')
    expect(await world.stake.evm.balanceOf(contract)).toBe(400n)
    expect(await world.stake.rewards.read('communityPool', [])).toBe(600n)
  })

  test('can’t execute at the time-lock itself, whose only caller is the governor', async () => {
    await world.stake.rewards.callAs(mallory, 'fund', [], 1_000n)
    const [targets, values, calldatas] = listsOf([spend(contract, 400n)])
    const args = [targets, values, calldatas, `0x${'00'.repeat(32)}`, `0x${'00'.repeat(32)}`]
    await installCaller(
      world.stake.evm,
      contract,
      systemAddresses.governance,
      calldata(timelockAbi, 'executeBatch', args),
    )
    const id = await decide(spend(contract, 400n))
    gasOf(await world.governor.callAs(mallory, 'execute', [id]), world.governor)
    expect(await callerOutcome(world.stake.evm, contract)).toBe('refused')
  })

  test('gets no deposit twice', async () => {
    const action = { to: systemAddresses.governance, data: '0x' } as const
    // Its own proposal, whose number is known before: the contract settles it again when it is paid.
    const [targets, values, calldatas] = listsOf([action])
    const id = await world.governor.read('getProposalId', [targets, values, calldatas, hashOf('by a contract')])
    const again = calldata(governorAbi, 'settleDeposit', [id])
    await installCaller(world.stake.evm, contract, systemAddresses.governor, again)
    await world.stake.fund(contract)
    await world.propose(mallory, [action], 'another, whose deposit is there too')
    expect(await world.propose(contract, [action], 'by a contract')).toBe(id)
    world.pass(6n)
    await world.vote(alice, id, 'for')
    await world.close()
    const before = await world.stake.evm.balanceOf(contract)
    gasOf(await world.governor.callAs(bob, 'settleDeposit', [id]), world.governor)
    expect(await callerOutcome(world.stake.evm, contract)).toBe('refused')
    expect((await world.stake.evm.balanceOf(contract)) - before).toBe(deposit)
    expect(await world.stake.evm.balanceOf(systemAddresses.governor)).toBe(deposit)
  })
})

describe('who has no stake', () => {
  test('passes nothing by any way in', async () => {
    const id = await world.open(mallory, [spend(mallory, 1n)])
    const { governor } = world
    expect(await refused(governor.callAs(mallory, 'castVote', [id, 1]))).toBe('NothingToVoteWith')
    const params = [id, 1, '', '0x01'] as const
    expect(await refused(governor.callAs(mallory, 'castVoteWithReasonAndParams', params))).toBe('NothingToVoteWith')
    // An override of a pool in which Mallory has nothing, and of no pool at all.
    expect(await refused(governor.callAs(mallory, 'castOverride', [id, 1, [alice], '']))).toBe('NothingToVoteWith')
    expect(await refused(governor.callAs(mallory, 'castOverride', [id, 1, [mallory], '']))).toBe('NothingToVoteWith')
    await world.close()
    expect(await refused(governor.callAs(mallory, 'queue', [id]))).toBe('GovernorUnexpectedProposalState')
  })

  test('gains nothing by calling as the governor would', async () => {
    const { stake, timelock, guardian } = world
    for (const call of [
      stake.parameters.callAs(mallory, 'set', [`0x${'00'.repeat(32)}`, 1n]),
      stake.rewards.callAs(mallory, 'spend', [mallory, 1n]),
      guardian.callAs(mallory, 'pause', []),
      guardian.callAs(mallory, 'appoint', [mallory]),
      guardian.callAs(mallory, 'unpause', []),
      timelock.callAs(mallory, 'upgradeToAndCall', [contract, '0x']),
      guardian.callAs(mallory, 'upgradeToAndCall', [contract, '0x']),
    ]) {
      expect(await refused(call)).toBe('OnlyBy')
    }
    for (const call of [
      world.governor.callAs(mallory, 'initialize', []),
      timelock.callAs(mallory, 'initialize', []),
      guardian.callAs(mallory, 'initialize', [mallory]),
    ]) {
      expect(await refused(call)).toBe('InvalidInitialization')
    }
  })
})

describe('a slash in mid-vote', () => {
  test('changes nothing of what was to be voted with at the snapshot', async () => {
    const id = await world.open(mallory, [spend(mallory, 1n)])
    await world.override(carol, id, 'against', alice)
    const slashed = world.stake.staking.callAs(systemAddresses.validators, 'slash', [
      alice,
      1n,
      5_000n,
      3n * million,
      bob,
    ])
    gasOf(await slashed, world.stake.staking)
    expect(await world.stake.staking.read('getVotes', [alice])).toBe((3n * million) / 2n)
    expect(await world.vote(alice, id, 'for')).toBe(2n * million)
    expect(await world.votesOf(id)).toEqual({ against: million, for: 2n * million, abstain: 0n, veto: 0n })
  })
})

describe('a guardian', () => {
  const claims = async () => {
    const { staking } = world.stake
    return refused(staking.callAs(carol, 'claim', [carol]))
  }

  beforeEach(async () => {
    gasOf(await world.stake.staking.callAs(carol, 'unbond', [alice, million]), world.stake.staking)
    for (let epochs = 0; epochs < 4; epochs++) await world.stake.nextEpoch()
  })

  test('stops payments out of staking for its time, to the second, and then nobody waits', async () => {
    gasOf(await world.guardian.callAs(erin, 'pause', []), world.guardian)
    expect(await claims()).toBe('PaymentsPaused')
    const until = world.stake.evm.time + pauseSeconds
    world.stake.evm.time = until - 1n
    expect(await claims()).toBe('PaymentsPaused')
    expect(await world.guardian.read('isPaused', [])).toBe(true)
    world.stake.evm.time = until
    expect(await claims()).toBe('not refused')
    expect(await world.stake.evm.balanceOf(carol)).toBe(startBalance)
  })

  test('stops nothing else: people stake, leave, vote, and the chain slashes and elects', async () => {
    const id = await world.open(mallory, [spend(mallory, 0n)])
    gasOf(await world.guardian.callAs(erin, 'pause', []), world.guardian)
    const { staking } = world.stake
    gasOf(await staking.callAs(carol, 'delegate', [bob], 50n), staking)
    gasOf(await staking.callAs(carol, 'unbond', [bob, 20n]), staking)
    gasOf(await staking.callAs(carol, 'redelegate', [bob, alice, 30n]), staking)
    expect(await world.vote(alice, id, 'for')).toBe(2n * million)
    await world.stake.nextEpoch()
    gasOf(await staking.callAs(systemAddresses.validators, 'slash', [bob, 1n, 100n, million, bob]), staking)
    expect(await world.guardian.read('isPaused', [])).toBe(true)
  })

  test('has one pause, and no longer one by pausing again, before or after it ends', async () => {
    gasOf(await world.guardian.callAs(erin, 'pause', []), world.guardian)
    expect(await refused(world.guardian.callAs(erin, 'pause', []))).toBe('NoPauseLeft')
    await world.stake.setParameter('pauseSeconds', 14n * 86_400n)
    world.stake.evm.time += pauseSeconds
    expect(await claims()).toBe('not refused')
    expect(await refused(world.guardian.callAs(erin, 'pause', []))).toBe('NoPauseLeft')
  })

  test('ends its pause early, and that was its one', async () => {
    gasOf(await world.guardian.callAs(erin, 'pause', []), world.guardian)
    gasOf(await world.guardian.callAs(erin, 'unpause', []), world.guardian)
    expect(await refused(world.guardian.callAs(erin, 'pause', []))).toBe('NoPauseLeft')
    expect(await claims()).toBe('not refused')
  })

  test('is taken away by a vote while its pause runs, and the pause with it', async () => {
    await world.stake.setParameter('pauseSeconds', 14n * 86_400n)
    gasOf(await world.guardian.callAs(erin, 'pause', []), world.guardian)
    const id = await decide(guardianAction('appoint', [mallory]), guardianAction('unpause', []))
    expect(await claims()).toBe('PaymentsPaused')
    gasOf(await world.governor.callAs(bob, 'execute', [id]), world.governor)
    expect(await claims()).toBe('not refused')
    expect(await refused(world.guardian.callAs(erin, 'unpause', []))).toBe('OnlyBy')
    gasOf(await world.guardian.callAs(mallory, 'pause', []), world.guardian)
  })

  test('is nobody that a proposal could pause as', async () => {
    const id = await decide(guardianAction('pause', []))
    expect(await refused(world.governor.callAs(bob, 'execute', [id]))).toBe('OnlyBy')
    expect(await world.guardian.read('isPaused', [])).toBe(false)
  })

  test('that genesis did not name is nobody', async () => {
    const without = await GovernWorld.create()
    expect(await without.guardian.read('guardian', [])).toBe(`0x${'00'.repeat(20)}`)
    expect(await refused(without.guardian.callAs(`0x${'00'.repeat(20)}`, 'pause', []))).toBe('NoPauseLeft')
  })
})
