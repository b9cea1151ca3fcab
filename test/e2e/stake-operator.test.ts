/** What an operator decides by `millrace stake`, on two real validators of equal power: every block needs both of those that are in. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEther } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { millrace } from '../support/millrace.ts'
import { eventually } from '../support/processes.ts'
import { canUseCometBft, initValidators, stopValidators, untilGone, type Validator } from '../support/validators.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-operator-'))
const home = { folder }
let made: readonly Validator[] = []
let first: Validator
let second: Validator
let operator: string

const waitMilliseconds = 180_000
const timeout = 3 * waitMilliseconds
const daySeconds = 86_400

interface Listed {
  readonly epoch: string
  readonly validators: readonly {
    readonly operator: string
    readonly status: string
    readonly power: string
    readonly isCandidate: boolean
    readonly ownStake: string
    readonly commissionBps: number
    readonly commissionPlan?: { readonly bps: number; readonly fromSeconds: number }
  }[]
}

interface Done {
  readonly isDryRun: boolean
  readonly steps: readonly {
    readonly action: { readonly type: string; readonly consensusKey?: string }
    readonly gasCost: string
    readonly free?: { readonly epoch: string; readonly fromBlock: string }
    readonly holdsFromSeconds?: number
    readonly transaction?: `0x${string}`
  }[]
}

/** A command of the second validator's operator, asked of the first one's node. */
const stake = (...args: readonly string[]) => {
  const key = ['--key-file', join(second.folder, 'operator.key')]
  return millrace(home, ['stake', ...args, '--rpc', first.ready.rpc, ...key], waitMilliseconds)
}
const done = async (...args: readonly string[]) => (await stake(...args, '--yes', '--json')).json<Done>()
/** What a command that can't be done says, before it has sent anything. */
async function refusal(...args: readonly string[]): Promise<string> {
  const running = await stake(...args, '--yes')
  expect((await running.end(1_000)).code).toBe(11)
  return running.printed
}
const list = async () => (await stake('list', '--json')).json<Listed>()
const standing = async () => (await list()).validators.find((one) => one.operator === operator)
const untilVoters = (count: number) =>
  eventually(`${count} validators vote`, waitMilliseconds, async () => {
    const consensus = await first.consensus()
    return consensus.validators.length === count && consensus
  })
async function untilElections(count: number): Promise<void> {
  const from = BigInt((await list()).epoch)
  await eventually('elections pass', waitMilliseconds, async () => {
    return BigInt((await list()).epoch) >= from + BigInt(count)
  })
}

const config = (name = '') => join(second.folder, 'cometbft/config', name)
/** The key by which the second node's cometbft signs, and CometBFT's name of it. */
const keyInPlace = () => {
  const { address, pub_key } = JSON.parse(readFileSync(config('priv_validator_key.json'), 'utf8'))
  return { address: `0x${address.toLowerCase()}`, key: `0x${Buffer.from(pub_key.value, 'base64').toString('hex')}` }
}

describe.runIf(canUseCometBft())('an operator', () => {
  beforeAll(async () => {
    made = await initValidators(home, 2, { epochBlocks: '10', unbondingEpochs: '1' })
    const [one, other] = made
    if (one === undefined || other === undefined) throw new Error('two validators')
    first = one
    second = other
    await Promise.all(made.map((validator) => validator.start()))
    await Promise.all(made.map((validator) => validator.untilHead(2)))
    operator = second.operator().account.address.toLowerCase()
  }, waitMilliseconds)
  afterAll(async () => {
    await stopValidators(made)
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') for (const { running } of made) console.log(running.printed)
  })

  it('announces a commission within the contract’s limits, which are told, and delegators see it', {
    timeout,
  }, async () => {
    expect(await refusal('commission', '7')).toContain('the commission is 5 %: expected 4 % to 6 %')
    const dry = (await stake('commission', '5.5', '--dry-run', '--json')).json<Done>()
    expect(dry.isDryRun).toBe(true)
    expect(BigInt(dry.steps[0]?.gasCost ?? 0)).toBeGreaterThan(0n)
    expect((await standing())?.commissionPlan).toBeUndefined()

    const [step] = (await done('commission', '5.5')).steps
    const { reader } = first.user(1)
    const { blockNumber } = await reader.getTransactionReceipt({ hash: step?.transaction ?? '0x' })
    const holdsFrom = Number((await reader.getBlock({ blockNumber })).timestamp) + 3 * daySeconds
    expect(dry.steps[0]?.holdsFromSeconds).toBeLessThan(holdsFrom)
    const { commissionBps, commissionPlan } = (await standing()) ?? {}
    expect({ commissionBps, commissionPlan }).toEqual({
      commissionBps: 500,
      commissionPlan: { bps: 550, fromSeconds: holdsFrom },
    })
    const dateOf = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 19)
    expect((await stake('list')).out.find((line) => line.startsWith(operator))).toContain(
      `5 %, 5.5 % from ${dateOf(holdsFrom)}Z`,
    )
    expect(await refusal('commission', '6')).toContain(`from ${dateOf(holdsFrom + daySeconds)}`)
  })

  it('leaves elections and stands again', { timeout }, async () => {
    expect(await refusal('enter')).toContain('stands for the next election already')
    const left = (await done('leave')).steps[0]
    expect(left?.action.type).toBe('leave')
    expect((await standing())?.isCandidate).toBe(false)
    const { head } = await untilVoters(1)
    // The set without it signs from the told block on; the block before that is the head when it is next.
    expect(head).toBeGreaterThanOrEqual(Number(left?.free?.fromBlock) - 1)
    expect(await refusal('leave')).toContain('stands for no election')
    await first.untilHead(head + 12, waitMilliseconds)
    expect((await first.consensus()).validators, 'not elected by itself').toHaveLength(1)
    expect((await done('enter')).steps[0]?.action.type).toBe('enter')
    await untilVoters(2)
  })

  it('falls out with too little of its own, stays out when it has enough, and comes back when it stands', {
    timeout,
  }, async () => {
    await done('unbond', operator, '1200000')
    await untilVoters(1)
    expect(await standing()).toMatchObject({ status: 'active', isCandidate: false, power: '0' })
    expect(await refusal('enter')).toContain('has 800000 BTT of its own and needs 1000000 BTT')
    await eventually('what was unbonded is paid', waitMilliseconds, async () => {
      const running = await stake('claim', '--yes', '--json')
      return running.out.length > 0 && running.json<Done>().steps.some(({ action }) => action.type === 'claim-unbonded')
    })
    await done('add', '700000')
    await untilElections(2)
    expect(await standing()).toMatchObject({
      isCandidate: false,
      power: '0',
      ownStake: String(parseEther('1500000')),
    })
    await done('enter')
    await untilVoters(2)
    const { head } = await first.consensus()
    await second.untilHead(head + 3, waitMilliseconds)
  })

  it('changes the key of its votes: the node takes it up by itself, and every block goes on being signed', {
    timeout,
  }, async () => {
    const before = keyInPlace()
    const change = ['change-key', '--node', second.folder]
    const dry = (await stake(...change, '--dry-run', '--json')).json<Done>()
    const names = readdirSync(config()).filter((name) => name.startsWith('priv_validator_key'))
    expect(names, 'a plan writes nothing').toEqual(['priv_validator_key.json'])
    const [step] = (await done(...change)).steps
    const next = step?.action.consensusKey
    expect(next).not.toBe(dry.steps[0]?.action.consensusKey)
    expect(keyInPlace(), 'not before it counts').toEqual(before)
    const elected = await eventually('the new key is in the set', waitMilliseconds, async () => {
      const consensus = await first.consensus()
      return consensus.validators.every(({ address }) => address !== before.address) && consensus
    })
    expect(elected.head).toBeGreaterThanOrEqual(Number(step?.free?.fromBlock) - 1)
    // Two of two must sign each block from now on.
    await first.untilHead(elected.head + 4, waitMilliseconds)
    const after = keyInPlace()
    expect(after.key).toBe(next)
    expect(elected.validators.map(({ address }) => address)).toContain(after.address)
    expect(existsSync(config(`priv_validator_key-${before.address}.json`)), 'the old one is kept').toBe(true)
    expect(await standing()).toMatchObject({ status: 'active', ownStake: String(parseEther('1500000')) })
  })

  it('changes it once more, though its node is killed in between', { timeout }, async () => {
    const before = keyInPlace()
    // In the epoch of the last change it is refused.
    const [step] = await eventually('the next epoch', waitMilliseconds, async () => {
      const running = await stake('change-key', '--node', second.folder, '--yes', '--json')
      return running.out.length > 0 && running.json<Done>().steps
    })
    await second.running.stop('SIGKILL')
    await untilGone(second.ready.consensusPid)
    await second.start()
    const elected = await eventually('the new key is in the set', waitMilliseconds, async () => {
      const consensus = await first.consensus()
      return consensus.validators.every(({ address }) => address !== before.address) && consensus
    })
    await Promise.all(made.map((validator) => validator.untilHead(elected.head + 4, waitMilliseconds)))
    expect(keyInPlace().key).toBe(step?.action.consensusKey)
    const { validators } = await list()
    expect(validators.map(({ status }) => status)).toEqual(['active', 'active'])
    for (const height of [1, elected.head]) expect(await second.hashOf(height)).toBe(await first.hashOf(height))
  })
})
