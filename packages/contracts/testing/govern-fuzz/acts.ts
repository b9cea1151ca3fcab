/** What people do between elections of a proposal: propose, vote, override, carry out, settle. */

import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { encodeFunctionData, type Hex, toHex } from 'viem'
import { type ParameterName, rewardsAbi, systemAddresses, systemParameters } from '../../src/index.ts'
import { type Action, type Choice, choices, errorName, listsOf } from '../govern-world.ts'
import { type ModelProposal, stateOf, verdictOf } from './model.ts'
import { type Act, actors, advance, count, newest, type Run, validators } from './run.ts'

const names = Object.keys(choices) as readonly Choice[] // its own keys
const openMost = 2
const changed = [
  'quorumBps',
  'passBps',
  'vetoBps',
  'proposalDeposit',
  'votingDelayBlocks',
  'votingPeriodBlocks',
  'timelockDelaySeconds',
  'gasPriceFloor',
] as const satisfies readonly ParameterName[]
/** Longer periods than these would be waited for in vain. */
const most: Partial<Record<ParameterName, bigint>> = {
  votingDelayBlocks: 6n,
  votingPeriodBlocks: 40n,
  timelockDelaySeconds: 100n,
  proposalDeposit: 10n ** 24n,
}

function actionOf({ world, chance }: Run): { readonly action: Action; readonly effect: Effect } {
  const kind = chance.number(4)
  if (kind === 0) return { action: { to: systemAddresses.governance, data: '0x' }, effect: { kind: 'none' } }
  if (kind === 1) {
    const [to, amount] = [chance.of(actors), chance.scaled(10n ** 21n)]
    const data = encodeFunctionData({ abi: rewardsAbi, functionName: 'spend', args: [to, amount] })
    return { action: { to: systemAddresses.rewards, data }, effect: { kind: 'spend', amount } }
  }
  const name = chance.of(changed)
  const bounds = systemParameters[name]
  const value = chance.is(0.1)
    ? bounds.most + 1n
    : bounds.least + chance.amount((most[name] ?? bounds.most) - bounds.least)
  return { action: world.parameterAction(name, value), effect: { kind: 'parameter', name, value } }
}

export type Effect =
  | { readonly kind: 'none' }
  | { readonly kind: 'spend'; readonly amount: bigint }
  | { readonly kind: 'parameter'; readonly name: ParameterName; readonly value: bigint }

async function propose(run: Run): Promise<void> {
  const { world, chance, expected } = run
  const running = run.proposals.filter((one) => !over.has(stateNow(run, one)))
  if (running.length >= openMost) return pass(run)
  const proposer = chance.of(actors)
  const { action, effect } = actionOf(run)
  const deposit = expected('proposalDeposit')
  const value = chance.is(0.9) ? deposit : chance.scaled(2n * deposit)
  const [targets, values, calldatas] = listsOf([action])
  const args = [targets, values, calldatas, `proposal ${run.proposals.length}`] as const
  const answer = await world.governor.callAs(proposer, 'proposeWithDeposit', args, value)
  count(run, 'propose', answer)
  strictEqual(answer.revert === undefined, value === deposit, 'a deposit other than the one asked for')
  if (answer.revert !== undefined) return
  const snapshotBlock = world.stake.evm.number + expected('votingDelayBlocks')
  run.proposals.push({
    id: BigInt(answer.data),
    proposer,
    terms: {
      deposit,
      quorumBps: expected('quorumBps'),
      passBps: expected('passBps'),
      vetoBps: expected('vetoBps'),
    },
    snapshotBlock,
    deadlineBlock: snapshotBlock + expected('votingPeriodBlocks'),
    snapshot: undefined,
    votes: new Map(),
    overrides: new Map(),
    isCanceled: false,
    etaSeconds: undefined,
    isExecuted: false,
    isSettled: false,
  })
  run.effects.push({ action, effect, description: `proposal ${run.proposals.length - 1}` })
}

const over: ReadonlySet<string> = new Set(['executed', 'canceled', 'defeated', 'expired'])

/** One of the newer proposals, mostly one that is in this state, where there is one. */
function someProposal(run: Run, state?: string): ModelProposal | undefined {
  const { proposals, chance } = run
  const newer = proposals.slice(-newest)
  if (newer.length === 0) return undefined
  const fitting = newer.filter((one) => stateNow(run, one) === state)
  return chance.of(fitting.length > 0 && chance.is(0.85) ? fitting : newer)
}

function someChoice({ chance }: Run): Choice {
  return chance.is(0.5) ? 'for' : chance.of(names)
}

function stateNow({ world }: Run, proposal: ModelProposal): string {
  return stateOf(proposal, world.stake.evm.number, world.stake.evm.time)
}

async function vote(run: Run): Promise<void> {
  const proposal = someProposal(run, 'active')
  if (proposal === undefined) return
  const { world, chance } = run
  const account = chance.of(chance.is(0.9) ? validators : actors)
  const choice = someChoice(run)
  const answer = await world.governor.callAs(account, 'castVote', [proposal.id, choices[choice]])
  count(run, 'castVote', answer)
  const pool = proposal.snapshot?.pools.get(account) ?? 0n
  const byDelegators = [...(proposal.overrides.get(account)?.keys() ?? [])]
  const taken = byDelegators.reduce((sum, one) => sum + (proposal.snapshot?.parts.get(account)?.get(one) ?? 0n), 0n)
  const may = stateNow(run, proposal) === 'active' && !proposal.votes.has(account) && pool > taken
  strictEqual(answer.revert === undefined, may, `a vote of ${account} with ${pool} less ${taken}`)
  if (answer.revert === undefined) proposal.votes.set(account, choice)
}

async function override(run: Run): Promise<void> {
  const proposal = someProposal(run, 'active')
  if (proposal === undefined) return
  const { world, chance } = run
  const account = chance.of(actors)
  const staked = validators.filter((pool) => (proposal.snapshot?.parts.get(pool)?.get(account) ?? 0n) > 0n)
  const pools = (chance.is(0.9) ? staked : validators).filter(() => chance.is(0.5))
  const choice = someChoice(run)
  const args = [proposal.id, choices[choice], pools, ''] as const
  const answer = await world.governor.callAs(account, 'castOverride', args)
  count(run, 'castOverride', answer)
  const hasPart = (pool: Hex) => (proposal.snapshot?.parts.get(pool)?.get(account) ?? 0n) > 0n
  const isFree = (pool: Hex) => !(proposal.overrides.get(pool)?.has(account) ?? false)
  const may = stateNow(run, proposal) === 'active' && pools.every((pool) => hasPart(pool) && isFree(pool))
  strictEqual(answer.revert === undefined, may, `an override of ${account} in ${pools}`)
  if (answer.revert !== undefined) return
  for (const pool of pools) {
    const known = proposal.overrides.get(pool) ?? new Map<Hex, Choice>()
    proposal.overrides.set(pool, known.set(account, choice))
  }
}

async function cancel(run: Run): Promise<void> {
  const proposal = someProposal(run)
  if (proposal === undefined) return
  const account = run.chance.is(0.5) ? proposal.proposer : run.chance.of(actors)
  const answer = await run.world.governor.callAs(account, 'cancel', [proposal.id])
  count(run, 'cancel', answer)
  const may = account === proposal.proposer && stateNow(run, proposal) === 'pending'
  strictEqual(answer.revert === undefined, may, 'a proposal that only its proposer cancels, before the vote')
  if (answer.revert === undefined) proposal.isCanceled = true
}

async function queue(run: Run): Promise<void> {
  const proposal = someProposal(run, 'succeeded')
  if (proposal === undefined) return
  const { world } = run
  const answer = await world.governor.callAs(run.chance.of(actors), 'queue', [proposal.id])
  count(run, 'queue', answer)
  strictEqual(answer.revert === undefined, stateNow(run, proposal) === 'succeeded', 'queued without having passed')
  if (answer.revert === undefined) proposal.etaSeconds = world.stake.evm.time + run.expected('timelockDelaySeconds')
}

async function execute(run: Run): Promise<void> {
  const proposal = someProposal(run, 'queued')
  if (proposal === undefined) return
  const { world, proposals, effects, parameters } = run
  const { effect } = effects[proposals.indexOf(proposal)] ?? { effect: { kind: 'none' } }
  const pool = await world.stake.rewards.read('communityPool', [])
  const answer = await world.governor.callAs(run.chance.of(actors), 'execute', [proposal.id])
  count(run, 'execute', answer)
  const isDue = stateNow(run, proposal) === 'queued' && world.stake.evm.time >= (proposal.etaSeconds ?? 0n)
  strictEqual(answer.revert === undefined, isDue && isPossible(effect, pool), `execution: ${errorName(answer.revert)}`)
  if (answer.revert !== undefined) return
  proposal.isExecuted = true
  if (effect.kind === 'parameter') parameters.set(effect.name, effect.value)
  const spent = effect.kind === 'spend' ? effect.amount : 0n
  strictEqual(await world.stake.rewards.read('communityPool', []), pool - spent)
}

function isPossible(effect: Effect, pool: bigint): boolean {
  if (effect.kind === 'spend') return effect.amount <= pool
  if (effect.kind === 'none') return true
  const { least, most: highest } = systemParameters[effect.name]
  return effect.value >= least && effect.value <= highest
}

async function settle(run: Run): Promise<void> {
  const proposal = someProposal(run)
  if (proposal === undefined) return
  const { world } = run
  const before = await world.stake.evm.balanceOf(systemAddresses.burned)
  const owner = await world.stake.evm.balanceOf(proposal.proposer)
  const answer = await world.governor.callAs(run.chance.of(actors), 'settleDeposit', [proposal.id])
  count(run, 'settleDeposit', answer)
  const state = stateNow(run, proposal)
  const may = state !== 'pending' && state !== 'active' && !proposal.isSettled
  strictEqual(answer.revert === undefined, may, 'a deposit is settled once, after the vote')
  if (answer.revert !== undefined) return
  proposal.isSettled = true
  const isLost = state === 'defeated' && verdictOf(proposal) !== 'voted-down'
  const { deposit } = proposal.terms
  const gains = [
    (await world.stake.evm.balanceOf(systemAddresses.burned)) - before,
    (await world.stake.evm.balanceOf(proposal.proposer)) - owner,
  ]
  deepStrictEqual(gains, isLost ? [deposit, 0n] : [0n, deposit])
}

/** What only governance may do is refused to everybody, members of it too. */
async function intrude(run: Run): Promise<void> {
  const { world, chance } = run
  const account = chance.of([...actors, systemAddresses.governor])
  const attempt = chance.of([
    () => world.stake.parameters.callAs(account, 'set', [toHex('quorumBps', { size: 32 }), 1_000n]),
    () => world.stake.rewards.callAs(account, 'spend', [account, 1n]),
    () => world.guardian.callAs(account, 'appoint', [account]),
    () => world.governor.callAs(account, 'upgradeToAndCall', [account, '0x']),
  ])
  const answer = await attempt()
  count(run, 'intrude', answer)
  ok(errorName(answer.revert) === 'OnlyBy', 'an intruder was not refused for who it is')
}

async function pass(run: Run): Promise<void> {
  await advance(run, run.chance.is(0.7) ? 1n : BigInt(1 + run.chance.number(15)))
}

/** On to the next thing that can happen to a proposal: histories that wait by chance alone rarely get far. */
async function passToNext(run: Run): Promise<void> {
  const proposal = someProposal(run, run.chance.of(['pending', 'active', 'queued']))
  if (proposal === undefined) return
  const { number, time } = run.world.stake.evm
  const state = stateNow(run, proposal)
  if (state === 'pending') await advance(run, proposal.snapshotBlock - number + BigInt(run.chance.number(2)))
  if (state === 'active' && run.chance.is(0.3)) await advance(run, proposal.deadlineBlock - number + 1n)
  if (state !== 'queued') return
  const wait = (proposal.etaSeconds ?? time) - time - BigInt(run.chance.number(2))
  if (wait > 0n) run.world.stake.evm.time += wait
  if (run.chance.is(0.02)) run.world.stake.evm.time += 30n * 86_400n
}

export const governActs: readonly Act[] = [
  [8, propose],
  [16, vote],
  [16, override],
  [1, cancel],
  [8, queue],
  [8, execute],
  [6, settle],
  [2, intrude],
  [10, pass],
  [10, passToNext],
]
