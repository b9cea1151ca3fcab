/** One of four real validators whose disks fill up: it ends and says why, the others go on, and with space it is back. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { expectOneChain } from '../support/one-chain.ts'
import { canUse } from '../support/skips.ts'
import { canMountDisks, fillDisk, moveToDisk, unmountDisk } from '../support/small-disk.ts'
import { canUseCometBft, initValidators, stopValidators, untilGone, type Validator } from '../support/validators.ts'

const canMount = canUse('a small disk', canMountDisks(), 'run as root, which may mount a tmpfs')

const folder = mkdtempSync(join(tmpdir(), 'millrace-full-'))
const waitMilliseconds = 300_000
const diskExitCode = 9
/** Twice what a node must find free, and some. */
const diskSize = '160m'

let four: readonly Validator[] = []
const disks: string[] = []
afterEach(({ task }) => {
  if (task.result?.state === 'fail') for (const { running } of four) console.log(running.printed)
})
afterAll(async () => {
  await stopValidators(four)
  for (const disk of disks.toReversed()) unmountDisk(disk)
  rmSync(folder, { recursive: true, force: true })
})

const last = (): Validator => {
  const validator = four[3]
  if (validator === undefined) throw new Error('four validators')
  return validator
}
const untilHeads = (validators: readonly Validator[], head: number) =>
  Promise.all(validators.map((one) => one.untilHead(head, waitMilliseconds)))
const fullMessage = (disk: string) =>
  new RegExp(`the disk of ${disk} is full: \\d+ bytes are free, expected at least 67108864; free some space`)

/** It ends by itself, with the exit code of a full disk, and its last words name the disk. */
async function expectFull({ running }: Validator, disk: string): Promise<void> {
  expect((await running.end(waitMilliseconds)).code, running.printed).toBe(diskExitCode)
  expect(running.err.at(-1)).toMatch(fullMessage(disk))
}

describe.runIf(canUseCometBft() && canMount)('of four validators', () => {
  beforeAll(async () => {
    four = await initValidators({ folder }, 4, { epochBlocks: '10' })
    for (const place of ['', 'chain', 'cometbft/data']) {
      const disk = join(last().folder, place)
      moveToDisk(disk, diskSize)
      disks.push(disk)
    }
    await Promise.all(four.map((one) => one.start()))
    await untilHeads(four, 2)
  }, waitMilliseconds)

  it.each([
    ['the chain', 'chain'],
    ['what CometBFT keeps', 'cometbft/data'],
    ['its log and the rest', ''],
  ])(
    'one has no space left for %s: it says so and ends, the others go on, and with space it catches up',
    {
      timeout: waitMilliseconds,
    },
    async (_what, place) => {
      const disk = join(last().folder, place)
      const { consensusPid } = last().ready
      const filler = join(disk, 'filler')
      fillDisk(filler)
      await expectFull(last(), disk)
      await untilGone(consensusPid)
      const others = four.slice(0, 3)
      const heads = await Promise.all(others.map(async (one) => (await one.consensus()).head))
      await untilHeads(others, Math.max(...heads) + 2)
      // Before anything of it is opened; that is the same for all, and once is enough.
      if (place === 'chain') await expect(last().start()).rejects.toThrow(fullMessage(disk))
      rmSync(filler)
      await last().start()
      await untilHeads(four, Math.max(...heads) + 3)
    },
  )

  it('each holds the same chain, which executes again to the same hash, supply whole at every block', {
    timeout: waitMilliseconds,
  }, async () => {
    await expectOneChain(four.toReversed())
  })
})
