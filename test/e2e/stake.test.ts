/** `millrace stake` against a real network: a node joins, is registered and elected; a delegator goes all the way round. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEther } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { devAccount } from '../../packages/chain/src/genesis/accounts.ts'
import { millrace } from '../support/millrace.ts'
import { eventually, type Running } from '../support/processes.ts'
import { canUseCometBft, freePorts, initValidators, stopValidators, Validator } from '../support/validators.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-stake-'))
const home = { folder }
const made: Validator[] = []
let first: Validator
let operator: string

const waitMilliseconds = 180_000
const timeout = 2 * waitMilliseconds
const one = ['--dev-account', '1']
const three = ['--dev-account', '3']
const newcomer = devAccount(3).address.toLowerCase()

interface Listed {
  readonly epoch: string
  readonly validators: readonly { operator: string; status: string; power: string; stake: string; ownStake: string }[]
  readonly own?: {
    readonly positions: readonly { validator: string; amount: string; rewards: string }[]
    readonly unbondings: readonly { amount: string; releaseEpoch: string }[]
  }
}

interface Done {
  readonly isDryRun: boolean
  readonly steps: readonly { action: { type: string }; amount: string; gasCost: string; transaction?: string }[]
}

const btt = (text: string) => String(parseEther(text))
const stake = (...args: readonly string[]) =>
  millrace(home, ['stake', ...args, '--rpc', first.ready.rpc, '--json'], waitMilliseconds)
/** The signer that counts, and why a second change in its epoch was refused: one that ended in between is followed by another. */
async function changedTwice(
  change: readonly string[],
): Promise<{ readonly signer?: string; readonly refusal: string }> {
  const signerOf = (done: Running) =>
    done.json<{ steps: { action: { signer: string } }[] }>().steps[0]?.action.signer ?? ''
  let signer = signerOf(await stake(...change, '--yes'))
  for (let tries = 0; tries < 8; tries++) {
    const again = await stake(...change, '--yes')
    if (!again.printed.includes('"transaction"')) return { signer, refusal: again.printed }
    signer = signerOf(again)
  }
  return { signer, refusal: '' }
}
const list = async (...args: readonly string[]) => (await stake('list', ...args)).json<Listed>()

describe.runIf(canUseCometBft())('stake', () => {
  beforeAll(async () => {
    const [validator] = await initValidators(home, 1, { epochBlocks: '10', unbondingEpochs: '1' })
    if (validator === undefined) throw new Error('no validator was made')
    first = validator
    made.push(first)
    await first.start()
    await first.untilHead(2)
    operator = first.operator().account.address.toLowerCase()
  }, waitMilliseconds)
  afterAll(async () => {
    await stopValidators(made)
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') for (const { running } of made) console.log(running.printed)
  })

  it('is planned with cost and outcome, and sent after a yes only', { timeout }, async () => {
    const { validators } = await list()
    expect(validators).toEqual([
      expect.objectContaining({ operator, status: 'active', power: '2000000', stake: btt('2000000') }),
    ])
    const dry = (await stake('delegate', operator, '1000', ...one, '--dry-run')).json<Done>()
    expect(dry.isDryRun).toBe(true)
    expect(dry.steps).toEqual([expect.objectContaining({ amount: btt('1000') })])
    expect(BigInt(dry.steps[0]?.gasCost ?? 0)).toBeGreaterThan(0n)
    const unsure = await stake('delegate', operator, '1000', ...one)
    expect((await unsure.end(1_000)).code).not.toBe(0)
    expect(unsure.printed).toContain('nothing was sent')
    const { reader } = first.user(1)
    expect(await reader.getTransactionCount({ address: devAccount(1).address })).toBe(0)

    const sent = (await stake('delegate', operator, '1000', ...one, '--yes')).json<Done>()
    expect(sent.steps[0]?.transaction).toMatch(/^0x[0-9a-f]{64}$/)
    const position = expect.objectContaining({ validator: operator, amount: btt('1000') })
    expect((await list(...one)).own?.positions).toEqual([position])
    expect((await stake('unjail', ...one, '--yes')).printed).toContain('no jailed validator')
  })

  it('changes the signer of a validator that goes on running, and starts again with it', { timeout }, async () => {
    const [before] = (await first.consensus()).validators
    const change = ['change-signer', '--node', first.folder, '--key-file', join(first.folder, 'operator.key')]
    const dry = (await stake(...change, '--dry-run')).json<{ steps: { action: { signer: string } }[] }>()
    expect(readdirSync(first.folder).filter((name) => name.startsWith('milestone'))).toEqual(['milestone.key'])
    const { signer, refusal } = await changedTwice(change)
    expect(refusal).toContain('in this epoch already')
    expect(signer).not.toBe(dry.steps[0]?.action.signer)
    const changed = await eventually('the set has the new signer', waitMilliseconds, async () => {
      const consensus = await first.consensus()
      return consensus.validators[0]?.signer === signer && consensus
    })
    expect(before?.signer).not.toBe(signer)
    // One validator: no block is final, and after it none is proposed, without the signature by its key of that height.
    await eventually('blocks are final by it', waitMilliseconds, async () => {
      return (await first.consensus()).finalized > changed.head + 2
    })
    rmSync(join(first.folder, 'milestone.key'))
    await first.end()
    await first.start()
    await eventually('blocks are final after a restart', waitMilliseconds, async () => {
      return (await first.consensus()).finalized > changed.head + 5
    })
  })

  it('changes the key of votes of the only validator: no block can come without the new one', { timeout }, async () => {
    const change = ['change-key', '--node', first.folder, '--key-file', join(first.folder, 'operator.key')]
    const [before] = (await first.consensus()).validators
    const { steps } = (await stake(...change, '--yes')).json<{ steps: { action: { type: string } }[] }>()
    expect(steps.map(({ action }) => action.type)).toEqual(['change-key'])
    const changed = await eventually('the set has the new key', waitMilliseconds, async () => {
      const consensus = await first.consensus()
      return consensus.validators[0]?.address !== before?.address && consensus
    })
    await first.untilHead(changed.head + 3, waitMilliseconds)
    expect((await list()).validators).toMatchObject([{ operator, status: 'active', stake: btt('2001000') }])
  })

  it('makes a node that joined a validator, whose vote every block then needs', { timeout }, async () => {
    const joined = join(folder, 'joined')
    const genesis = join(first.folder, 'genesis.json')
    const port = String(await freePorts(1))
    const place = ['--data', joined, '--genesis', genesis, '--peer', first.peer ?? '', '--peer-port', port]
    expect((await (await millrace(home, ['chain', 'join', ...place])).end(1_000)).code).toBe(0)
    const second = new Validator(home, joined)
    made.push(second)
    await second.start()
    await second.untilHead((await first.consensus()).head, waitMilliseconds)
    expect((await stake('add', '1500000', ...three, '--yes')).printed).toContain('is no validator')
    const registered = (await stake('add', '1500000', '--node', joined, ...three, '--yes')).json<Done>()
    expect(registered.steps[0]?.action.type).toBe('register')
    const powers = await eventually('it is elected and votes', waitMilliseconds, async () => {
      const { validators } = await second.consensus()
      return validators.length === 2 && validators.map(({ power }) => power).toSorted()
    })
    expect(powers).toEqual([1_500_000, 2_001_000])
    expect((await list()).validators.find((validator) => validator.operator === newcomer)?.power).toBe('1500000')
    // Neither has two thirds: each block from now on is signed by both.
    const { head } = await first.consensus()
    await Promise.all(made.map((node) => node.untilHead(head + 3, waitMilliseconds)))
    for (const height of [1, head]) expect(await second.hashOf(height)).toBe(await first.hashOf(height))
  })

  it('moves, unbonds, waits and is claimed', { timeout }, async () => {
    const moved = (await stake('redelegate', operator, newcomer, '100', ...one, '--yes')).json<Done>()
    expect(moved.steps[0]?.amount).toBe(btt('100'))
    const left = (await stake('unbond', operator, '400', ...one, '--yes')).json<Done>()
    expect(left.steps[0]?.amount).toBe(btt('400'))
    const locked = await stake('unbond', newcomer, 'all', ...one, '--yes')
    expect(locked.printed).toContain('0 BTT of this key are free')

    const { own } = await list(...one)
    expect(own?.unbondings.map(({ amount }) => amount)).toEqual([btt('400')])
    expect(own?.positions.map(({ amount }) => amount).toSorted()).toEqual([btt('100'), btt('500')])
    expect((await stake('restake', ...one, '--yes')).json<Done>().steps[0]?.action.type).toBe('restake')

    await eventually('the unbonding is over', waitMilliseconds, async () => {
      return BigInt((await list()).epoch) >= BigInt(own?.unbondings[0]?.releaseEpoch ?? 0)
    })
    const claimed = (await stake('claim', ...one, '--yes')).json<Done>()
    const ofUnbonded = claimed.steps.find(({ action }) => action.type === 'claim-unbonded')
    expect(ofUnbonded?.amount).toBe(btt('400'))
    expect(claimed.steps.some(({ action }) => action.type === 'claim-rewards')).toBe(true)

    const table = await millrace(home, ['stake', 'list', '--rpc', first.ready.rpc, ...one])
    expect(table.out.join('\n')).toMatch(/validator +state +power +stake +own stake +commission/)
    expect(table.out.some((line) => line.startsWith(operator) && line.includes('elected'))).toBe(true)
  })
})
