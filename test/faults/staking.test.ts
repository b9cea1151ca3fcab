/** What a validator's faults cost it on a chain of four with the real cometbft: a double sign, and being away. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stakingAbi, systemAddresses, validatorsAbi } from '@millrace/contracts'
import { type Address, parseEther, toHex } from 'viem'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { ConsensusReport } from '../../packages/chain/src/consensus-report.ts'
import { rpc } from '../../packages/chain/testing/clients.ts'
import { expectOneChain } from '../support/one-chain.ts'
import { eventually } from '../support/processes.ts'
import {
  canUseCometBft,
  initValidators,
  stopValidators,
  twinOf,
  untilGone,
  type Validator,
} from '../support/validators.ts'

const folders: string[] = []
let running: readonly Validator[] = []
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') for (const one of running) console.log(one.running.printed)
  await stopValidators(running)
})
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const burnAddress = '0x000000000000000000000000000000000000dEaD'
const to = '0x00000000000000000000000000000000000000ee'
const active = 1
const jailed = 2
const tombstoned = 3
/** Each test waits for a chain that makes a block a second, and shares the machine with others. */
const waitMilliseconds = 300_000

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-staking-'))
  folders.push(folder)
  return folder
}

/** What the contracts say of a validator, asked through another's node. */
async function standing(asked: Validator, operator: Address) {
  const { reader } = asked.user(1)
  const [{ status, jailedUntil }, stake, credit, burned] = await Promise.all([
    reader.readContract({ ...at(validatorsAbi, 'validators'), functionName: 'validatorOf', args: [operator] }),
    reader.readContract({ ...at(stakingAbi, 'staking'), functionName: 'getVotes', args: [operator] }),
    reader.readContract({ ...at(stakingAbi, 'staking'), functionName: 'totalCredits' }),
    reader.getBalance({ address: burnAddress }),
  ])
  return { status, jailedUntil, stake, credit, burned }
}

/** Who proposed the first block with evidence: CometBFT lets each validator propose in turn, the twins too. */
async function reporterOf(asked: Validator): Promise<Address> {
  for (let number = 1n; ; number++) {
    const { result } = await rpc(asked.ready.rpc, 'millrace_consensusReport', toHex(number))
    const { proposer, evidence } = result as ConsensusReport // its shape
    if (evidence.length === 0) continue
    const { reader } = asked.user(1)
    return reader.readContract({ ...at(validatorsAbi, 'validators'), functionName: 'operatorOf', args: [proposer] })
  }
}

function creditOf(asked: Validator, reporter: Address): Promise<bigint> {
  return asked.user(1).reader.readContract({ ...at(stakingAbi, 'staking'), functionName: 'credits', args: [reporter] })
}

function at<Abi>(abi: Abi, contract: 'validators' | 'staking') {
  return { abi, address: systemAddresses[contract] } as const
}

const pay = async (validator: Validator, index: number) => {
  const { wallet, receipt } = validator.user(index)
  return receipt(await wallet.sendTransaction({ to, value: parseEther('1') }))
}

const votersAt = async (validator: Validator) => (await validator.consensus()).validators

describe.runIf(canUseCometBft())('of four validators', () => {
  it('one that runs twice with one key signs twice: it is slashed and out of the set for good', {
    timeout: 2 * waitMilliseconds,
  }, async () => {
    const four = await initValidators({ folder: newFolder() }, 4, { epochBlocks: '20' })
    const [a, , , d] = four
    if (a === undefined || d === undefined) throw new Error('four validators')
    const twin = twinOf(d)
    running = [...four, twin]
    await Promise.all(running.map((one) => one.start()))
    const operator = d.operator().account.address
    // Payments that the twins hear of at different times make their proposals differ.
    await eventually('the validator is out of the set', waitMilliseconds, async () => {
      await Promise.all([pay(a, 1), pay(twin, 2)])
      return (await votersAt(a)).length === 3
    })
    const { status, stake, credit, burned } = await standing(a, operator)
    expect(status).toBe(tombstoned)
    expect(stake).toBe(parseEther('1900000'))
    // 5 % of what is slashed is the reporter's, unless that is the validator itself, and half of the rest is burned.
    const reporter = await reporterOf(a)
    expect(credit).toBe(reporter === operator ? 0n : parseEther('5000'))
    expect(await creditOf(a, reporter)).toBe(credit)
    expect(burned).toBe((parseEther('100000') - credit) / 2n)
    const { blockNumber, status: paid } = await pay(a, 1)
    expect(paid).toBe('success')
    // Past the end of an epoch, which does not elect it again.
    await Promise.all(running.map((one) => one.untilHead(Number(blockNumber) + 21, waitMilliseconds)))
    expect(await votersAt(a)).toHaveLength(3)
    await expectOneChain(running)
  })

  it('one that is away is jailed and loses a little, comes back, unjails and votes again', {
    timeout: 3 * waitMilliseconds,
  }, async () => {
    const parameters = { downtimeWindowBlocks: '100000', downtimeMissesMax: '20', jailSeconds: '60', epochBlocks: '10' }
    const four = await initValidators({ folder: newFolder() }, 4, parameters)
    const [a, , , d] = four
    if (a === undefined || d === undefined) throw new Error('four validators')
    running = four
    await Promise.all(four.map((one) => one.start()))
    await Promise.all(four.map((one) => one.untilHead(2)))
    const operator = d.operator().account.address
    expect((await standing(a, operator)).status).toBe(active)
    await d.running.stop('SIGKILL')
    await untilGone(d.ready.consensusPid)
    await eventually('the validator is jailed', waitMilliseconds, async () => (await votersAt(a)).length === 3)
    const { status, jailedUntil, stake, burned } = await standing(a, operator)
    expect(status).toBe(jailed)
    // A ten-thousandth, of which nobody is a reporter and half is burned.
    expect(stake).toBe(parseEther('1999800'))
    expect(burned).toBe(parseEther('100'))
    await d.start()
    await d.untilHead((await a.consensus()).head, waitMilliseconds)
    await eventually('its time is over', waitMilliseconds, async () => {
      const { timestamp } = await a.user(1).reader.getBlock()
      return timestamp > jailedUntil
    })
    const { wallet, receipt } = d.operator()
    const { address } = at(validatorsAbi, 'validators')
    const { status: sent } = await receipt(
      await wallet.writeContract({ address, abi: validatorsAbi, functionName: 'unjail' }),
    )
    expect(sent).toBe('success')
    // The receipt came from d; a may be a block behind.
    const isActive = async () => (await standing(a, operator)).status === active
    await eventually('the other nodes know it', waitMilliseconds, isActive)
    const voters = await eventually('it is elected again', waitMilliseconds, async () => {
      const list = await votersAt(a)
      return list.length === 4 && list
    })
    // Whoever kept its rewards where they were has the stake it had.
    expect(voters.map(({ power }) => power).toSorted()).toEqual([2_000_000, 2_000_000, 2_000_000, 1_999_800].toSorted())
    const { head } = await a.consensus()
    await Promise.all(four.map((one) => one.untilHead(head + 3, waitMilliseconds)))
    expect((await standing(a, operator)).status).toBe(active)
    await expectOneChain(four)
  })
})
