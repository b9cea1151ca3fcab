/** One of four validators lies: no lie is decided, everybody says why, and the chain goes on. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@millrace/base'
import { parseEther } from 'viem'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { lies, type MaliciousValidator, startMalicious } from '../support/malicious-validator.ts'
import { expectOneChain } from '../support/one-chain.ts'
import { eventually } from '../support/processes.ts'
import { canUseCometBft, initValidators, stopValidators, type Validator } from '../support/validators.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-liar-'))
const made: Validator[] = []
let liar: MaliciousValidator | undefined
afterEach(async () => {
  await Promise.all([liar?.stop(), stopValidators(made)])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const seed = 11
const to = '0x00000000000000000000000000000000000000ff'

describe.runIf(canUseCometBft())('a validator that lies', () => {
  it(`gets no lie decided, whatever it is, and stops nobody (seed ${seed})`, { timeout: 300_000 }, async () => {
    const [last, ...honest] = (await initValidators({ folder }, 4)).toReversed()
    made.push(...honest)
    if (last === undefined) throw new Error('four validators')
    const [bent] = await Promise.all([
      startMalicious(last.folder, seededRandom(seed)),
      ...honest.map((one) => one.start()),
    ])
    liar = bent
    const [first] = honest
    if (first === undefined) throw new Error('three honest validators')
    const { wallet, receipt } = first.user(1)
    expect((await receipt(await wallet.sendTransaction({ to, value: parseEther('1') }))).status).toBe('success')
    await eventually(
      'each lie was told',
      240_000,
      () => new Set(bent.told.map(({ lie }) => lie)).size === lies.length,
    ).catch((late: unknown) => {
      console.log(JSON.stringify(bent.told), first.running.printed)
      throw late
    })
    // The last lie is over when its height is.
    const height = bent.told.at(-1)?.height ?? 0
    await Promise.all(honest.map((one) => one.untilHead(height + 1)))
    expect(bent.decided).toEqual([])
    const causes = first.running.err.filter((line) => line.includes('a proposal was rejected'))
    for (const cause of [
      /item \d+: .*(transaction|invalid)/,
      /item \d+: .*nonce/,
      /the record of votes is missing/,
      /extensions for \d votes/,
      /extensions of \d+ in 8000000 power/,
      /extension of 0x/,
    ])
      expect(
        causes.some((line) => cause.test(line)),
        `${cause} in ${causes.join('\n')}`,
      ).toBe(true)
    const { finalized } = await first.consensus()
    expect(finalized, 'three of four are enough for a milestone').toBeGreaterThanOrEqual(height - 1)
    expect((await receipt(await wallet.sendTransaction({ to, value: parseEther('1') }))).status).toBe('success')
    await expectOneChain(honest)
  })
})
