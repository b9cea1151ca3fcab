/** Governance from the command line, over a real chain: proposals, votes, overrides, what they cost and what they did. */

import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { systemClock } from '@millrace/base'
import {
  guardianAbi,
  issueAddresses,
  milestoneGrantAbi,
  rewardsAbi,
  stakingAbi,
  systemAddresses,
  systemParameters,
  validatorsAbi,
} from '@millrace/contracts'
import { encodeFunctionData, type Hex, keccak256, parseEther } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ChainNode, defaultGenesis } from '../../packages/chain/src/index.ts'
import { connect, quickChain } from '../../packages/chain/testing/clients.ts'
import { fundBytecode } from '../../packages/contracts/src/generated/fund.ts'
import { removeFolder, temporaryFolder } from '../support/content.ts'
import { millrace } from '../support/millrace.ts'

const folder = temporaryFolder('gov')
const home = { folder }
const stake = parseEther('1000')
const deposit = parseEther('50')
const periodBlocks = 10n
/** Dev account 4. */
const guardian = connect({ rpcUrl: 'http://127.0.0.1:1', chainId: 1 }, 4).account.address
const genesis = {
  ...defaultGenesis,
  staking: { parameters: { selfStakeMin: stake.toString() }, validators: [] },
  governance: {
    guardian,
    parameters: {
      proposalDeposit: deposit.toString(),
      votingDelayBlocks: '1',
      votingPeriodBlocks: periodBlocks.toString(),
      timelockDelaySeconds: '1',
    },
  },
}

const receiver = '0x00000000000000000000000000000000000000bb'
const nobody = '0x00000000000000000000000000000000000000dd'
/** A grant by four milestones, whose beneficiary is the time-lock. */
const grant = addressOf('partnerships')
const quarter = parseEther('9900000000000')
const many = ['unpause', ...Array.from({ length: 16 }, () => ['--also', 'unpause']).flat()]
/** Of ERC-1967. */
const implementationSlot = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc'

let chain: ChainNode

/** Dev account 1 is a validator with 1,000 BTT of its own, 2 has another 3,000 BTT with it. */
beforeAll(async () => {
  chain = await quickChain({
    genesis,
    // Slow: a machine that has other things to do must not run into limits of time.
    clock: { now: () => systemClock.now() / 100 },
    blockTime: { kind: 'on-demand', leastSeconds: 0.000_05 },
  })
  const register = [keccak256('0x01'), `0x${'0b'.repeat(20)}`, 0n, 0n, 0n] as const
  const registration = encodeFunctionData({ abi: validatorsAbi, functionName: 'register', args: register })
  await send(1, systemAddresses.validators, registration, stake)
  const delegated = encodeFunctionData({ abi: stakingAbi, functionName: 'delegate', args: [validator()] })
  await send(2, systemAddresses.staking, delegated, 3n * stake)
})
afterAll(async () => {
  await chain.close()
  removeFolder(folder)
})

function addressOf(row: string): Hex {
  const address = defaultGenesis.allocation.find(({ name }) => name === row)?.address ?? ''
  return address as Hex // each row has one
}

const validator = () => connect(chain, 1).account.address

async function send(index: number, to: Hex, data: Hex, value = 0n): Promise<void> {
  const { wallet, receipt } = connect(chain, index)
  expect((await receipt(await wallet.sendTransaction({ to, data, value, gas: 3_000_000n }))).status).toBe('success')
}

async function pass(blocks: bigint): Promise<void> {
  for (let block = 0n; block < blocks; block++) await send(3, '0x00000000000000000000000000000000000000aa', '0x', 1n)
}

async function gov(index: number, ...args: readonly string[]) {
  const running = await millrace(home, ['gov', ...args, '--rpc', chain.rpcUrl, '--dev-account', String(index)])
  return { code: (await running.ended).code, running, json: <T>() => running.json<T>() }
}

async function shown(number: number) {
  const running = await millrace(home, ['gov', 'show', String(number), '--rpc', chain.rpcUrl, '--json'])
  return running.json<{ state: string; votes: Record<string, string>; isDepositSettled: boolean }>()
}

interface Planned {
  readonly sent: boolean
  readonly gasCostMost?: string
  readonly gasCost?: string
  readonly [field: string]: unknown
}

describe('gov', { timeout: 240_000 }, () => {
  it('says what a proposal costs and does before it is made, and makes none without a yes', async () => {
    const propose = ['propose', 'parameter', 'gasPriceFloor', '5000000000', '--title', 'A lower floor']
    const dry = await gov(0, ...propose, '--dry-run', '--json')
    expect(dry.code, dry.running.printed).toBe(0)
    expect(dry.json<Planned>()).toMatchObject({
      sent: false,
      deposit: deposit.toString(),
      present: ['300000000000'],
      faults: [null],
      votingPeriodBlocks: Number(periodBlocks),
    })
    expect(BigInt(dry.json<Planned>().gasCostMost ?? 0)).toBeGreaterThan(0n)
    const unasked = await gov(0, ...propose)
    expect(unasked.code).toBe(1)
    expect(unasked.running.printed).toMatch(/with a deposit of 50 BTT; gas at most/)
    expect(unasked.running.printed).toMatch(/nothing was sent/)
    const list = await millrace(home, ['gov', 'list', '--rpc', chain.rpcUrl, '--json'])
    expect(list.json()).toEqual([])
  })

  it('lists what can be set, with its bounds', async () => {
    const list = await millrace(home, ['gov', 'parameters', '--rpc', chain.rpcUrl])
    expect(list.out.map((line) => line.split(/ +/))).toContainEqual(['passBps', '5000', '5000', '9000'])
    expect(list.out).toHaveLength(1 + Object.keys(systemParameters).length)
  })

  it('refuses a value that no vote could set, and names the bounds', async () => {
    const out = await gov(0, 'propose', 'parameter', 'passBps', '4999', '--title', 'Less than half', '--yes')
    expect(out.code).toBe(11)
    expect(out.running.printed).toMatch(/passBps cannot be 4999: expected 5000 to 9000/)
    const unknown = await gov(0, 'propose', 'parameter', 'speed', '1', '--title', 'Faster', '--yes')
    expect(unknown.running.printed).toMatch(/no parameter "speed": expected one of epochBlocks/)
  })

  it('takes a proposal from its vote to what it does and its deposit back', async () => {
    const proposed = await gov(
      0,
      'propose',
      'parameter',
      'gasPriceFloor',
      '5000000000',
      '--title',
      'A lower floor',
      '--yes',
    )
    expect(proposed.code, proposed.running.printed).toBe(0)
    const early = await gov(1, 'vote', '1', 'for', '--yes')
    expect(early.code).toBe(11)
    expect(early.running.printed).toMatch(/proposal 1 is pending: votes are taken from block/)
    await pass(2n)

    const dry = await gov(1, 'vote', '1', 'for', '--dry-run')
    expect(dry.running.printed).toMatch(/would vote for on proposal 1 with 4000 BTT of stake; gas at most/)
    expect(dry.running.printed).toMatch(/if nobody else votes it passes/)
    expect((await gov(1, 'vote', '1', 'for', '--yes')).code).toBe(0)
    const overridden = await gov(2, 'vote', '1', 'abstain', '--yes', '--json')
    expect(overridden.code, overridden.running.printed).toBe(0)
    expect(overridden.json<Planned>()).toMatchObject({
      sent: true,
      asValidator: false,
      pools: [validator().toLowerCase()],
      weight: (3n * stake).toString(),
      votes: { for: stake.toString(), abstain: (3n * stake).toString(), against: '0', veto: '0' },
      verdict: 'passed',
    })
    expect(await shown(1)).toMatchObject({
      state: 'active',
      votes: { for: stake.toString(), abstain: (3n * stake).toString(), against: '0', veto: '0' },
    })
    const again = await gov(1, 'vote', '1', 'against', '--yes')
    expect(again.code, again.running.printed).toBe(11)
    expect(again.running.printed).toMatch(/has voted on proposal 1 already, which is final/)

    await pass(periodBlocks)
    const queued = await gov(5, 'execute', '1', '--yes')
    expect(queued.running.printed).toMatch(/done: queue proposal 1/)
    await pass(2n)
    const executed = await gov(5, 'execute', '1', '--yes')
    expect(executed.running.printed).toMatch(/it sets gasPriceFloor to 5000000000/)
    expect(executed.code, executed.running.printed).toBe(0)
    const { reader, account } = connect(chain, 0)
    expect(await reader.estimateMaxPriorityFeePerGas()).toBe(5_000_000_000n)
    const before = await reader.getBalance(account)
    const settled = await gov(5, 'execute', '1', '--yes', '--json')
    expect(settled.json<Planned>()).toMatchObject({ step: 'settle', to: 'proposer', deposit: deposit.toString() })
    expect(await reader.getBalance(account)).toBe(before + deposit)
    const over = await gov(5, 'execute', '1', '--yes')
    expect(over.running.printed).toMatch(/proposal 1 is executed, and its deposit settled/)
    expect(await shown(1)).toMatchObject({ state: 'executed', isDepositSettled: true })
  })

  it('burns the deposit of what is vetoed, and says so before', async () => {
    const text = path.join(folder, 'why.txt')
    writeFileSync(text, 'Because.\u001b[2J\n')
    const to = '0x00000000000000000000000000000000000000cc'
    const proposed = await gov(0, 'propose', 'spend', to, '5', '--title', 'All mine', '--text-file', text, '--yes')
    expect(proposed.running.printed).toMatch(/carried out now it would fail: the community pool holds 0 BTT/)
    await pass(2n)
    const vetoed = await gov(1, 'vote', '2', 'veto', '--yes')
    expect(vetoed.running.printed).toMatch(/if nobody else votes it is vetoed, its deposit burned/)
    await pass(periodBlocks)
    const list = await millrace(home, ['gov', 'list', '--rpc', chain.rpcUrl])
    expect(list.out.map((line) => line.split(/ {2,}/).slice(0, 5))).toEqual([
      ['number', 'state', 'does', 'title', 'for'],
      ['2', 'defeated', 'spend', 'All mine', '0.0 %'],
      ['1', 'executed', 'parameter', 'A lower floor', '25.0 %'],
    ])
    const show = await millrace(home, ['gov', 'show', '2', '--rpc', chain.rpcUrl])
    expect(show.printed).not.toContain('\u001b[2J')
    const settled = await gov(4, 'execute', '2', '--yes')
    expect(settled.running.printed).toMatch(/50 BTT are burned/)
    expect(await connect(chain, 0).reader.getBalance({ address: systemAddresses.burned })).toBe(deposit)
  })

  it('has no proposal that nobody made, and no stake on a fresh chain', async () => {
    const missing = await gov(1, 'vote', '9', 'for', '--yes')
    expect(missing.code).toBe(4)
    expect(missing.running.printed).toMatch(/there is no proposal 9: expected 1 to 2/)
    const stakeless = await gov(0, 'propose', 'text', '--title', 'Only words', '--yes')
    expect(stakeless.code, stakeless.running.printed).toBe(0)
    await pass(2n)
    const refused = await gov(0, 'vote', '3', 'for', '--yes')
    expect(refused.code).toBe(11)
    expect(refused.running.printed).toMatch(/had no stake at block/)
  })

  it('tells before it is made what each action would do after those before it, or why it would fail', async () => {
    const dry = await gov(
      0,
      ...['propose', 'grant-revoke', grant, '--title', 'Several', '--dry-run', '--json'],
      ...['--also', `grant-confirm ${grant} 4`, '--also', 'unpause', '--also', `call ${nobody} 'vote(bool)' true`],
      ...['--also', `call ${issueAddresses.fund} spend(address,uint256) ${systemAddresses.governance} 5BTT`],
      ...['--also', `timelock-spend ${receiver} 6`],
      ...['--also', `timelock-spend ${receiver} 5`, '--also', `upgrade ${issueAddresses.fund} ${nobody}`],
      ...['--also', `airdrop-open 3 0x${'ab'.repeat(32)} 2090-01-01`, '--also', 'incentive-terms rewardBps=5 tipBps=6'],
    )
    expect(dry.code, dry.running.printed).toBe(0)
    const { faults, moves, actions } = dry.json<
      Planned & { readonly actions: readonly { readonly kind: string; readonly terms?: object }[] }
    >()
    expect(faults).toEqual([
      null,
      'this grant has no milestone 4: they count from 0',
      'nothing is paused',
      `no contract stands at ${nobody}: the call would do nothing`,
      null,
      'the time-lock holds 5 BTT',
      null,
      `no contract stands at ${nobody}`,
      'there is no drop 3: see millrace chain airdrop list',
      null,
    ])
    const toFund = { from: grant, to: issueAddresses.fund, amount: (4n * quarter).toString() }
    expect(moves).toMatchObject([
      [toFund],
      ...[[], [], []],
      [{ to: systemAddresses.governance, amount: parseEther('5').toString() }],
      [],
      [{ from: systemAddresses.governance, to: receiver, amount: parseEther('5').toString() }],
      ...[[], [], []],
    ])
    expect(actions[4]?.kind).toBe('fund-spend')
    expect(actions[9]?.terms).toMatchObject({ rewardBps: 5, backedBps: 8_000, tipBps: 6 })
  })

  it.each([
    ['a call that lacks an argument', ['call', receiver, 'f(address,bool)', receiver], 2, /takes 2 arguments: got 1/],
    ['a term out of its bounds', ['incentive-terms', 'rewardBps=0'], 11, /rewardBps cannot be 0: expected 1 to 10000/],
    ['more than a proposal holds', many, 11, /17 actions: expected at most 16/],
  ])('refuses %s', async (_, words, code, message) => {
    const out = await gov(0, 'propose', ...words, '--title', 'What is it', '--yes')
    expect(out.running.printed).toMatch(message)
    expect(out.code).toBe(code)
  })

  it('carries out all that one proposal decides about the issue of BTT, the guardian and the code', async () => {
    const { reader, wallet, receipt, account } = connect(chain, 0)
    const deployed = await receipt(await wallet.deployContract({ abi: [], bytecode: fundBytecode }))
    const implementation = deployed.contractAddress?.toLowerCase() ?? ''
    await send(4, systemAddresses.guardian, encodeFunctionData({ abi: guardianAbi, functionName: 'pause' }))
    const proposed = await gov(
      0,
      ...['propose', 'unpause', '--title', 'A second client trades', '--yes'],
      ...['--also', `guardian ${account.address}`, '--also', `upgrade ${issueAddresses.fund} ${implementation}`],
      ...[
        '--also',
        `fund-spend ${receiver} 7`,
        '--also',
        `grant-confirm ${grant} 0`,
        '--also',
        `grant-release ${grant}`,
      ],
      ...['--also', `call ${systemAddresses.rewards} fund() --value 1`],
      ...['--also', `timelock-spend ${receiver} 5`, '--also', `call ${nobody} --data 0x1234 --value 0.5`],
    )
    expect(proposed.code, proposed.running.printed).toBe(0)
    expect(proposed.running.printed).toMatch(/if it passes it does these 9, in this order, all or none:/)
    expect(proposed.running.printed).toMatch(
      /6\. calls 0x\w+ as a grant.*\n +carried out now it moves 9900000000000 BTT/,
    )
    await pass(2n)
    expect((await gov(1, 'vote', '4', 'for', '--yes')).code).toBe(0)
    await pass(periodBlocks)
    expect((await gov(5, 'execute', '4', '--yes')).running.printed).toMatch(/done: queue proposal 4/)
    await pass(2n)
    const executed = await gov(5, 'execute', '4', '--yes')
    expect(executed.running.printed).toMatch(/done: carry out proposal 4/)

    const guarded = { address: systemAddresses.guardian, abi: guardianAbi } as const
    expect(await reader.readContract({ ...guarded, functionName: 'isPaused' })).toBe(false)
    expect(await reader.readContract({ ...guarded, functionName: 'guardian' })).toBe(account.address)
    const slot = await reader.getStorageAt({ address: issueAddresses.fund, slot: implementationSlot })
    expect(slot?.slice(-40)).toBe(implementation.slice(2))
    const milestones = { address: grant, abi: milestoneGrantAbi, functionName: 'milestones' } as const
    expect((await reader.readContract(milestones)).map(({ isConfirmed }) => isConfirmed)).toEqual([
      true,
      ...[false, false, false],
    ])
    expect(await reader.getBalance({ address: grant })).toBe(3n * quarter)
    const pool = { address: systemAddresses.rewards, abi: rewardsAbi, functionName: 'communityPool' } as const
    expect(await reader.readContract(pool)).toBe(parseEther('1'))
    expect(await reader.getBalance({ address: receiver })).toBe(parseEther('12'))
    expect(await reader.getBalance({ address: systemAddresses.governance })).toBe(quarter - parseEther('6.5'))

    const show = await millrace(home, ['gov', 'show', '4', '--rpc', chain.rpcUrl])
    const rows = show.out.map((line) => line.split(/ {2,}/))
    expect(rows).toContainEqual(['action', 'contract', 'what it does'])
    expect(rows).toContainEqual(['4', `Fund ${issueAddresses.fund}`, `pays 7 BTT of the ecosystem fund to ${receiver}`])
    expect(rows).toContainEqual(['7', `Rewards ${systemAddresses.rewards}`, 'calls fund() of Rewards and sends 1 BTT'])
    expect(rows).toContainEqual(['9', nobody, `calls ${nobody} with 0x1234 and sends 0.5 BTT`])
    const list = await millrace(home, ['gov', 'list', '--rpc', chain.rpcUrl, '--most', '1'])
    expect(list.out[1]?.split(/ {2,}/).slice(0, 3)).toEqual([
      '4',
      'executed',
      'unpause, guardian, upgrade, fund-spend, grant-confirm, grant-release, Rewards.fund, timelock-spend, call',
    ])
  })
})
