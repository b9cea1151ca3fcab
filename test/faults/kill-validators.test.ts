/**
 * Four real validators, of which the node, cometbft or both are killed at random (kill -9) while payments go on.
 * `node scripts/kill-validators.js` makes a long run of it and keeps the result; MILLRACE_FAULT_SEED repeats one.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { defined, type Random, seededRandom } from '@millrace/base'
import { type Hex, keccak256, parseEther } from 'viem'
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
const amount = parseEther('1')
const kinds = ['node', 'cometbft', 'both'] as const
const waitMilliseconds = 300_000

interface Tally {
  readonly kills: Record<(typeof kinds)[number], number>
  /** Payments by their hashes. What was signed may have come into a pool before the answer was lost. */
  readonly signed: Map<Hex, Payment>
  readonly answered: Set<Hex>
}

interface Payment {
  readonly from: Hex
  readonly nonce: number
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
      const { wallet, account } = defined(validator, 'one of four').user(1 + random.below(8))
      const request = await wallet.prepareTransactionRequest({ to, value: amount })
      const serializedTransaction = await wallet.signTransaction(request)
      tally.signed.set(keccak256(serializedTransaction), { from: lower(account.address), nonce: request.nonce })
      tally.answered.add(await wallet.sendRawTransaction({ serializedTransaction }))
    } catch {
      // Its node was killed, or knows the account's nonce no more than the pool that died with another.
    }
    await delay(100)
  }
}

const lower = (address: Hex) => address.toLowerCase() as Hex // still an address

/** The payments in blocks 1 to `last`, in the chain's order. */
async function minedUpTo(last: number): Promise<readonly (Payment & { readonly hash: Hex })[]> {
  const { reader } = defined(four[0], 'one of four').user(1)
  const mined = []
  for (let number = 1n; number <= last; number++) {
    const { transactions } = await reader.getBlock({ blockNumber: number, includeTransactions: true })
    for (const { hash, from, nonce, to: payee } of transactions) {
      if (payee === to) mined.push({ hash, from: lower(from), nonce })
    }
  }
  return mined
}

/**
 * No payment is executed twice, and none that nobody signed: the payee has each one's amount, and each sender's nonces are used up
 * from 0 on without a gap. So one that was answered with a hash and is not mined has a nonce that went to another of its sender,
 * signed at a node that did not know of it, or that is free still: it was lost with the only pool that it was in.
 *
 * @returns how many are mined
 */
async function expectPaidOnce({ signed, answered }: Tally, last: number): Promise<number> {
  const { reader } = defined(four[0], 'one of four').user(1)
  const at = { blockNumber: BigInt(last) }
  const mined = await minedUpTo(last)
  expect(await reader.getBalance({ address: to, ...at })).toBe(amount * BigInt(mined.length))
  const noncesOf = new Map<Hex, number[]>([...signed.values()].map(({ from }) => [from, []]))
  for (const { hash, from, nonce } of mined) {
    expect(signed.get(hash), `who signed ${hash}`).toEqual({ from, nonce })
    noncesOf.get(from)?.push(nonce)
  }
  for (const [address, nonces] of noncesOf) {
    expect(nonces).toEqual(nonces.map((_nonce, index) => index))
    expect(await reader.getTransactionCount({ address, ...at })).toBe(nonces.length)
  }
  for (const hash of answered) expect(signed.has(hash), `an answer for ${hash}`).toBe(true)
  return mined.length
}

describe.runIf(canUseCometBft())('four validators', () => {
  it(`that are killed at random for ${seconds} s keep one chain (seed ${seed})`, { timeout: 0 }, async () => {
    const random = seededRandom(seed)
    four = await initValidators({ folder }, 4, { epochBlocks: '10' })
    await Promise.all(four.map((one) => one.start()))
    await Promise.all(four.map((one) => one.untilHead(2, waitMilliseconds)))
    const tally: Tally = { kills: { node: 0, cometbft: 0, both: 0 }, signed: new Map(), answered: new Set() }
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
    const mined = await expectPaidOnce(tally, target)
    const head = await expectOneChain(four)
    expect(tally.kills.node + tally.kills.cometbft + tally.kills.both).toBeGreaterThan(0)
    expect(mined).toBeGreaterThan(0)
    const counts = { kills: tally.kills, payments: tally.answered.size, blocks: head.number, paymentsMined: mined }
    const result = { seed, seconds, ...counts, head: head.hash, minted: String(head.minted) }
    console.log(JSON.stringify(result))
    if (resultFile !== undefined) writeFileSync(resultFile, JSON.stringify(result))
  })
})
