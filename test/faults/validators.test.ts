/** Four real validators: one may die, with two dead the chain halts, and when they are back it goes on without a fork. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseEther } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { expectOneChain } from '../support/one-chain.ts'
import { canUseCometBft, initValidators, stopValidators, untilGone, type Validator } from '../support/validators.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-validators-'))
const to = '0x00000000000000000000000000000000000000ee'
/** Some blocks' worth: who could make one would have. */
const haltMilliseconds = 5_000

let four: readonly Validator[]

const kill = async (validator: Validator) => {
  const { consensusPid } = validator.ready
  await validator.running.stop('SIGKILL')
  // It ends by itself when its application is gone; how soon is not what is tested here.
  await untilGone(consensusPid)
}
const send = (validator: Validator, index: number) =>
  validator.user(index).wallet.sendTransaction({ to, value: parseEther('1') })
const heads = (validators: readonly Validator[]) =>
  Promise.all(validators.map(async (one) => (await one.consensus()).head))

describe.runIf(canUseCometBft())('of four validators', () => {
  beforeAll(async () => {
    four = await initValidators({ folder }, 4)
    await Promise.all(four.map((validator) => validator.start()))
    await Promise.all(four.map((validator) => validator.untilHead(2)))
  }, 180_000)
  afterAll(async () => {
    await stopValidators(four)
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') for (const { running } of four) console.log(running.printed)
  })

  it('one is killed: the others go on, and it catches up with them', { timeout: 180_000 }, async () => {
    const [a, b, c, d] = four
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('four validators')
    await kill(d)
    const { status, blockNumber, blockHash } = await a.user(1).receipt(await send(a, 1))
    expect(status).toBe('success')
    await Promise.all([a, b, c].map((one) => one.untilHead(Number(blockNumber) + 2)))
    await d.start()
    await d.untilHead(Number(blockNumber) + 2)
    for (const one of four) expect(await one.hashOf(Number(blockNumber))).toBe(blockHash)
  })

  it('two are killed: nothing is decided without them, and everything is once they are back', {
    timeout: 180_000,
  }, async () => {
    const [a, b, c, d] = four
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('four validators')
    await Promise.all([kill(c), kill(d)])
    // What both had signed before they died may still become one block.
    await delay(haltMilliseconds)
    const halted = await heads([a, b])
    const hash = await send(a, 2)
    await delay(haltMilliseconds)
    expect(await heads([a, b])).toEqual(halted)
    await Promise.all([c.start(), d.start()])
    const { blockNumber, status } = await b.user(2).receipt(hash)
    expect(status).toBe('success')
    expect(Number(blockNumber)).toBeGreaterThan(Math.min(...halted))
    await Promise.all(four.map((one) => one.untilHead(Number(blockNumber) + 1)))
  })

  it('each holds the same chain, which executes again to the same hash, supply whole at every block', {
    timeout: 180_000,
  }, async () => {
    expect(await four[0]?.user(1).reader.getBalance({ address: to })).toBe(parseEther('2'))
    await expectOneChain(four)
    for (const { running } of four) expect((await running.end(1_000)).code).toBe(0)
  })
})
