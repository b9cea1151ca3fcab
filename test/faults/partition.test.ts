/** Four real validators on four hosts whose network falls apart: no side decides what the other does not, and it heals. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { systemAddresses, validatorsAbi } from '@millrace/contracts'
import { parseEther } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { canMakeNamespaces } from '../support/network.ts'
import { expectOneChain } from '../support/one-chain.ts'
import { eventually } from '../support/processes.ts'
import { canUse } from '../support/skips.ts'
import { SplitNet } from '../support/split-net.ts'
import {
  canUseCometBft,
  initValidators,
  placeValidators,
  stopValidators,
  type Validator,
} from '../support/validators.ts'

const canSplit = canUse('network namespaces', canMakeNamespaces(), 'run as root on Linux with iproute2')

const to = '0x00000000000000000000000000000000000000ee'
/** The least time in jail is a minute: the gate has no time for it, and staking.test.ts waits for one. */
const doesUnjail = process.env.MILLRACE_FAULT_UNJAIL === 'true'
/** Some blocks' worth: who could make one would have. */
const haltMilliseconds = 3_000
const waitMilliseconds = 300_000
const jailed = 2

const folder = mkdtempSync(join(tmpdir(), 'millrace-partition-'))
let net: SplitNet
let four: readonly Validator[] = []

const at = (index: number): Validator => {
  const validator = four[index]
  if (validator === undefined) throw new Error('four validators')
  return validator
}
const heads = () => Promise.all(four.map(async (one) => (await one.consensus()).head))
const untilAll = (head: number) => Promise.all(four.map((one) => one.untilHead(head, waitMilliseconds)))
const pay = (validator: Validator, user: number, amount: string) =>
  validator.user(user).wallet.sendTransaction({ to, value: parseEther(amount) })

/** What the contracts say of the last validator, asked through the first. */
async function lastStanding(): Promise<number> {
  const { status } = await at(0)
    .user(1)
    .reader.readContract({
      abi: validatorsAbi,
      address: systemAddresses.validators,
      functionName: 'validatorOf',
      args: [at(3).operator().account.address],
    })
  return status
}

async function unjail(validator: Validator): Promise<void> {
  const { wallet, receipt, account } = validator.operator()
  const contract = { address: systemAddresses.validators, abi: validatorsAbi } as const
  const { reader } = validator.user(1)
  const args = [account.address] as const
  const { jailedUntil } = await reader.readContract({ ...contract, functionName: 'validatorOf', args })
  const isOver = async () => (await reader.getBlock()).timestamp > jailedUntil
  await eventually('its time is over', waitMilliseconds, isOver)
  const { status } = await receipt(await wallet.writeContract({ ...contract, functionName: 'unjail' }))
  expect(status).toBe('success')
  const isBack = async () => (await validator.consensus()).validators.length === 4
  await eventually('it is elected again', waitMilliseconds, isBack)
}

describe.runIf(canUseCometBft() && canSplit)('of four validators on four hosts', () => {
  beforeAll(async () => {
    net = new SplitNet(4)
    const staking = { downtimeWindowBlocks: '100000', downtimeMissesMax: '4', jailSeconds: '60', epochBlocks: '10' }
    four = await initValidators({ folder }, 4, staking)
    placeValidators(four, net)
    await Promise.all(four.map((one) => one.start()))
    await untilAll(2)
  }, waitMilliseconds)
  afterAll(async () => {
    await stopValidators(four)
    net.remove()
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') for (const { running } of four) console.log(running.printed)
  })

  it('two don’t reach each other: the others carry what they say, and all go on', {
    timeout: waitMilliseconds,
  }, async () => {
    net.cut(0, 1)
    const head = Math.max(...(await heads()))
    await untilAll(head + 3)
    net.mend(0, 1)
  })

  it('two are parted from two: neither half decides, and of two payments with one nonce one is made once they meet', {
    timeout: waitMilliseconds,
  }, async () => {
    net.split(2, 3)
    // What had left before may still become one block.
    await delay(haltMilliseconds)
    const halted = await heads()
    const sent = await Promise.all([pay(at(0), 2, '1'), pay(at(2), 2, '2')])
    await delay(haltMilliseconds)
    expect(await heads()).toEqual(halted)
    net.heal()
    await untilAll(Math.max(...halted) + 3)
    const found = await Promise.all(
      sent.map((hash) =>
        at(1)
          .user(2)
          .reader.getTransactionReceipt({ hash })
          .catch(() => undefined),
      ),
    )
    const made = found.filter((receipt) => receipt !== undefined)
    expect(made).toHaveLength(1)
    expect(made[0]?.status).toBe('success')
    const balance = await at(1).user(2).reader.getBalance({ address: to })
    expect(balance).toBe(parseEther(found[0] === undefined ? '2' : '1'))
  })

  it('one is parted from three: they go on and jail it, it stands still, and catches up once it reaches them', {
    timeout: waitMilliseconds,
  }, async () => {
    net.split(3)
    const isOut = async () => (await at(0).consensus()).validators.length === 3
    await eventually('the validator is out of the set', waitMilliseconds, isOut)
    expect(await lastStanding()).toBe(jailed)
    const parted = (await at(3).consensus()).head
    const { blockNumber } = await at(0)
      .user(1)
      .receipt(await pay(at(0), 1, '1'))
    expect((await at(3).consensus()).head).toBe(parted)
    expect((await at(3).consensus()).validators, 'what it knows').toHaveLength(4)
    net.heal()
    await untilAll(Number(blockNumber) + 1)
    expect((await at(3).consensus()).validators).toHaveLength(3)
    if (doesUnjail) await unjail(at(3))
  })

  it('each sends over a slow line: payments still come through', { timeout: waitMilliseconds }, async () => {
    for (const index of four.keys()) net.slow(index, 32 * 1024)
    const sent = await Promise.all(four.map((one, index) => pay(one, 3 + index, '1')))
    const receipts = await Promise.all(
      sent.map((hash, index) =>
        at(index)
          .user(3 + index)
          .receipt(hash),
      ),
    )
    expect(receipts.map(({ status }) => status)).toEqual(['success', 'success', 'success', 'success'])
    await untilAll(Math.max(...(await heads())) + 3)
  })

  it('each holds the same chain, which executes again to the same hash, supply whole at every block', {
    timeout: waitMilliseconds,
  }, async () => {
    await expectOneChain(four)
  })
})
