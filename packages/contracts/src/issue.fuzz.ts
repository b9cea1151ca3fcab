/**
 * Random doings of everybody with the fund, the airdrop and the grants on the real EVM, against a model of a few lines.
 * After each of them: no BTT came or went; a grant has released what its schedule says and no more, to whoever was its
 * beneficiary; each place of a list was paid once at most, and its own sum; the airdrop holds what its drops have left.
 */

import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { fuzzPlan, fuzzWorlds, Tally } from '../testing/fuzz-run.ts'
import { daySeconds, domain, type GrantKind, grantKinds, type IssueTerms, IssueWorld } from '../testing/issue-world.ts'
import { Chance } from '../testing/stake-fuzz/chance.ts'
import { account, btt } from '../testing/stake-world.ts'
import { airdropTree } from './airdrop-tree.ts'
import { issueAddresses, systemAddresses } from './index.ts'

const { governance } = systemAddresses
const heirs = [account(1), account(70), account(71)]
const people = [...heirs, account(72), governance]

interface Grant {
  owner: Hex
  pending: Hex | undefined
  received: bigint
  released: bigint
  confirmed: Set<number>
  /** What had vested when it was revoked; all that came later vests at once. */
  revoked: { readonly lost: bigint } | undefined
}

interface Drop {
  readonly isPaid: boolean[]
  left: bigint
  deadline: bigint
  isOpen: boolean
}

interface Run {
  readonly world: IssueWorld
  readonly chance: Chance
  readonly terms: IssueTerms
  readonly grants: Readonly<Record<GrantKind, Grant>>
  readonly drops: readonly Drop[]
  readonly supply: bigint
  readonly tally: Tally
}

const doings: readonly ((run: Run) => Promise<void>)[] = [
  async ({ world, chance }) => world.passDays(BigInt(chance.number(12))),
  async ({ world, chance }) => {
    world.evm.time += BigInt(chance.number(100))
  },
  release,
  release,
  confirm,
  revoke,
  handOver,
  claim,
  claim,
  claim,
  close,
  open,
  async ({ world, chance, tally }) => {
    const amount = chance.scaled((await world.evm.balanceOf(issueAddresses.fund)) * 2n + 1n)
    const from = chance.of(people)
    const { revert } = await world.fund.callAs(from, 'spend', [chance.of(people), amount])
    tally.add('spend', revert === undefined)
    if (from !== governance) expect(revert).toBeDefined()
  },
  async ({ world, chance, grants, tally }) => {
    const [from, kind] = [chance.of(people), chance.of(grantKinds)]
    const amount = chance.scaled((await world.evm.balanceOf(from)) + 1n)
    const { revert } = await world.evm.callAs(from, world.grant(kind).address, amount, '0x')
    tally.add('give', revert === undefined)
    if (revert === undefined) grants[kind].received += amount
  },
]

/** What a grant has vested by now, from its terms alone. */
function vestedOf({ world, terms }: Run, kind: GrantKind, grant: Grant): bigint {
  const total = grant.received
  if (grant.revoked !== undefined) return total - grant.revoked.lost
  if (kind === 'milestoneGrant') {
    const bps = [...grant.confirmed].reduce((sum, index) => sum + (terms.partsBps[index] ?? 0), 0)
    return (total * BigInt(bps)) / 10_000n
  }
  const [elapsed, whole] = [world.evm.time - world.start, terms.days * daySeconds]
  if (elapsed < terms.cliffDays * daySeconds) return 0n
  return elapsed >= whole ? total : (total * elapsed) / whole
}

async function release(run: Run): Promise<void> {
  const { world, chance } = run
  const kind = chance.of(grantKinds)
  const grant = run.grants[kind]
  const before = await world.evm.balanceOf(grant.owner)
  const { revert } = await world.grant(kind).callAs(chance.of(people), 'release', [])
  run.tally.add('release', revert === undefined)
  expect(revert).toBeUndefined()
  const due = vestedOf(run, kind, grant) - grant.released
  expect((await world.evm.balanceOf(grant.owner)) - before).toBe(due)
  grant.released += due
}

async function confirm({ world, chance, terms, grants: { milestoneGrant: grant }, tally }: Run): Promise<void> {
  const [from, index] = [chance.of(people), chance.number(terms.partsBps.length + 1)]
  const { revert } = await world.milestoneGrant.callAs(from, 'confirm', [BigInt(index)])
  tally.add('confirm', revert === undefined)
  const fits = from === governance && index < terms.partsBps.length && !grant.confirmed.has(index)
  expect(revert === undefined).toBe(fits)
  if (fits) grant.confirmed.add(index)
}

async function revoke(run: Run): Promise<void> {
  const { world, chance, terms } = run
  if (!chance.is(0.1)) return
  const [from, kind] = [chance.of(people), chance.of(grantKinds)]
  const grant = run.grants[kind]
  const lost = grant.received - vestedOf(run, kind, grant)
  const before = await world.evm.balanceOf(issueAddresses.fund)
  const { revert } = await world.grant(kind).callAs(from, 'revoke', [])
  run.tally.add('revoke', revert === undefined)
  const fits = from === governance && terms.isRevocable && grant.revoked === undefined
  expect(revert === undefined).toBe(fits)
  expect((await world.evm.balanceOf(issueAddresses.fund)) - before).toBe(fits ? lost : 0n)
  if (fits) grant.revoked = { lost }
}

async function handOver({ world, chance, grants, tally }: Run): Promise<void> {
  const [from, to, kind] = [chance.of(people), chance.of(heirs), chance.of(grantKinds)]
  const grant = grants[kind]
  const contract = world.grant(kind)
  if (chance.is(0.5)) {
    const { revert } = await contract.callAs(from, 'transferOwnership', [to])
    tally.add('transferOwnership', revert === undefined)
    expect(revert === undefined).toBe(from === grant.owner)
    if (from === grant.owner) grant.pending = to
  } else {
    const { revert } = await contract.callAs(from, 'acceptOwnership', [])
    tally.add('acceptOwnership', revert === undefined)
    expect(revert === undefined).toBe(from === grant.pending)
    if (from === grant.pending) [grant.owner, grant.pending] = [from, undefined]
  }
  expect(await contract.read('owner', [])).toBe(grant.owner)
}

async function claim({ world, chance, terms: { entries }, drops, tally }: Run): Promise<void> {
  const number = chance.number(drops.length)
  const [drop, index] = [drops[number], chance.number(entries.length)]
  const entry = entries[index]
  if (drop === undefined || entry === undefined) return
  const lie = chance.is(0.2) ? 1n : 0n
  const proof = airdropTree(domain, number, entries).proof(index)
  const before = await world.evm.balanceOf(entry.account)
  const args = [BigInt(number), BigInt(index), entry.account, entry.amount + lie, proof] as const
  const { revert } = await world.airdrop.callAs(chance.of(people), 'claim', args)
  tally.add('claim', revert === undefined)
  const isRunning = drop.isOpen && world.evm.time < drop.deadline
  const fits = isRunning && lie === 0n && drop.isPaid[index] !== true && entry.amount <= drop.left
  expect(revert === undefined).toBe(fits)
  expect((await world.evm.balanceOf(entry.account)) - before).toBe(fits ? entry.amount : 0n)
  if (!fits) return
  drop.isPaid[index] = true
  drop.left -= entry.amount
}

async function close({ world, chance, drops, tally }: Run): Promise<void> {
  const number = chance.number(drops.length)
  const drop = drops[number]
  if (drop === undefined) return
  const { revert } = await world.airdrop.callAs(chance.of(people), 'close', [BigInt(number)])
  tally.add('close', revert === undefined)
  const fits = world.evm.time >= drop.deadline && drop.left > 0n
  expect(revert === undefined).toBe(fits)
  if (fits) drop.left = 0n
}

async function open({ world, chance, terms, drops, tally }: Run): Promise<void> {
  const [from, number] = [chance.of(people), chance.number(drops.length)]
  const drop = drops[number]
  if (drop === undefined || !chance.is(0.3)) return
  const deadline = world.evm.time + BigInt(28 + chance.number(10)) * daySeconds
  const { root } = airdropTree(domain, number, terms.entries)
  const { revert } = await world.airdrop.callAs(from, 'open', [BigInt(number), root, deadline])
  tally.add('open', revert === undefined)
  const fits = from === governance && !drop.isOpen && drop.left > 0n && deadline >= world.evm.time + 30n * daySeconds
  expect(revert === undefined).toBe(fits)
  if (fits) [drop.isOpen, drop.deadline] = [true, deadline]
}

async function check(run: Run): Promise<void> {
  const { world, terms, drops } = run
  let left = 0n
  for (const [number, drop] of (await world.airdrop.read('drops', [])).entries()) {
    expect(drop.left).toBe(drops[number]?.left)
    left += drop.left
  }
  expect(await world.evm.balanceOf(world.airdrop.address)).toBe(left)
  for (const kind of grantKinds) {
    const { received, released, revoked } = run.grants[kind]
    expect(await world.grant(kind).read('released', [])).toBe(released)
    const rest = received - released - (revoked?.lost ?? 0n)
    expect(await world.evm.balanceOf(world.grant(kind).address)).toBe(rest)
  }
  const holders = new Set([...people, ...terms.entries.map(({ account: who }) => who), ...contractsOf(world)])
  let supply = 0n
  for (const holder of holders) supply += await world.evm.balanceOf(holder)
  expect(supply).toBe(run.supply)
}

function contractsOf(world: IssueWorld): readonly Hex[] {
  return [...grantKinds.map((kind) => world.grant(kind).address), issueAddresses.fund, issueAddresses.airdrop]
}

function someTerms(chance: Chance): IssueTerms {
  const entries = Array.from({ length: 1 + chance.number(9) }, (_, index) => {
    return { account: account(10 + index), amount: chance.scaled(10n ** 9n * btt) }
  })
  const listed = entries.reduce((sum, { amount }) => sum + amount, 0n)
  const first = 1 + chance.number(9_998)
  const days = BigInt(1 + chance.number(100))
  return {
    entries,
    granted: chance.scaled(10n ** 14n * btt),
    dropped: chance.is(0.8) ? listed : chance.scaled(listed),
    days,
    cliffDays: chance.amount(days),
    partsBps: chance.is(0.2) ? [10_000] : [first, 10_000 - first],
    isRevocable: chance.is(0.7),
    claimDays: BigInt(1 + chance.number(90)),
  }
}

async function attempt(seed: number, count: number, tally: Tally): Promise<void> {
  const chance = new Chance(seed)
  const terms = someTerms(chance)
  const world = await IssueWorld.create(terms)
  const grant = (): Grant => {
    const owner = account(1)
    return {
      owner,
      pending: undefined,
      received: terms.granted,
      released: 0n,
      confirmed: new Set(),
      revoked: undefined,
    }
  }
  const drop = (isOpen: boolean): Drop => {
    return { isPaid: [], left: terms.dropped, deadline: world.start + terms.claimDays * daySeconds, isOpen }
  }
  const run: Run = {
    world,
    chance,
    terms,
    grants: { timeGrant: grant(), milestoneGrant: grant() },
    drops: [drop(true), drop(false)],
    supply: 2n * (terms.granted + terms.dropped),
    tally,
  }
  const counted = tally.calls
  for (let call = 0; call < count; call++) {
    try {
      await chance.of(doings)(run)
      // Time passed, or chance chose to do nothing.
      if (tally.calls === counted + call) tally.add('wait', true)
      await check(run)
    } catch (cause) {
      throw new Error(`seed ${seed}, call ${call}: ${String(cause)}`, { cause })
    }
  }
}

test('grants, lists and the fund keep every BTT and pay each what is due', { timeout: 0 }, async () => {
  const plan = fuzzPlan('issue', 600, 150)
  const tally = new Tally()
  await fuzzWorlds(plan, tally, (seed, calls) => attempt(seed, calls, tally))
  expect(tally.calls).toBe(plan.calls)
})
