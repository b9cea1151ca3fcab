import type { Hex } from 'viem'
import { beforeEach, describe, expect, test } from 'vitest'
import { account, btt, gasOf, keyOf, nameOf, noName, StakeWorld, signerOf } from '../testing/stake-world.ts'
import { systemParameters } from './parameters.ts'
import { systemAddresses } from './system.ts'

const [alice, bob, carol, dave] = [account(0), account(1), account(2), account(3)]
const million = 1_000_000n * btt
const daySeconds = 86_400n
let world: StakeWorld

beforeEach(async () => {
  world = await StakeWorld.create({
    epochBlocks: 10n,
    unbondingEpochs: 2n,
    validatorsMax: 2n,
    issuePerYear: 0n,
    downtimeWindowBlocks: 100n,
    downtimeMissesMax: 3n,
    downtimeBps: 100n,
    jailSeconds: 600n,
  })
  await world.fund(alice, bob, carol, dave)
})

async function refusal(...args: Parameters<StakeWorld['validators']['callAs']>): Promise<string> {
  return world.validators.errorIn((await world.validators.callAs(...args)).revert)
}

async function act(...args: Parameters<StakeWorld['validators']['callAs']>) {
  const outcome = await world.validators.callAs(...args)
  gasOf(outcome, world.validators)
  return outcome
}

async function elected(): Promise<readonly Hex[]> {
  const [members] = await world.validators.read('electedSet', [])
  return members.map(({ validator }) => validator)
}

async function statusOf(validator: Hex): Promise<string | undefined> {
  return ['none', 'active', 'jailed', 'tombstoned'][(await world.validators.read('validatorOf', [validator])).status]
}

async function expectStake(validator: Hex, amount: bigint): Promise<void> {
  expect((await world.staking.read('poolOf', [validator])).tokens).toBe(amount)
}

describe('a registration', () => {
  test('needs the least stake, keys that nobody has had, and a commission within its own bounds', async () => {
    const args = [keyOf(alice), signerOf(alice), 500n, 1_000n, 100n] as const
    expect(await refusal(alice, 'register', args, million - 1n)).toBe('NotEligible')
    expect(await refusal(alice, 'register', [keyOf(alice), signerOf(alice), 1_001n, 1_000n, 1n], million)).toBe(
      'CommissionOutOfBounds',
    )
    expect(await refusal(alice, 'register', [keyOf(alice), noName, 1n, 1n, 1n], million)).toBe('KeyInUse')
    await act(alice, 'register', args, million)
    expect(await refusal(alice, 'register', args, million)).toBe('AlreadyRegistered')
    expect(await refusal(bob, 'register', [keyOf(alice), signerOf(bob), 0n, 0n, 0n], million)).toBe('KeyInUse')
    expect(await refusal(bob, 'register', [keyOf(bob), signerOf(alice), 0n, 0n, 0n], million)).toBe('KeyInUse')
    expect(await world.validators.read('operatorOf', [nameOf(keyOf(alice))])).toBe(alice)
    expect(await world.validators.read('candidates', [])).toEqual([alice])
    await expectStake(alice, million)
  })
})

describe('a commission', () => {
  test('changes after its notice, by a step at most, once a day at most, and never above its limit', async () => {
    await world.register(alice, million)
    expect(await refusal(alice, 'planCommission', [1_501n])).toBe('CommissionOutOfBounds')
    await act(alice, 'planCommission', [1_500n])
    expect(await refusal(alice, 'planCommission', [1_400n])).toBe('PlanWaits')
    world.evm.time += 3n * daySeconds - 1n
    expect(await world.validators.read('commissionOf', [alice])).toBe(1_000n)
    world.evm.time += 1n
    expect(await world.validators.read('commissionOf', [alice])).toBe(1_500n)
    world.evm.time += daySeconds - 1n
    expect(await refusal(alice, 'planCommission', [2_000n])).toBe('PlanWaits')
    world.evm.time += 1n
    expect(await refusal(alice, 'planCommission', [2_001n])).toBe('CommissionOutOfBounds')
    await act(alice, 'planCommission', [1_000n])
    expect(await refusal(bob, 'planCommission', [1n])).toBe('NotRegistered')
  })
})

describe('an election', () => {
  test('takes the most stake, the earlier of equals, and what is elected signs two blocks later', async () => {
    await world.register(alice, million)
    await world.register(bob, 2n * million)
    await world.register(carol, million)
    await world.endEpoch()
    expect((await elected()).toSorted()).toEqual([alice, bob])
    const at = world.evm.number
    const { validators } = world
    expect(await validators.read('stakeAt', [bob, at + 1n])).toBe(0n)
    expect(await validators.read('stakeAt', [bob, at + 2n])).toBe(2n * million)
    expect([await validators.read('epochAt', [at + 1n]), await validators.read('epochAt', [at + 2n])]).toEqual([0n, 1n])
    expect(await world.rewards.read('totalWeight', [])).toBe(0n)
    for (let i = 0; i < 3; i++) await world.nextBlock()
    expect(await world.rewards.read('totalWeight', [])).toBe(3_000_000n)
    gasOf(await world.staking.callAs(dave, 'delegate', [carol], 1n), world.staking)
    await world.nextEpoch()
    expect((await elected()).toSorted()).toEqual([bob, carol])
    expect(await validators.read('stakeAt', [alice, world.evm.number])).toBe(0n)
    expect(await refusal(systemAddresses.caller, 'endEpoch', [])).toBe('EpochRuns')
  })

  test('leaves out who has too little of its own left, and who withdrew', async () => {
    for (const who of [alice, bob, carol]) await world.register(who, 2n * million)
    gasOf(await world.staking.callAs(alice, 'unbond', [alice, million + 1n]), world.staking)
    await act(bob, 'withdrawCandidacy', [])
    await world.nextEpoch()
    expect(await elected()).toEqual([carol])
    expect(await world.validators.read('candidates', [])).toEqual([carol])
    expect(await refusal(alice, 'enter', [])).toBe('NotEligible')
    gasOf(await world.staking.callAs(alice, 'stake', [], 1n), world.staking)
    await act(alice, 'enter', [])
    await world.nextEpoch()
    expect((await elected()).toSorted()).toEqual([alice, carol])
  })

  test('keeps the old set when nobody can be elected', async () => {
    await world.register(alice, million)
    await world.nextEpoch()
    await act(alice, 'withdrawCandidacy', [])
    await world.nextEpoch()
    expect(await elected()).toEqual([alice])
    expect(await world.rewards.read('weightOf', [alice])).toBe(1_000_000n)
  })
})

describe('keys', () => {
  test('a new consensus key works from the next election on, and the old one still tells who signed', async () => {
    await world.register(alice, million)
    await world.register(bob, million)
    await world.nextEpoch()
    await act(alice, 'changeConsensusKey', [keyOf(dave)])
    expect(await refusal(alice, 'changeConsensusKey', [keyOf(carol)])).toBe('OncePerEpoch')
    expect(await refusal(bob, 'changeConsensusKey', [keyOf(alice)])).toBe('KeyInUse')
    const keys = async () => [...(await world.validators.read('electedSet', []))[1]].toSorted()
    expect(await keys()).toEqual([keyOf(alice), keyOf(bob)].toSorted())
    const height = world.evm.number - 1n
    await world.nextEpoch()
    expect(await keys()).toEqual([keyOf(dave), keyOf(bob)].toSorted())
    await world.doubleSign(alice, height)
    expect(await statusOf(alice)).toBe('tombstoned')
  })

  test('a new signer takes the place of the old, which nobody can use again', async () => {
    await world.register(alice, million)
    await world.nextEpoch()
    await act(alice, 'changeSigner', [signerOf(dave)])
    expect(await refusal(alice, 'changeSigner', [signerOf(carol)])).toBe('OncePerEpoch')
    expect((await world.validators.read('validatorOf', [alice])).signer.toLowerCase()).toBe(signerOf(dave))
    expect(await refusal(bob, 'register', [keyOf(bob), signerOf(alice), 0n, 0n, 0n], million)).toBe('KeyInUse')
  })
})

describe('downtime', () => {
  beforeEach(async () => {
    await world.register(alice, million)
    await world.register(bob, million)
    await world.nextEpoch()
  })

  test('more misses in a window than allowed cost stake and jail, which ends when its time is over', async () => {
    for (let i = 0; i < 3; i++) await world.nextBlock({ missed: [alice] })
    expect(await statusOf(alice)).toBe('active')
    await world.nextBlock({ missed: [alice] })
    expect(await statusOf(alice)).toBe('jailed')
    await expectStake(alice, (million * 99n) / 100n)
    expect(await elected()).toEqual([bob])
    expect(await world.rewards.read('totalWeight', [])).toBe(1_000_000n)
    // What it misses before consensus has let it go is not counted again.
    for (let i = 0; i < 4; i++) await world.nextBlock({ missed: [alice] })
    await expectStake(alice, (million * 99n) / 100n)
    expect(world.staking.errorIn((await world.staking.callAs(carol, 'delegate', [alice], 1n)).revert)).toBe(
      'NotAccepted',
    )
    expect(await refusal(alice, 'unjail', [])).toBe('JailedUntil')
    world.evm.time += 600n
    expect(await refusal(alice, 'unjail', [])).toBe('NotEligible')
    gasOf(await world.staking.callAs(alice, 'stake', [], million), world.staking)
    await act(alice, 'unjail', [])
    await world.nextEpoch()
    expect((await elected()).toSorted()).toEqual([alice, bob])
  })

  test('misses of an earlier window are forgotten', async () => {
    for (let i = 0; i < 3; i++) await world.nextBlock({ missed: [alice] })
    while (world.evm.number % 100n !== 0n) await world.nextBlock()
    for (let i = 0; i < 3; i++) await world.nextBlock({ missed: [alice] })
    expect(await statusOf(alice)).toBe('active')
  })

  test('the last of the set is slashed but stays in it', async () => {
    await world.doubleSign(alice, world.evm.number - 1n)
    await world.doubleSign(bob, world.evm.number - 1n)
    expect(await elected()).toEqual([bob])
    expect(await statusOf(bob)).toBe('tombstoned')
    await expectStake(bob, (million * 95n) / 100n)
  })
})

describe('a double sign', () => {
  beforeEach(async () => {
    await world.register(alice, million)
    await world.register(bob, million)
    await world.nextEpoch()
  })

  test('costs its rate once and ends the validator for good', async () => {
    await world.doubleSign(alice, world.evm.number - 1n)
    await expectStake(alice, (million * 95n) / 100n)
    expect(await statusOf(alice)).toBe('tombstoned')
    expect(await elected()).toEqual([bob])
    await world.doubleSign(alice, world.evm.number - 1n)
    await expectStake(alice, (million * 95n) / 100n)
    expect(await refusal(alice, 'unjail', [])).toBe('NotJailed')
    expect(await refusal(alice, 'enter', [])).toBe('NotEligible')
    expect(world.staking.errorIn((await world.staking.callAs(alice, 'stake', [], 1n)).revert)).toBe('NotAccepted')
  })

  test('is ignored when it is too old, from before its election, of nobody or of the future', async () => {
    const height = world.evm.number - 1n
    await world.doubleSign(alice, 1n)
    await world.doubleSign(alice, world.evm.number)
    await world.doubleSign(carol, height)
    for (let i = 0; i < 2; i++) await world.nextEpoch()
    expect(await statusOf(alice)).toBe('active')
    await world.nextEpoch()
    await world.doubleSign(alice, height)
    expect(await statusOf(alice)).toBe('active')
    await expectStake(alice, million)
  })

  test('is still punished in the last epoch of the unbonding period', async () => {
    const height = world.evm.number - 1n
    for (let i = 0; i < 2; i++) await world.nextEpoch()
    await world.doubleSign(alice, height)
    expect(await statusOf(alice)).toBe('tombstoned')
  })
})

test('only the chain reports blocks and evidence', async () => {
  expect(await refusal(alice, 'beginBlock', [noName, [], 0n])).toBe('OnlyBy')
  expect(await refusal(systemAddresses.governance, 'doubleSign', [noName, 0n, noName])).toBe('OnlyBy')
  expect(await refusal(alice, 'endEpoch', [])).toBe('OnlyBy')
})

test('parameters stay within their bounds, and governance alone sets them', async () => {
  const { parameters } = world
  const name: Hex = `0x${Buffer.from('validatorsMax').toString('hex').padEnd(64, '0')}`
  const errorOf = async (from: Hex, key: Hex, value: bigint) =>
    parameters.errorIn((await parameters.callAs(from, 'set', [key, value])).revert)
  expect(await errorOf(alice, name, 5n)).toBe('OnlyBy')
  expect(await errorOf(systemAddresses.governance, name, 101n)).toBe('OutOfBounds')
  expect(await errorOf(systemAddresses.governance, name, 0n)).toBe('OutOfBounds')
  expect(await errorOf(systemAddresses.governance, noName.padEnd(66, '0') as Hex, 1n)).toBe('Unknown') // still hex
  await world.setParameter('validatorsMax', 5n)
  expect(await parameters.read('get', [name])).toBe(5n)
  expect(await parameters.read('boundsOf', [name])).toEqual([1n, 100n])
  expect(await parameters.read('names', [])).toHaveLength(Object.keys(systemParameters).length)
})
