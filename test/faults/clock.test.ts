/** Four real validators of which some have a wrong clock: time goes on by the median of the votes, and never back. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { expectOneChain } from '../support/one-chain.ts'
import { eventually } from '../support/processes.ts'
import { canSkewClocks, skewClock } from '../support/skewed-clock.ts'
import { canUseCometBft, initValidators, stopValidators, untilGone, type Validator } from '../support/validators.ts'

const waitMilliseconds = 300_000
/** Within what CometBFT allows a block to be ahead of the clock of who votes for it: 60 s. */
const skewSeconds = 40
/** Far from either clock: where a block's time is less than this from ours, it is not the other's. */
const nearSeconds = 20

const folder = mkdtempSync(join(tmpdir(), 'millrace-clock-'))
let four: readonly Validator[] = []
afterEach(({ task }) => {
  if (task.result?.state === 'fail') for (const { running } of four) console.log(running.printed)
})
afterAll(async () => {
  await stopValidators(four)
  rmSync(folder, { recursive: true, force: true })
})

const wallSeconds = () => Date.now() / 1000
const at = (index: number): Validator => {
  const validator = four[index]
  if (validator === undefined) throw new Error('four validators')
  return validator
}
const untilAll = (head: number, validators = four) =>
  Promise.all(validators.map((one) => one.untilHead(head, waitMilliseconds)))
const headOf = async (validator: Validator) => (await validator.consensus()).head
const timeOf = async (validator: Validator, number: number) =>
  Number((await validator.user(1).reader.getBlock({ blockNumber: BigInt(number) })).timestamp)

async function stop({ running, ready }: Validator): Promise<void> {
  await running.stop()
  await untilGone(ready.consensusPid)
}

async function restart(validator: Validator, skew: number): Promise<void> {
  await stop(validator)
  skewClock(validator, skew)
  await validator.start()
}

/** What a validator says when it votes against a block, or proposes one that others would. */
const complaints = ({ running }: Validator) => running.err.filter((line) => /rejected|not valid/.test(line))

describe.runIf(canUseCometBft() && canSkewClocks())('of four validators', () => {
  beforeAll(async () => {
    // Before the time of any of them: none begins with a genesis of its future.
    const timestamp = Math.floor(wallSeconds()) - 3_600
    four = await initValidators({ folder }, 4, { epochBlocks: '10' }, { timestamp })
    skewClock(at(2), -skewSeconds)
    skewClock(at(3), skewSeconds)
    await Promise.all(four.map((one) => one.start()))
    await untilAll(2)
  }, waitMilliseconds)

  it('one is ahead and one behind: blocks are dated by the clocks that are right, and nobody’s is refused', {
    timeout: waitMilliseconds,
  }, async () => {
    const begun = wallSeconds()
    const first = (await headOf(at(0))) + 3
    // Each of the four has proposed one of them.
    await untilAll(first + 4)
    const times = await Promise.all([0, 1, 2, 3].map((more) => timeOf(at(0), first + more)))
    for (const time of times) {
      expect(time).toBeGreaterThan(begun - nearSeconds)
      expect(time).toBeLessThan(wallSeconds() + nearSeconds)
    }
    expect(four.flatMap(complaints)).toEqual([])
  })

  it('one is behind by more than CometBFT allows: it can’t vote and says why, the others go on, and with the right time it is back', {
    timeout: waitMilliseconds,
  }, async () => {
    const [a, b, c, d] = [at(0), at(1), at(2), at(3)]
    await restart(d, -100)
    const told = /the consensus of cometbft has stopped; it is started again .*block time .* is too far in the future/
    await eventually('it says why', waitMilliseconds, () => d.running.err.some((line) => told.test(line)))
    await untilAll((await headOf(a)) + 2, [a, b, c])
    await restart(d, 0)
    await untilAll((await headOf(a)) + 2)
  })

  it('two are ahead and a third is away: time is theirs, and never goes back, also when their clocks are set right', {
    timeout: waitMilliseconds,
  }, async () => {
    const [a, b, c, d] = [at(0), at(1), at(2), at(3)]
    await Promise.all([restart(b, skewSeconds), restart(c, skewSeconds)])
    await stop(a)
    const isAhead = async () => (await timeOf(d, await headOf(d))) > wallSeconds() + nearSeconds
    await eventually('the time is that of the two', waitMilliseconds, isAhead)
    await a.start()
    await a.untilHead(await headOf(d), waitMilliseconds)
    await Promise.all([restart(b, 0), restart(c, 0)])
    const head = Math.max(...(await Promise.all(four.map(headOf))))
    await untilAll(head + 3)
    expect(four.flatMap(complaints)).toEqual([])
    const times = await Promise.all(Array.from({ length: head + 4 }, (_, number) => timeOf(d, number)))
    expect(times).toEqual([...new Set(times)].toSorted((x, y) => x - y))
  })

  it('each holds the same chain, which executes again to the same hash, supply whole at every block', {
    timeout: waitMilliseconds,
  }, async () => {
    await expectOneChain(four)
  })
})
