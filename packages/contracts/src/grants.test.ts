/** Grants and the fund on the real EVM. */

import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { beneficiary, type GrantKind, grantKinds, type IssueTerms, IssueWorld } from '../testing/issue-world.ts'
import { account, btt } from '../testing/stake-world.ts'
import { airdropBytecode } from './generated/airdrop.ts'
import { fundBytecode } from './generated/fund.ts'
import { incentivesBytecode } from './generated/incentives.ts'
import { milestoneGrantBytecode } from './generated/milestone-grant.ts'
import { timeGrantBytecode } from './generated/time-grant.ts'
import { systemAddresses } from './system.ts'

const { governance } = systemAddresses
const stranger = account(7)
const heir = account(8)
const terms: IssueTerms = {
  entries: [{ account: account(2), amount: btt }],
  granted: 1_000n * btt,
  dropped: btt,
  days: 100n,
  cliffDays: 20n,
  partsBps: [5_000, 3_000, 2_000],
  isRevocable: true,
  claimDays: 30n,
}

async function released(world: IssueWorld, kind: GrantKind, to: Hex = beneficiary): Promise<bigint> {
  const before = await world.evm.balanceOf(to)
  expect((await world.grant(kind).callAs(stranger, 'release', [])).revert).toBeUndefined()
  return (await world.evm.balanceOf(to)) - before
}

test('a grant by time releases nothing before its cliff, all since the start at it, and the rest evenly', async () => {
  const world = await IssueWorld.create(terms)
  world.passDays(19n)
  expect(await released(world, 'timeGrant')).toBe(0n)
  world.passDays(1n)
  expect(await released(world, 'timeGrant')).toBe(200n * btt)
  world.passDays(30n)
  expect(await released(world, 'timeGrant')).toBe(300n * btt)
  world.passDays(1_000n)
  expect(await released(world, 'timeGrant')).toBe(500n * btt)
  expect(await released(world, 'timeGrant')).toBe(0n)
})

test('without a cliff it is even from the first second on', async () => {
  const world = await IssueWorld.create({ ...terms, cliffDays: 0n, days: 10n })
  world.evm.time += 1n
  expect(await released(world, 'timeGrant')).toBe((1_000n * btt) / 864_000n)
})

test('a grant by milestones releases the parts that governance confirmed, each once', async () => {
  const world = await IssueWorld.create(terms)
  const { milestoneGrant } = world
  world.passDays(10_000n)
  expect(await released(world, 'milestoneGrant')).toBe(0n)
  expect(milestoneGrant.errorIn((await milestoneGrant.callAs(beneficiary, 'confirm', [0n])).revert)).toBe('OnlyBy')
  await milestoneGrant.callAs(governance, 'confirm', [1n])
  expect(await released(world, 'milestoneGrant')).toBe(300n * btt)
  const again = await milestoneGrant.callAs(governance, 'confirm', [1n])
  expect(milestoneGrant.errorIn(again.revert)).toBe('AlreadyConfirmed')
  const beyond = await milestoneGrant.callAs(governance, 'confirm', [3n])
  expect(milestoneGrant.errorIn(beyond.revert)).toBe('NoSuchMilestone')
  for (const each of [0n, 2n]) await milestoneGrant.callAs(governance, 'confirm', [each])
  expect(await released(world, 'milestoneGrant')).toBe(700n * btt)
  expect((await milestoneGrant.read('milestones', [])).map(({ isConfirmed }) => isConfirmed)).toEqual([
    true,
    true,
    true,
  ])
})

test.each(grantKinds)('the beneficiary of a %s alone names another, who must accept', async (kind) => {
  const world = await IssueWorld.create({ ...terms, cliffDays: 0n })
  const grant = world.grant(kind)
  for (const other of [stranger, governance]) {
    const refused = await grant.callAs(other, 'transferOwnership', [heir])
    expect(grant.errorIn(refused.revert)).toBe('OwnableUnauthorizedAccount')
  }
  await grant.callAs(beneficiary, 'transferOwnership', [heir])
  expect(await grant.read('owner', [])).toBe(beneficiary)
  await grant.callAs(heir, 'acceptOwnership', [])
  expect(await grant.read('owner', [])).toBe(heir)
  expect(
    grant.errorIn((await world.evm.callAs(heir, grant.address, 0n, grant.encode('renounceOwnership', []))).revert),
  ).toBe('NobodyElse')
  await world.milestoneGrant.callAs(governance, 'confirm', [0n])
  world.passDays(50n)
  expect(await released(world, kind, heir)).toBe(500n * btt)
})

test.each(grantKinds)('what has not vested of a revocable %s goes to the fund', async (kind) => {
  const world = await IssueWorld.create(terms)
  const grant = world.grant(kind)
  await world.milestoneGrant.callAs(governance, 'confirm', [1n])
  world.passDays(30n)
  expect(grant.errorIn((await grant.callAs(beneficiary, 'revoke', [])).revert)).toBe('OnlyBy')
  expect((await grant.callAs(governance, 'revoke', [])).revert).toBeUndefined()
  expect(await world.evm.balanceOf(world.fund.address)).toBe(700n * btt)
  expect(grant.errorIn((await grant.callAs(governance, 'revoke', [])).revert)).toBe('NotRevocable')
  expect(await released(world, kind)).toBe(300n * btt)
  world.passDays(1_000n)
  expect(await released(world, kind)).toBe(0n)
})

test('before the cliff a revocation takes all', async () => {
  const world = await IssueWorld.create(terms)
  world.passDays(19n)
  await world.timeGrant.callAs(governance, 'revoke', [])
  expect(await world.evm.balanceOf(world.fund.address)).toBe(1_000n * btt)
})

test.each(grantKinds)('a %s that is not revocable is not revoked', async (kind) => {
  const world = await IssueWorld.create({ ...terms, isRevocable: false })
  const grant = world.grant(kind)
  expect(grant.errorIn((await grant.callAs(governance, 'revoke', [])).revert)).toBe('NotRevocable')
})

test('milestones that don’t sum to the whole are refused when the grant is made', async () => {
  await expect(IssueWorld.create({ ...terms, partsBps: [5_000, 4_999] })).rejects.toThrow(/revert/)
})

test('governance alone spends the fund, and nobody sets it up again', async () => {
  const world = await IssueWorld.create(terms)
  const { fund, evm } = world
  await evm.credit(stranger, 10n * btt)
  await evm.callAs(stranger, fund.address, 10n * btt, '0x')
  expect(fund.errorIn((await fund.callAs(stranger, 'spend', [stranger, btt])).revert)).toBe('OnlyBy')
  expect((await fund.callAs(governance, 'spend', [heir, 4n * btt])).revert).toBeUndefined()
  expect(await evm.balanceOf(heir)).toBe(4n * btt)
  expect(await evm.balanceOf(fund.address)).toBe(6n * btt)
  expect(fund.errorIn((await fund.callAs(governance, 'spend', [heir, 7n * btt])).revert)).toBe('InsufficientBalance')
  expect(fund.errorIn((await fund.callAs(stranger, 'initialize', [])).revert)).toBe('InvalidInitialization')
})

test('no contract of the issue comes near the 24,576 bytes of EIP-170', () => {
  for (const code of [fundBytecode, airdropBytecode, incentivesBytecode, timeGrantBytecode, milestoneGrantBytecode]) {
    expect(code.length / 2).toBeLessThan(12_000)
  }
})

test('governance alone upgrades what stands behind a proxy', async () => {
  const { fund, airdrop, evm } = await IssueWorld.create(terms)
  const code = '0x0000000000000000000000000000000000002011'
  const refused = await airdrop.callAs(stranger, 'upgradeToAndCall', [code, '0x'])
  expect(airdrop.errorIn(refused.revert)).toBe('OnlyBy')
  expect((await airdrop.callAs(governance, 'upgradeToAndCall', [code, '0x'])).revert).toBeUndefined()
  expect(await evm.balanceOf(fund.address)).toBe(0n)
})
