import { beforeEach, describe, expect, test } from 'vitest'
import { systemContracts } from '../src/index.ts'
import { account, btt, gasOf, StakeWorld, startBalance } from '../testing/stake-world.ts'
import { implementationOf, systemAddresses } from './system.ts'

const [alice, bob, carol, dave] = [account(0), account(1), account(2), account(3)]
const million = 1_000_000n * btt
let world: StakeWorld

/** Alice and Bob are validators with a million each; Carol and Dave have money. Two epochs of unbonding. */
beforeEach(async () => {
  world = await StakeWorld.create({
    epochBlocks: 10n,
    unbondingEpochs: 2n,
    issuePerYear: 0n,
    doubleSignBps: 1_000n,
    reporterBps: 1_000n,
    slashBurnBps: 5_000n,
  })
  await world.fund(alice, bob, carol, dave)
  await world.register(alice, million)
  await world.register(bob, million)
  await world.nextEpoch()
})

async function act(...args: Parameters<StakeWorld['staking']['callAs']>) {
  const outcome = await world.staking.callAs(...args)
  gasOf(outcome, world.staking)
  return outcome
}

async function refusal(...args: Parameters<StakeWorld['staking']['callAs']>): Promise<string> {
  return world.staking.errorIn((await world.staking.callAs(...args)).revert)
}

async function worth(validator: typeof alice, who: typeof alice): Promise<bigint> {
  const [, amount] = await world.staking.read('positionOf', [validator, who])
  return amount
}

describe('a delegation', () => {
  test('gets a share a token, and comes back whole after the unbonding period', async () => {
    await act(carol, 'delegate', [alice], 500n)
    expect(await world.staking.read('positionOf', [alice, carol])).toEqual([500n, 500n, 0n, []])
    await act(carol, 'unbond', [alice, 200n])
    await act(carol, 'unbond', [alice, 100n])
    const [entries, amounts] = await world.staking.read('unbondingsOf', [carol])
    expect(entries).toEqual([{ validator: alice, epoch: 1, releaseEpoch: 4, shares: 300n }])
    expect(amounts).toEqual([300n])
    await world.nextEpoch()
    await world.nextEpoch()
    expect(await refusal(carol, 'claim', [carol])).toBe('NothingThere')
    await world.nextEpoch()
    await act(carol, 'claim', [dave])
    expect(await world.evm.balanceOf(dave)).toBe(startBalance + 300n)
    expect(await worth(alice, carol)).toBe(200n)
    expect(await refusal(carol, 'claim', [carol])).toBe('NothingThere')
  })

  test('is refused by who is no validator, and when it is nothing', async () => {
    expect(await refusal(carol, 'delegate', [dave], 5n)).toBe('NotAccepted')
    expect(await refusal(carol, 'stake', [], 5n)).toBe('NotAccepted')
    expect(await refusal(carol, 'delegate', [alice], 0n)).toBe('NothingGained')
    expect(await refusal(carol, 'unbond', [alice, 1n])).toBe('TooManyShares')
  })

  test('after a slash buys more shares for the same, rounded down, and never an older loss', async () => {
    await act(carol, 'delegate', [alice], million)
    await world.setParameter('downtimeBps', 333n)
    await slashByDowntime()
    const pool = await world.staking.read('poolOf', [alice])
    // 3.33 % of the million with which Alice was elected, out of the two millions that are there.
    expect(pool.tokens).toBe(2n * million - (million * 333n) / 10_000n)
    expect(pool.shares).toBe(2n * million)
    await act(alice, 'stake', [], 1_000_001n)
    const [shares, amount] = await world.staking.read('positionOf', [alice, alice])
    expect(shares).toBe(million + (1_000_001n * pool.shares) / pool.tokens)
    expect(amount).toBe((shares * (pool.tokens + 1_000_001n)) / (pool.shares + shares - million))
    expect(await worth(alice, carol)).toBe(pool.tokens / 2n)
  })
})

/** Alice misses votes until she is jailed. */
async function slashByDowntime(): Promise<void> {
  await world.setParameter('downtimeMissesMax', 1n)
  for (let i = 0; i < 2; i++) await world.nextBlock({ missed: [alice] })
}

describe('a redelegation', () => {
  test('works in the new pool at once and is locked there for the unbonding period', async () => {
    await act(carol, 'delegate', [alice], 500n)
    await act(carol, 'redelegate', [alice, bob, 400n])
    expect([await worth(alice, carol), await worth(bob, carol)]).toEqual([100n, 400n])
    await act(carol, 'delegate', [bob], 50n)
    expect(await refusal(carol, 'unbond', [bob, 51n])).toBe('TooManyShares')
    expect(await refusal(carol, 'redelegate', [bob, alice, 51n])).toBe('TooManyShares')
    await act(carol, 'unbond', [bob, 50n])
    for (let i = 0; i < 3; i++) await world.nextEpoch()
    await act(carol, 'unbond', [bob, 400n])
    expect(await worth(bob, carol)).toBe(0n)
  })

  test('bears what the old pool is slashed for, when anybody asks', async () => {
    await act(carol, 'delegate', [alice], 1_000_000n)
    await world.nextEpoch()
    await act(carol, 'redelegate', [alice, bob, 1_000_000n])
    await act(dave, 'delegate', [bob], 7n)
    await world.doubleSign(alice, world.evm.number - 1n, bob)
    expect(await worth(bob, carol)).toBe(1_000_000n)
    const { events } = await act(dave, 'slashMoves', [carol, bob])
    expect(events.find(({ eventName }) => eventName === 'MoveSlashed')?.args).toMatchObject({ amount: 100_000n })
    expect(await worth(bob, carol)).toBe(900_000n)
    expect(await worth(bob, dave)).toBe(7n)
    expect(await world.staking.read('credits', [dave])).toBe(10_000n)
    // The reporter of the double sign has its part of what Alice herself lost: what Carol took with her is not in it.
    expect(await world.staking.read('credits', [bob])).toBe(million / 100n)
    await act(dave, 'slashMoves', [carol, bob])
    expect(await worth(bob, carol)).toBe(900_000n)
  })

  test('who asks for a cut of its own shares gets no reward of it', async () => {
    await act(carol, 'delegate', [alice], 1_000_000n)
    await act(carol, 'redelegate', [alice, bob, 1_000_000n])
    await world.doubleSign(alice, world.evm.number - 1n)
    await act(carol, 'slashMoves', [carol, bob])
    expect(await world.staking.read('credits', [carol])).toBe(0n)
    expect(await worth(bob, carol)).toBe(900_000n)
  })
})

describe('a slash', () => {
  test('takes its rate from pool, unbonding and redelegated alike: what stood there at that height, where it is now', async () => {
    await act(carol, 'delegate', [alice], 300_000n)
    await act(dave, 'delegate', [alice], 200_000n)
    await world.nextEpoch()
    const height = world.evm.number - 1n
    await act(carol, 'unbond', [alice, 100_000n])
    await world.nextEpoch()
    await act(dave, 'redelegate', [alice, bob, 50_000n])
    await act(dave, 'unbond', [alice, 50_000n])
    await world.doubleSign(alice, height)
    await act(dave, 'slashMoves', [dave, bob])
    const [, ofCarol] = await world.staking.read('unbondingsOf', [carol])
    const [, ofDave] = await world.staking.read('unbondingsOf', [dave])
    expect([ofCarol, ofDave]).toEqual([[90_000n], [45_000n]])
    const parts = [
      await worth(alice, carol),
      await worth(alice, dave),
      await worth(bob, dave),
      await worth(alice, alice),
    ]
    expect(parts).toEqual([180_000n, 90_000n, 45_000n, (million * 9n) / 10n])
  })

  test('leaves alone what unbonded in an epoch before', async () => {
    await act(carol, 'delegate', [alice], 1_000n)
    await act(carol, 'unbond', [alice, 500n])
    await world.nextEpoch()
    await act(carol, 'unbond', [alice, 500n])
    await world.doubleSign(alice, world.evm.number - 1n)
    const [, amounts] = await world.staking.read('unbondingsOf', [carol])
    expect(amounts).toEqual([500n, 450n])
  })

  test('costs who joined since no more than a part of what the elected stake owes', async () => {
    await act(carol, 'delegate', [alice], million)
    await world.doubleSign(alice, world.evm.number - 1n)
    // A tenth of the million that was elected, borne by two millions.
    expect([await worth(alice, alice), await worth(alice, carol)]).toEqual([
      (million * 95n) / 100n,
      (million * 95n) / 100n,
    ])
  })

  test('does not make the pool owe for those who left it: they bear their own part', async () => {
    await act(carol, 'delegate', [alice], million)
    await world.nextEpoch()
    await act(dave, 'delegate', [alice], 2n * million)
    await act(carol, 'unbond', [alice, million])
    await world.doubleSign(alice, world.evm.number - 1n)
    // Two millions were elected, one of which has left: three millions bear a tenth of the other.
    const [, amounts] = await world.staking.read('unbondingsOf', [carol])
    expect(amounts).toEqual([(million * 9n) / 10n])
    expect((await world.staking.read('poolOf', [alice])).tokens).toBe((million * 29n) / 10n)
  })

  test('pays the reporter, burns its part and gives the rest to the community', async () => {
    await world.doubleSign(alice, world.evm.number - 1n, bob)
    const slashed = million / 10n
    expect(await world.staking.read('credits', [bob])).toBe(slashed / 10n)
    const rest = slashed - slashed / 10n
    expect(await world.evm.balanceOf('0x000000000000000000000000000000000000dead')).toBe(rest / 2n)
    expect(await world.rewards.read('communityPool', [])).toBe(rest / 2n)
    await act(bob, 'withdrawCredit', [dave])
    expect(await world.evm.balanceOf(dave)).toBe(startBalance + slashed / 10n)
    expect(await refusal(bob, 'withdrawCredit', [dave])).toBe('NothingThere')
  })
})

test('votes of the past are the stake of that block: a pool’s, a part’s and all', async () => {
  const before = world.evm.number
  await world.nextBlock()
  await act(carol, 'delegate', [alice], 1_000n)
  const after = world.evm.number
  await world.nextBlock()
  await act(carol, 'unbond', [alice, 400n])
  const { staking } = world
  expect(await staking.read('getPastVotes', [alice, before])).toBe(million)
  expect(await staking.read('getPastVotes', [alice, after])).toBe(million + 1_000n)
  expect(await staking.read('getVotes', [alice])).toBe(million + 600n)
  expect(await staking.read('getPastPart', [alice, carol, before])).toBe(0n)
  expect(await staking.read('getPastPart', [alice, carol, after])).toBe(1_000n)
  expect(await staking.read('getPastTotalSupply', [before])).toBe(2n * million)
  expect(await staking.read('getPastTotalSupply', [after])).toBe(2n * million + 1_000n)
  expect(await staking.read('clock', [])).toBe(Number(world.evm.number))
  await expect(staking.read('getPastVotes', [alice, world.evm.number])).rejects.toThrow('FutureLookup')
})

test('an account has at most 32 unbondings at a time, one a pool and epoch', async () => {
  await act(carol, 'delegate', [alice], 1_000n)
  await world.setParameter('unbondingEpochs', 100n)
  for (let i = 0; i < 32; i++) {
    await act(carol, 'unbond', [alice, 1n])
    await act(carol, 'unbond', [alice, 1n])
    world.evm.number += 10n
    await world.endEpoch()
  }
  expect((await world.staking.read('unbondingsOf', [carol]))[0].length).toBe(32)
  expect(await refusal(carol, 'unbond', [alice, 1n])).toBe('TooManyEntries')
})

test('governance alone upgrades, and the books stay', async () => {
  const created = systemContracts().find(({ address }) => address === implementationOf(systemAddresses.staking))
  const next = account(77)
  await world.evm.install(next, created?.creation ?? '0x')
  expect(await refusal(carol, 'upgradeToAndCall', [next, '0x'])).toBe('OnlyBy')
  expect(await refusal(carol, 'initialize', [])).toBe('InvalidInitialization')
  gasOf(await world.staking.callAs(systemAddresses.governance, 'upgradeToAndCall', [next, '0x']), world.staking)
  const slot = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc' // ERC-1967
  expect(await world.evm.storage(systemAddresses.staking, slot)).toBe(BigInt(next))
  expect(await world.staking.read('totalStaked', [])).toBe(2n * million)
})
