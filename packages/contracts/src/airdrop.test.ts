/** The airdrop and its tree, on the real EVM. */

import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { domain, type IssueTerms, IssueWorld } from '../testing/issue-world.ts'
import { account, btt } from '../testing/stake-world.ts'
import { airdropLeaf, airdropTree } from './airdrop-tree.ts'
import { systemAddresses } from './system.ts'

const { governance } = systemAddresses
const stranger = account(90)

function listOf(length: number) {
  return Array.from({ length }, (_, index) => ({ account: account(index), amount: BigInt(index + 1) * btt }))
}

function termsOf(length: number, changes: Partial<IssueTerms> = {}): IssueTerms {
  const entries = listOf(length)
  const dropped = entries.reduce((sum, { amount }) => sum + amount, 0n)
  const grant = { granted: 0n, days: 1n, cliffDays: 0n, partsBps: [10_000], isRevocable: true }
  return { entries, dropped, ...grant, claimDays: 30n, ...changes }
}

type Entries = IssueTerms['entries']

async function claim(world: IssueWorld, entries: Entries, index: number, changes: Record<string, unknown> = {}) {
  const { account: to = stranger, amount = 0n } = entries[index] ?? {}
  const proof = airdropTree(domain, 0, entries).proof(index)
  const asked = { drop: 0n, index: BigInt(index), to, amount, proof, ...changes }
  const args = [asked.drop, asked.index, asked.to, asked.amount, asked.proof] as const
  return world.airdrop.callAs(stranger, 'claim', args)
}

test.each([1, 2, 3, 7, 8, 33])('each of %i entries is paid its own sum to the base unit, once', async (length) => {
  const terms = termsOf(length)
  const world = await IssueWorld.create(terms)
  for (const [index, { account: who, amount }] of terms.entries.entries()) {
    expect((await claim(world, terms.entries, index)).revert).toBeUndefined()
    expect(await world.evm.balanceOf(who)).toBe(amount)
    expect(await world.airdrop.read('isClaimed', [0n, BigInt(index)])).toBe(true)
    expect(world.airdrop.errorIn((await claim(world, terms.entries, index)).revert)).toBe('AlreadyClaimed')
  }
  expect((await world.airdrop.read('drops', [])).map(({ left }) => left)).toEqual([0n, terms.dropped])
})

test('the contract makes the same leaf as the tool, of another network or drop another', async () => {
  const terms = termsOf(3)
  const world = await IssueWorld.create(terms)
  const [entry = { account: stranger, amount: 0n }] = terms.entries
  const leaf = await world.airdrop.read('leafOf', [0n, 0n, entry.account, entry.amount])
  expect(leaf).toBe(airdropLeaf(domain, 0, 0, entry))
  expect(leaf).not.toBe(airdropLeaf(domain, 1, 0, entry))
  expect(leaf).not.toBe(airdropLeaf(`0x${'d1'.repeat(32)}`, 0, 0, entry))
})

const lies: readonly (readonly [string, Record<string, unknown>])[] = [
  ['another sum', { amount: 3n * btt }],
  ['another account', { to: stranger }],
  ['another index', { index: 0n }],
  ['no proof', { proof: [] }],
  ['a proof that is too long', { proof: [...airdropTree(domain, 0, listOf(5)).proof(1), `0x${'00'.repeat(32)}`] }],
]

test.each(lies)('a claim with %s is refused', async (_name, changes) => {
  const terms = termsOf(5)
  const world = await IssueWorld.create(terms)
  expect(world.airdrop.errorIn((await claim(world, terms.entries, 1, changes)).revert)).toBe('BadProof')
  expect((await claim(world, terms.entries, 1)).revert).toBeUndefined()
})

test('from the deadline on nobody claims, and what is left goes to the fund, by anybody’s order, once', async () => {
  const terms = termsOf(4)
  const world = await IssueWorld.create(terms)
  const { airdrop, evm, fund } = world
  await claim(world, terms.entries, 0)
  expect(airdrop.errorIn((await airdrop.callAs(stranger, 'close', [0n])).revert)).toBe('DeadlineNotReached')
  world.passDays(30n)
  expect(airdrop.errorIn((await claim(world, terms.entries, 1)).revert)).toBe('NotOpen')
  for (const drop of [0n, 1n]) expect((await airdrop.callAs(stranger, 'close', [drop])).revert).toBeUndefined()
  expect(await evm.balanceOf(fund.address)).toBe(2n * terms.dropped - btt)
  expect(await evm.balanceOf(airdrop.address)).toBe(0n)
  expect(airdrop.errorIn((await airdrop.callAs(stranger, 'close', [0n])).revert)).toBe('NotEnough')
  expect(airdrop.errorIn((await airdrop.callAs(stranger, 'close', [2n])).revert)).toBe('NoSuchDrop')
})

test('governance gives a drop its list, once, with thirty days to claim at least', async () => {
  const terms = termsOf(4)
  const world = await IssueWorld.create(terms)
  const { airdrop, evm } = world
  const { root, proof } = airdropTree(domain, 1, terms.entries)
  const open = async (from: Hex, drop: bigint, days: bigint) => {
    const { revert } = await airdrop.callAs(from, 'open', [drop, root, evm.time + days * 86_400n])
    return revert === undefined ? 'done' : airdrop.errorIn(revert)
  }
  expect(await open(stranger, 1n, 40n)).toBe('OnlyBy')
  expect(await open(governance, 0n, 40n)).toBe('AlreadyOpen')
  expect(await open(governance, 1n, 29n)).toBe('DeadlineTooNear')
  const [first = { account: stranger, amount: 0n }] = terms.entries
  const claimFirst = () => airdrop.callAs(stranger, 'claim', [1n, 0n, first.account, first.amount, proof(0)])
  expect(airdrop.errorIn((await claimFirst()).revert)).toBe('NotOpen')
  expect(await open(governance, 1n, 40n)).toBe('done')
  expect(await open(governance, 1n, 40n)).toBe('AlreadyOpen')
  expect((await claimFirst()).revert).toBeUndefined()
  expect(await evm.balanceOf(first.account)).toBe(first.amount)
})

test('governance adds a drop with what it sends', async () => {
  const terms = termsOf(1)
  const { airdrop, evm } = await IssueWorld.create(terms)
  await evm.credit(governance, 5n * btt)
  const entry = { account: stranger, amount: 5n * btt }
  const { root } = airdropTree(domain, 2, [entry])
  const deadline = evm.time + 30n * 86_400n
  expect((await airdrop.callAs(governance, 'add', [root, deadline], 5n * btt)).revert).toBeUndefined()
  expect((await airdrop.callAs(account(1), 'claim', [2n, 0n, stranger, 5n * btt, []])).revert).toBeUndefined()
  expect(await evm.balanceOf(stranger)).toBe(5n * btt)
})

test('a list that promises more than its drop has pays out that and no more', async () => {
  const terms = termsOf(3, { dropped: 4n * btt })
  const world = await IssueWorld.create(terms)
  for (const index of [2, 0]) expect((await claim(world, terms.entries, index)).revert).toBeUndefined()
  expect(world.airdrop.errorIn((await claim(world, terms.entries, 1)).revert)).toBe('NotEnough')
  // The other drop's money is not touched.
  expect(await world.evm.balanceOf(world.airdrop.address)).toBe(4n * btt)
})
