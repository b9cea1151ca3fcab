import type { Hex } from 'viem'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  calldata,
  deposit,
  GovernWorld,
  periodBlocks,
  refused,
  spend,
  timelockSeconds,
} from '../testing/govern-world.ts'
import { account, btt, gasOf, startBalance } from '../testing/stake-world.ts'
import { governorAbi, parametersAbi, stakingAbi } from './index.ts'
import { implementationOf, systemAddresses, systemContracts } from './system.ts'

const [alice, bob, carol, dave, erin] = [account(0), account(1), account(2), account(3), account(4)]
const million = 1_000_000n * btt
/** Where a proxy of ERC-1967 keeps its implementation. */
const implementationSlot = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc'
const at = (number: bigint): Hex => `0x${number.toString(16).padStart(40, '0')}`
const text = { to: systemAddresses.governance, data: '0x' } as const
let world: GovernWorld

/** Alice's pool is 3 M, 1 M of it Carol's; Bob's 2 M, half a million Carol's. Dave proposes, Erin is the guardian. */
beforeEach(async () => {
  world = await GovernWorld.create({}, erin)
  const { stake } = world
  await stake.fund(alice, bob, carol, dave, erin)
  await stake.register(alice, 2n * million)
  await stake.register(bob, (3n * million) / 2n)
  await delegate(carol, alice, million)
  await delegate(carol, bob, million / 2n)
  await stake.nextEpoch()
})

async function delegate(who: Hex, validator: Hex, amount: bigint): Promise<void> {
  gasOf(await world.stake.staking.callAs(who, 'delegate', [validator], amount), world.stake.staking)
}

describe('a validator', () => {
  test('votes with its whole pool, once, and no choice but the four counts', async () => {
    const id = await world.open(dave, [text])
    expect(await world.vote(alice, id, 'for')).toBe(3n * million)
    expect(await world.votesOf(id)).toEqual({ against: 0n, for: 3n * million, abstain: 0n, veto: 0n })
    expect(await refused(world.governor.callAs(alice, 'castVote', [id, 0]))).toBe('GovernorAlreadyCastVote')
    expect(await refused(world.governor.callAs(bob, 'castVote', [id, 4]))).toBe('GovernorInvalidVoteType')
    expect(await refused(world.governor.callAs(dave, 'castVote', [id, 1]))).toBe('NothingToVoteWith')
  })

  test('loses from its vote just what delegators vote with themselves, before it or after', async () => {
    const id = await world.open(dave, [text])
    expect(await world.override(carol, id, 'against', alice)).toBe(million)
    expect(await world.vote(alice, id, 'for')).toBe(2n * million)
    expect(await world.vote(bob, id, 'abstain')).toBe(2n * million)
    expect(await world.override(carol, id, 'veto', bob)).toBe(million / 2n)
    expect(await world.votesOf(id)).toEqual({
      against: million,
      for: 2n * million,
      abstain: (3n * million) / 2n,
      veto: million / 2n,
    })
    const again = world.governor.callAs(carol, 'castOverride', [id, 1, [bob], ''])
    expect(await refused(again)).toBe('AlreadyOverridden')
    const twice = world.governor.callAs(carol, 'castOverride', [id, 1, [alice, alice], ''])
    expect(await refused(twice)).toBe('AlreadyOverridden')
  })

  test('that overrides itself has split its vote and counts no more than once', async () => {
    const id = await world.open(dave, [text])
    await world.vote(alice, id, 'for')
    await world.override(alice, id, 'against', alice)
    await world.override(carol, id, 'against', alice, bob)
    expect(await world.votesOf(id)).toEqual({ against: (7n * million) / 2n, for: 0n, abstain: 0n, veto: 0n })
  })
})

describe('stake', () => {
  test('that comes after the snapshot votes on nothing; what leaves after it still does', async () => {
    const id = await world.propose(dave, [text], 'flash')
    world.pass(await world.governor.read('votingDelay', []))
    // In the very block of the snapshot, and gone again within it.
    await delegate(dave, alice, 10n * million)
    const shares = (await world.stake.staking.read('positionOf', [alice, dave]))[0]
    gasOf(await world.stake.staking.callAs(dave, 'unbond', [alice, shares]), world.stake.staking)
    world.pass(1n)
    await delegate(dave, bob, 10n * million)
    gasOf(await world.stake.staking.callAs(carol, 'unbond', [alice, million]), world.stake.staking)
    expect(await refused(world.governor.callAs(dave, 'castOverride', [id, 1, [bob], '']))).toBe('NothingToVoteWith')
    expect(await refused(world.governor.callAs(dave, 'castOverride', [id, 1, [alice], '']))).toBe('NothingToVoteWith')
    expect(await world.vote(bob, id, 'for')).toBe(2n * million)
    expect(await world.override(carol, id, 'against', alice)).toBe(million)
  })
})

describe('a proposal', () => {
  test('passes, waits in the time-lock and sets a parameter, once', async () => {
    const id = await world.open(dave, [world.parameterAction('gasPriceFloor', 7n)])
    await world.vote(alice, id, 'for')
    await world.close()
    expect(await world.stateOf(id)).toBe('succeeded')
    expect(await refused(world.governor.callAs(dave, 'execute', [id]))).toBe('GovernorUnexpectedProposalState')
    await world.queue(id)
    world.stake.evm.time += timelockSeconds - 1n
    expect(await refused(world.governor.callAs(dave, 'execute', [id]))).toBe('TimelockUnexpectedOperationState')
    world.stake.evm.time += 1n
    gasOf(await world.governor.callAs(dave, 'execute', [id]), world.governor)
    expect(await world.parameter('gasPriceFloor')).toBe(7n)
    expect(await world.stateOf(id)).toBe('executed')
    expect(await refused(world.governor.callAs(dave, 'execute', [id]))).toBe('GovernorUnexpectedProposalState')
    expect(await refused(world.governor.callAs(dave, 'queue', [id]))).toBe('GovernorUnexpectedProposalState')
    const args = [[text.to], [0n], [text.data], 'a proposal'] as const
    await expect(world.governor.read('propose', args)).rejects.toThrow('WrongDeposit')
  })

  test('out of a parameter’s bounds, or naming none, can pass and never be done', async () => {
    const actions = [
      world.parameterAction('passBps', 4_999n),
      { to: systemAddresses.parameters, data: calldata(parametersAbi, 'set', [`0x${'11'.repeat(32)}`, 1n]) },
    ]
    const errors: (string | undefined)[] = []
    for (const action of actions) {
      const id = await world.open(dave, [action], action.data)
      await world.vote(alice, id, 'for')
      await world.close()
      await world.queue(id)
      world.stake.evm.time += timelockSeconds
      errors.push(await refused(world.governor.callAs(dave, 'execute', [id])))
      world.stake.evm.time += 31n * 86_400n
      expect(await world.stateOf(id)).toBe('expired')
    }
    expect(errors).toEqual(['OutOfBounds', 'Unknown'])
    expect(await world.parameter('passBps')).toBe(5_000n)
  })

  test('spends the community pool, and nobody else does', async () => {
    await world.stake.rewards.callAs(dave, 'fund', [], 500n)
    const id = await world.open(dave, [spend(erin, 400n)])
    await world.vote(alice, id, 'for')
    await world.close()
    await world.carryOut(id)
    expect(await world.stake.evm.balanceOf(erin)).toBe(startBalance + 400n)
    expect(await world.stake.rewards.read('communityPool', [])).toBe(100n)
    expect(await refused(world.stake.rewards.callAs(systemAddresses.governor, 'spend', [erin, 1n]))).toBe('OnlyBy')
  })

  test('upgrades a contract, the governor itself and the time-lock among them', async () => {
    const targets = ['staking', 'governor', 'governance'] as const
    const next = (name: (typeof targets)[number]) => at(BigInt(systemAddresses[name]) + 0x5000n)
    for (const name of targets) {
      const known = systemContracts().find(({ address }) => address === implementationOf(systemAddresses[name]))
      await world.stake.evm.install(next(name), known?.creation ?? '0x')
    }
    const actions = targets.map((name) => ({
      to: systemAddresses[name],
      data: calldata(stakingAbi, 'upgradeToAndCall', [next(name), '0x']),
    }))
    const direct = world.governor.callAs(alice, 'upgradeToAndCall', [next('governor'), '0x'])
    expect(await refused(direct)).toBe('OnlyBy')
    const id = await world.open(dave, actions)
    await world.vote(alice, id, 'for')
    await world.close()
    await world.carryOut(id)
    for (const name of targets) {
      expect(at(await world.stake.evm.storage(systemAddresses[name], implementationSlot))).toBe(next(name))
    }
    expect(await world.stateOf(id)).toBe('executed')
    expect(await world.stake.staking.read('totalStaked', [])).toBe(5n * million)
  })

  test('needs its deposit exactly, and what it says is bounded', async () => {
    const args = [[text.to], [0n], [text.data], 'x'] as const
    for (const value of [0n, deposit - 1n, deposit + 1n]) {
      expect(await refused(world.governor.callAs(dave, 'proposeWithDeposit', args, value))).toBe('WrongDeposit')
    }
    const long = [[text.to], [0n], [text.data], 'x'.repeat(10_001)] as const
    expect(await refused(world.governor.callAs(dave, 'proposeWithDeposit', long, deposit))).toBe('TooLong')
    const many = Array.from({ length: 17 }, () => text.to)
    const actions = [many, many.map(() => 0n), many.map((): Hex => '0x'), 'x'] as const
    expect(await refused(world.governor.callAs(dave, 'proposeWithDeposit', actions, deposit))).toBe('TooLong')
    const reserved = [[text.to], [0n], [text.data], `mine #proposer=${erin}`] as const
    const stolen = world.governor.callAs(dave, 'proposeWithDeposit', reserved, deposit)
    expect(await refused(stolen)).toBe('GovernorRestrictedProposer')
  })

  test('that is made twice is refused the second time', async () => {
    await world.propose(dave, [text], 'x')
    const args = [[text.to], [0n], [text.data], 'x'] as const
    const again = world.governor.callAs(dave, 'proposeWithDeposit', args, deposit)
    expect(await refused(again)).toBe('GovernorUnexpectedProposalState')
  })

  test('keeps the terms that held when it was made', async () => {
    const id = await world.open(dave, [text], 'old terms')
    await world.vote(bob, id, 'for')
    await world.stake.setParameter('quorumBps', 8_000n)
    await world.stake.setParameter('proposalDeposit', 9n * deposit)
    await world.close()
    expect(await world.stateOf(id)).toBe('succeeded')
    expect(await world.governor.read('termsOf', [id])).toMatchObject({ deposit, quorumBps: 3_340, passBps: 5_000 })
  })

  test('that nobody carries out ends', async () => {
    const id = await world.open(dave, [text])
    await world.vote(alice, id, 'for')
    await world.close()
    world.pass(1_000_000n)
    expect(await world.stateOf(id)).toBe('expired')
    expect(await refused(world.governor.callAs(dave, 'queue', [id]))).toBe('GovernorUnexpectedProposalState')
  })
})

describe('of all stake', () => {
  test('more than a third must vote, in whichever way', async () => {
    // A third of 5 M is less than 33.4 % of it by 3,333 1/3; Carol's parts are 1.5 M.
    await delegate(dave, bob, 3_333n * btt)
    const id = await world.open(dave, [text])
    await world.override(carol, id, 'for', alice, bob)
    await world.close()
    expect(await world.stateOf(id)).toBe('defeated')
    const other = await world.open(dave, [text], 'other')
    await world.override(carol, other, 'for', alice, bob)
    await world.override(dave, other, 'abstain', bob)
    await world.override(alice, other, 'abstain', alice)
    await world.close()
    expect(await world.stateOf(other)).toBe('succeeded')
  })

  test('half of those for and against must be for it and one more', async () => {
    await delegate(dave, bob, million)
    const tie = await world.open(dave, [text], 'tie')
    await world.vote(alice, tie, 'for')
    await world.vote(bob, tie, 'against')
    const won = await world.open(dave, [text], 'won')
    await world.vote(alice, won, 'for')
    await world.override(dave, won, 'abstain', bob)
    await world.vote(bob, won, 'against')
    await world.close()
    expect([await world.stateOf(tie), await world.stateOf(won)]).toEqual(['defeated', 'succeeded'])
  })

  test('a bit more than a third of those who vote stops it by a veto', async () => {
    const vetoed = await world.open(dave, [text], 'vetoed')
    await world.vote(alice, vetoed, 'for')
    await world.vote(bob, vetoed, 'veto')
    expect(await world.governor.read('isVetoed', [vetoed])).toBe(true)
    const passed = await world.open(dave, [text], 'passed')
    await world.vote(alice, passed, 'for')
    await world.override(carol, passed, 'for', bob)
    await world.vote(bob, passed, 'veto')
    expect(await world.governor.read('isVetoed', [passed])).toBe(false)
    await world.close()
    expect([await world.stateOf(vetoed), await world.stateOf(passed)]).toEqual(['defeated', 'succeeded'])
  })

  test('none means that nothing passes', async () => {
    const empty = await GovernWorld.create()
    await empty.stake.fund(dave)
    const id = await empty.open(dave, [text])
    expect(await refused(empty.governor.callAs(dave, 'castVote', [id, 1]))).toBe('NothingToVoteWith')
    await empty.close()
    expect(await empty.stateOf(id)).toBe('defeated')
  })
})

describe('a deposit', () => {
  const balances = async () => [
    await world.stake.evm.balanceOf(systemAddresses.governor),
    await world.governor.read('totalDeposits', []),
    (await world.stake.evm.balanceOf(dave)) - startBalance,
    await world.stake.evm.balanceOf(systemAddresses.burned),
  ]

  test.each([
    ['returned when the proposal has passed', ['for', 'for'], 0n, 0n],
    ['returned when it was only voted down', ['against', 'against'], 0n, 0n],
    ['burned when it was vetoed', ['for', 'veto'], -deposit, deposit],
    ['burned when too few voted', [], -deposit, deposit],
  ] as const)('is %s', async (_, votes, gained, burned) => {
    const id = await world.open(dave, [text])
    for (const [index, choice] of votes.entries()) await world.vote(index === 0 ? alice : bob, id, choice)
    expect(await refused(world.governor.callAs(erin, 'settleDeposit', [id]))).toBe('NotDecided')
    expect(await balances()).toEqual([deposit, deposit, -deposit, 0n])
    await world.close()
    gasOf(await world.governor.callAs(erin, 'settleDeposit', [id]), world.governor)
    expect(await balances()).toEqual([0n, 0n, gained, burned])
    expect(await refused(world.governor.callAs(erin, 'settleDeposit', [id]))).toBe('AlreadySettled')
  })

  test('is returned when the proposer cancels before the vote, which nobody else can', async () => {
    const id = await world.propose(dave, [text], 'x')
    expect(await refused(world.governor.callAs(alice, 'cancel', [id]))).toBe('GovernorUnableToCancel')
    gasOf(await world.governor.callAs(dave, 'cancel', [id]), world.governor)
    gasOf(await world.governor.callAs(erin, 'settleDeposit', [id]), world.governor)
    expect(await balances()).toEqual([0n, 0n, 0n, 0n])
  })

  test('is out of reach of what was voted', async () => {
    const victim = await world.propose(dave, [text], 'mine')
    const relay = calldata(governorAbi, 'relay', [erin, deposit, '0x'])
    const id = await world.open(erin, [{ to: systemAddresses.governor, data: relay }])
    await world.vote(alice, id, 'for')
    await world.close()
    await world.queue(id)
    world.stake.evm.time += timelockSeconds
    expect(await refused(world.governor.callAs(dave, 'execute', [id]))).toBe('NotRelayed')
    expect(await world.stake.evm.balanceOf(systemAddresses.governor)).toBe(2n * deposit)
    expect(await world.stateOf(victim)).toBe('defeated')
  })
})

describe('the time-lock', () => {
  test('does nothing for anybody but the governor, and has no delay but the parameter', async () => {
    const one = [text.to, 0n, text.data, `0x${'00'.repeat(32)}`, `0x${'00'.repeat(32)}`] as const
    const { timelock } = world
    for (const who of [alice, dave, erin, systemAddresses.caller]) {
      expect(await refused(timelock.callAs(who, 'schedule', [...one, timelockSeconds]))).toBe(
        'AccessControlUnauthorizedAccount',
      )
      expect(await refused(timelock.callAs(who, 'execute', one))).toBe('AccessControlUnauthorizedAccount')
      expect(await refused(timelock.callAs(who, 'grantRole', [one[3], who]))).toBe('AccessControlUnauthorizedAccount')
    }
    expect(await timelock.read('getMinDelay', [])).toBe(timelockSeconds)
    await expect(timelock.read('updateDelay', [0n])).rejects.toThrow('DelayIsAParameter')
    await world.stake.setParameter('timelockDelaySeconds', 3_600n)
    expect(await timelock.read('getMinDelay', [])).toBe(3_600n)
  })
})

describe('a vote by signature', () => {
  test('is not taken: its domain could not tell this chain from another of its id', async () => {
    const id = await world.open(dave, [text])
    const signed = world.governor.callAs(dave, 'castVoteBySig', [id, 1, alice, `0x${'11'.repeat(65)}`])
    expect(await refused(signed)).toBe('NoSignedVotes')
  })
})

test('an empty block of votes leaves a proposal pending up to its snapshot', async () => {
  const id = await world.propose(dave, [text], 'x')
  expect(await world.stateOf(id)).toBe('pending')
  world.pass(await world.governor.read('votingDelay', []))
  expect(await world.stateOf(id)).toBe('pending')
  expect(await refused(world.governor.callAs(alice, 'castVote', [id, 1]))).toBe('GovernorUnexpectedProposalState')
  world.pass(1n)
  expect(await world.stateOf(id)).toBe('active')
  world.pass(periodBlocks - 1n)
  expect(await world.stateOf(id)).toBe('active')
  world.pass(1n)
  expect(await world.stateOf(id)).toBe('defeated')
})
