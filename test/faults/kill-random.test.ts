/** kill -9 of payer, payee and chain at random times: whatever comes together, all go on from what is on their disks. */

import { seededRandom } from '@millrace/base'
import { afterAll, expect, it } from 'vitest'
import { CrashWorld, leave, spentMax } from '../support/crash-world.ts'
import { eventually, type Running, stopAll } from '../support/processes.ts'
import type { Seeder } from '../support/swarm.ts'

/** A few in CI; `MILLRACE_FAULT_ROUNDS=100 MILLRACE_FAULT_SEED=7` for a long night, or the same one again. */
const rounds = Number(process.env.MILLRACE_FAULT_ROUNDS ?? 6)
const seed = Number(process.env.MILLRACE_FAULT_SEED ?? Date.now() % 2 ** 31)
/** From one kill to the next: starting takes about half of it, so that starts are struck too. */
const gapMillisecondsMax = 3_000
const roundMillisecondsMax = 60_000
const killsInDownload = 3

afterAll(stopAll)

it(
  `promise 7: ${rounds} random kills, seed ${seed}: each costs a prepayment and a piece at most, and books and chain agree`,
  async () => {
    console.log(`MILLRACE_FAULT_SEED=${seed} MILLRACE_FAULT_ROUNDS=${rounds}`)
    const random = seededRandom(seed)
    const world = await CrashWorld.open('kill-random')
    let seller = await world.sell()
    for (let round = 0; round < rounds; ) {
      const before = world.books()
      const out = `download-${round}`
      let buyer = await world.buy(out, seller)
      const kills = Math.min(killsInDownload, rounds - round)
      for (let kill = 0; kill < kills; kill++, round++) {
        await new Promise((resolve) => setTimeout(resolve, random.below(gapMillisecondsMax)))
        const victim = random.below(3)
        if (victim === 0) await buyer.stop('SIGKILL')
        else if (victim === 1) await seller.running.stop('SIGKILL')
        else await world.restartChain()
        seller = await upAgain(world, seller)
        if (buyer.isOver) buyer = await world.buy(out, seller)
        world.expectBalance()
      }
      await untilComplete(world, buyer, out, seller)
      await world.expectDownload(out, before, { kills: BigInt(kills) })
    }
    await leave(seller)
    world.expectAllCashed()
    await world.expectAgreement()
    await world.close()
  },
  rounds * roundMillisecondsMax,
)

it('promise 7: a buyer that pays for everything twice is found out, whatever was killed', () => {
  const twice = 2n * spentMax({ kills: 0n })
  expect(spentMax({ kills: BigInt(killsInDownload) })).toBeLessThan(twice)
})

/** Whoever was killed, or could not start while the chain was down, is started at the same place. */
async function upAgain(world: CrashWorld, seller: Seeder): Promise<Seeder> {
  return seller.running.isOver ? world.sell(undefined, seller.port) : seller
}

/** A buyer whose chain died while it started gave up; the same command goes on. */
async function untilComplete(world: CrashWorld, first: Running, out: string, seller: Seeder): Promise<void> {
  let buyer = first
  await eventually('the download completes', roundMillisecondsMax, async () => {
    const { code } = await buyer.end(roundMillisecondsMax)
    if (code === 0) return true
    expect(code, buyer.printed).toBe(chainRefused)
    buyer = await world.buy(out, seller)
    return false
  })
}

/** What `millrace` exits with when the chain does not answer. */
const chainRefused = 11
