import { beforeEach, expect, test } from 'vitest'
import { account, btt, gasOf, StakeWorld, startBalance } from '../testing/stake-world.ts'
import { systemAddresses } from './system.ts'

const [alice, bob, carol, dave] = [account(0), account(1), account(2), account(3)]
const scale = 1n << 128n
const gwei = 1_000_000_000n
const yearSeconds = 31_536_000n
let world: StakeWorld

/** Validators with powers of 5, 3 and 2 millions, no issue, a tenth for the proposer. */
beforeEach(async () => {
  world = await StakeWorld.create({ epochBlocks: 1_000n, issuePerYear: 0n, proposerBps: 1_000n })
  await world.fund(alice, bob, carol, dave)
  await world.register(alice, 5_000_000n * btt)
  await world.register(bob, 3_000_000n * btt)
  await world.register(carol, 2_000_000n * btt)
  await world.nextEpoch()
})

function owed(who: typeof alice): Promise<bigint> {
  return world.rewards.read('owedTo', [who])
}

test('a block’s tips go to its proposer and to the voters by power, to the last fraction', async () => {
  await world.nextBlock({ proposer: bob, tips: 1_000_003n })
  // A tenth of the tips, rounded down, is Bob's; the rest is shared 5 : 3 : 2.
  const rest = 1_000_003n - 100_000n
  const perWeight = (rest * scale) / 10_000_000n
  expect(await owed(alice)).toBe(perWeight * 5_000_000n)
  expect(await owed(bob)).toBe(100_000n * scale + perWeight * 3_000_000n)
  expect(await owed(carol)).toBe(perWeight * 2_000_000n)
  expect(await world.rewards.read('carry', [])).toBe((rest * scale) % 10_000_000n)
  expect(await world.rewards.read('accounted', [])).toBe(1_000_003n)
})

test('who did not vote has no part, and the proposer that left it out loses that part of its own', async () => {
  await world.nextBlock({ proposer: bob, missed: [carol, carol], tips: 1_000_000n })
  const forBob = (1_000_000n * 1_000n * 8_000_000n) / (10_000n * 10_000_000n)
  const perWeight = ((1_000_000n - forBob) * scale) / 8_000_000n
  expect(forBob).toBe(80_000n)
  expect(await owed(alice)).toBe(perWeight * 5_000_000n)
  expect(await owed(bob)).toBe(forBob * scale + perWeight * 3_000_000n)
  expect(await owed(carol)).toBe(0n)
})

test('an unknown proposer’s part is the voters’, and a block without votes is paid for with the next', async () => {
  await world.nextBlock({ proposer: dave, tips: 1_000n })
  expect(await owed(alice)).toBe(((1_000n * scale) / 10_000_000n) * 5_000_000n)
  await world.nextBlock({ missed: [alice, bob, carol], tips: 500n })
  expect(await world.rewards.read('undivided', [])).toBe(500n)
  await world.nextBlock({ tips: 200n })
  expect(await world.rewards.read('undivided', [])).toBe(0n)
  expect(await world.rewards.read('accounted', [])).toBe(1_700n)
})

test('a pool’s part is the operator’s commission and then the shares’, fractions kept for later', async () => {
  gasOf(await world.staking.callAs(dave, 'delegate', [carol], 2_000_000n * btt), world.staking)
  await world.nextBlock({ tips: 100n })
  const payment = await world.staking.callAs(dave, 'claimRewards', [carol, dave])
  // Carol is owed 20 less a fraction: 19 are handed over, commission is 10 % of that, 1; half of 18 is Dave's.
  const [reward] = payment.events.filter(({ eventName }) => eventName === 'Rewarded')
  expect(reward?.args).toMatchObject({ validator: carol, amount: 19n, commission: 1n })
  expect(await world.evm.balanceOf(dave)).toBe(startBalance - 2_000_000n * btt + 8n)
  const pool = await world.staking.read('poolOf', [carol])
  const perShare = (18n * scale) / pool.shares
  const [, , left] = await world.staking.read('positionOf', [carol, dave])
  expect(left).toBe(perShare * (pool.shares / 2n) - 8n * scale)
  expect(pool.rewardCarry).toBe((18n * scale) % pool.shares)
  gasOf(await world.staking.callAs(carol, 'withdrawCommission', [bob]), world.staking)
  expect(await world.evm.balanceOf(bob)).toBe(startBalance - 3_000_000n * btt + 1n)
})

test('rewards can be staked again, without leaving', async () => {
  await world.nextBlock({ tips: 1_000_000_000n })
  gasOf(await world.staking.callAs(alice, 'restake', [alice]), world.staking)
  const [shares, amount] = await world.staking.read('positionOf', [alice, alice])
  // Half of the tips less a fraction, less the commission of 10 %, less a fraction.
  const gained = 499_999_999n - 49_999_999n - 1n
  expect([shares, amount]).toEqual([5_000_000n * btt + gained, 5_000_000n * btt + gained])
})

test('the issue of a year is exact over any blocks: whole gwei are minted, the rest waits', async () => {
  const perYear = 1_234_567_890_123_456_789_012_345n
  await world.setParameter('issuePerYear', perYear)
  await world.nextBlock()
  const [first, began] = [world.minted, world.evm.time]
  const dust = await world.rewards.read('voterDust', [])
  const carry = await world.rewards.read('issueCarry', [])
  for (let i = 0; i < 25; i++) await world.nextBlock()
  const due = perYear * (world.evm.time - began) + carry
  expect(world.minted - first).toBe(((dust + due / yearSeconds) / gwei) * gwei)
  expect(await world.rewards.read('voterDust', [])).toBe((dust + due / yearSeconds) % gwei)
  expect(await world.rewards.read('issueCarry', [])).toBe(due % yearSeconds)
})

test('each year issues less, and a halt of the chain issues an hour at most', async () => {
  await world.setParameter('issuePerYear', yearSeconds * btt)
  await world.setParameter('issueDecayBps', 1_000n)
  await world.nextBlock()
  let before = world.minted
  world.evm.time += 86_400n
  await world.nextBlock()
  expect(world.minted - before).toBe(3_600n * btt)
  world.evm.time += yearSeconds
  await world.nextBlock()
  before = world.minted
  await world.nextBlock()
  expect(world.minted - before).toBe((2n * btt * 9n) / 10n)
})

test('base fees are minted back for the community as far as the parameter says, and governance spends them', async () => {
  await world.nextBlock({ baseFees: 10n ** 18n })
  expect(world.minted).toBe(0n)
  await world.setParameter('baseFeeBurnBps', 7_500n)
  await world.nextBlock({ baseFees: 4_000_000_003n })
  await world.nextBlock({ baseFees: 7n })
  expect(await world.rewards.read('communityPool', [])).toBe(gwei)
  expect(await world.rewards.read('communityDust', [])).toBe(1n)
  const { rewards } = world
  expect(rewards.errorIn((await rewards.callAs(alice, 'spend', [alice, 1n])).revert)).toBe('OnlyBy')
  const { governance } = systemAddresses
  expect(rewards.errorIn((await rewards.callAs(governance, 'spend', [dave, gwei + 1n])).revert)).toBe('NotEnough')
  gasOf(await rewards.callAs(governance, 'spend', [dave, gwei]), rewards)
  expect(await world.evm.balanceOf(dave)).toBe(startBalance + gwei)
  expect(await world.evm.balanceOf(rewards.address)).toBe(0n)
})

test('tips and coins minted in one block are told apart', async () => {
  await world.setParameter('baseFeeBurnBps', 0n)
  await world.nextBlock({ baseFees: 3n * gwei })
  await world.nextBlock({ tips: 10_000_000n })
  expect(await world.rewards.read('communityPool', [])).toBe(3n * gwei)
  expect(await world.rewards.read('accounted', [])).toBe(3n * gwei + 10_000_000n)
})
