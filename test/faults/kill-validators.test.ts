/**
 * Four real validators, of which the node, cometbft or both are killed at random (kill -9) while payments go on.
 * `node scripts/kill-validators.js` makes a long run of it and keeps the result; MILLRACE_FAULT_SEED repeats one.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Random, seededRandom } from '@millrace/base'
import { parseEther } from 'viem'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { expectOneChain } from '../support/one-chain.ts'
import { canUseCometBft, initValidators, stopValidators, type Validator } from '../support/validators.ts'

const seconds = Number(process.env.MILLRACE_FAULT_SECONDS ?? 30)
const seed = Number(process.env.MILLRACE_FAULT_SEED ?? Date.now() % 2 ** 31)
const resultFile = process.env.MILLRACE_FAULT_RESULT

const folder = mkdtempSync(join(tmpdir(), 'millrace-kills-'))
let four: readonly Validator[] = []
afterEach(({ task }) => {
  if (task.result?.state === 'fail') for (const { running } of four) console.log(running.printed)
})
afterAll(async () => {
  await stopValidators(four)
  rmSync(folder, { recursive: true, force: true })
})

const to = '0x00000000000000000000000000000000000000ee'
const kinds = ['node', 'cometbft', 'both'] as const
const waitMilliseconds = 300_000

interface Tally {
  readonly kills: Record<(typeof kinds)[number], number>
  payments: number
  blocks: number
}

/** Kills one of them in one way, and starts what does not start by itself. */
async function killOne(validator: Validator, kind: (typeof kinds)[number], random: Random): Promise<void> {
  if (kind !== 'node') killConsensus(validator)
  if (kind === 'cometbft') return
  await validator.running.stop('SIGKILL')
  await delay(random.below(3_000))
  await validator.start()
}

/** The node starts it again; it may be between two lives. */
function killConsensus({ folder: place }: Validator): void {
  try {
    process.kill(Number(readFileSync(join(place, 'cometbft/cometbft.pid'), 'utf8')), 'SIGKILL')
  } catch (thrown) {
    if (Reflect.get(Object(thrown), 'code') !== 'ESRCH') throw thrown
  }
}

/** Pays until told to stop, through whichever node answers. */
async function payOn(random: Random, tally: Tally, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const validator = four[random.below(four.length)]
    try {
      await validator?.user(1 + random.below(8)).wallet.sendTransaction({ to, value: parseEther('1') })
      tally.payments++
    } catch {
      // Its node was killed, or knows the account's nonce no more than the pool that died with another.
    }
    await delay(100)
  }
}

describe.runIf(canUseCometBft())('four validators', () => {
  it(`that are killed at random for ${seconds} s keep one chain (seed ${seed})`, { timeout: 0 }, async () => {
    const random = seededRandom(seed)
    four = await initValidators({ folder }, 4, { epochBlocks: '10' })
    await Promise.all(four.map((one) => one.start()))
    await Promise.all(four.map((one) => one.untilHead(2, waitMilliseconds)))
    const tally: Tally = { kills: { node: 0, cometbft: 0, both: 0 }, payments: 0, blocks: 0 }
    const deadline = performance.now() + seconds * 1_000
    const isOver = () => performance.now() >= deadline
    const paying = payOn(seededRandom(seed + 1), tally, isOver)
    const busy = new Map<Validator, Promise<unknown>>()
    let failure: unknown
    while (!isOver() && failure === undefined) {
      const idle = four.filter((one) => !busy.has(one))
      const victim = idle[random.below(Math.max(1, idle.length))]
      const kind = kinds[random.below(kinds.length)] ?? 'both'
      if (victim !== undefined) {
        tally.kills[kind]++
        const killed = killOne(victim, kind, random).then(
          () => busy.delete(victim),
          (thrown: unknown) => {
            failure = thrown
          },
        )
        busy.set(victim, killed)
      }
      await delay(500 + random.below(6_000))
    }
    await Promise.all([paying, ...busy.values()])
    if (failure !== undefined) throw failure
    const heads = await Promise.all(four.map(async (one) => (await one.consensus()).head))
    const target = Math.max(...heads) + 3
    await Promise.all(four.map((one) => one.untilHead(target, waitMilliseconds)))
    const balance = await four[0]?.user(1).reader.getBalance({ address: to })
    const head = await expectOneChain(four)
    tally.blocks = head.number
    expect(tally.kills.node + tally.kills.cometbft + tally.kills.both).toBeGreaterThan(0)
    const mined = Number((balance ?? 0n) / parseEther('1'))
    expect(mined).toBeGreaterThan(0)
    const result = { seed, seconds, ...tally, paymentsMined: mined, head: head.hash, minted: String(head.minted) }
    console.log(JSON.stringify(result))
    if (resultFile !== undefined) writeFileSync(resultFile, JSON.stringify(result))
  })
})
