/**
 * Four real validators under calls that would take minutes: blocks keep coming in the early rounds of consensus, a call that alone
 * takes longer than a proposal may is in one, and a proposer who fills his block up to its gas limit only makes that one slow.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { rpc } from '../../packages/chain/testing/clients.ts'
import { callingLoopCode, roundsInput } from '../../packages/chain/testing/loops.ts'
import { type GreedyValidator, startGreedy } from '../support/greedy-validator.ts'
import { expectOneChain } from '../support/one-chain.ts'
import { eventually } from '../support/processes.ts'
import { canUseCometBft, freePorts, initValidators, stopValidators, type Validator } from '../support/validators.ts'

const folders: string[] = []
const made: Validator[] = []
let greedy: GreedyValidator | undefined
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') for (const { running } of made) console.log(running.printed)
  await Promise.all([greedy?.stop(), stopValidators(made)])
  made.splice(0)
  greedy = undefined
})
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const timeout = 600_000
const waitMilliseconds = 420_000
/** 0.24 M gas a call: a block has room for all of them. */
const rounds = 1_500
const gas = 300_000n
const users = 9
/** No proposal has time for so many. */
const filledCallsMin = 10
/**
 * Rounds that may fail at a height, where a validator is so much slower than the others that they wait for its proposal in vain.
 * With proposals that fill their blocks it was seven.
 */
const failedRoundsMax = 3

function newHome(): { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-heavy-'))
  folders.push(folder)
  return { folder }
}

/** The network has got four ports already, and nobody listens on them yet. */
async function freeAddress(): Promise<string> {
  return `127.0.0.1:${(await freePorts(6)) + 5}`
}

/** The round in which a block was decided, as its commit says. */
async function roundOf(consensusRpc: string, height: number): Promise<number> {
  const answer = await fetch(`http://${consensusRpc}/commit?height=${height}`)
  // CometBFT's shape.
  const { result } = (await answer.json()) as { result: { signed_header: { commit: { round: number } } } }
  return result.signed_header.commit.round
}

async function deployed(validator: Validator): Promise<Hex> {
  const { wallet, receipt } = validator.user(0)
  const { contractAddress } = await receipt(await wallet.deployContract({ abi: [], bytecode: callingLoopCode }))
  return contractAddress ?? '0x'
}

async function callBy(validator: Validator, index: number, nonce: number, to: Hex, count: number, limit = gas) {
  return validator.user(index).wallet.sendTransaction({ to, data: roundsInput(count), gas: limit, nonce })
}

/** Heights at which these are mined, every one of them without a failure. */
async function heightsOf(validator: Validator, hashes: readonly Hex[]): Promise<readonly number[]> {
  const heights: number[] = []
  for (const hash of hashes) {
    const found = await eventually(`a receipt of ${hash}`, waitMilliseconds, async () => {
      const { result } = await rpc(validator.ready.rpc, 'eth_getTransactionReceipt', hash)
      return (result as { status: Hex; blockNumber: Hex } | null) ?? undefined // eth's shape
    })
    expect(found.status).toBe('0x1')
    heights.push(Number(found.blockNumber))
  }
  return heights
}

async function expectEarlyRounds(consensusRpc: string, heights: readonly number[]): Promise<void> {
  const decidedIn = await Promise.all(heights.map((height) => roundOf(consensusRpc, height)))
  expect(Math.max(...decidedIn), `rounds ${decidedIn.join(' ')}`).toBeLessThanOrEqual(failedRoundsMax)
}

describe.runIf(canUseCometBft())('four validators under heavy calls', () => {
  it('go on block by block until every call is mined, the longest too', { timeout }, async () => {
    const four = await initValidators(newHome(), 4)
    made.push(...four)
    const consensusRpc = await freeAddress()
    await Promise.all(four.map((one, index) => one.start(index === 0 ? ['--consensus-rpc', consensusRpc] : [])))
    const [first] = four
    if (first === undefined) throw new Error('four validators')
    const loop = await deployed(first)
    const hashes: Hex[] = []
    for (let nonce = 0; nonce < 4; nonce++) {
      for (let user = 1; user <= users; user++) {
        const one = four[user % four.length] ?? first
        hashes.push(await callBy(one, user, nonce, loop, rounds))
      }
    }
    // This one runs for seconds, more than anybody waits for a proposal.
    hashes.push(await callBy(first, 1, 4, loop, 30 * rounds, 30n * gas))
    const heights = await heightsOf(first, hashes)
    const [from, to] = [Math.min(...heights), Math.max(...heights)]
    expect(new Set(heights).size, 'by gas they would be in one block').toBeGreaterThan(4)
    await expectEarlyRounds(
      consensusRpc,
      Array.from({ length: to - from + 1 }, (_item, index) => from + index),
    )
    await expectOneChain(four)
  })

  it('outvote nobody who fills his blocks, and go on after each', { timeout }, async () => {
    const [last, ...honest] = (await initValidators(newHome(), 4)).toReversed()
    made.push(...honest)
    const [first] = honest
    if (last === undefined || first === undefined) throw new Error('four validators')
    const consensusRpc = await freeAddress()
    const [filler] = await Promise.all([
      startGreedy(last.folder),
      ...honest.map((one, index) => one.start(index === 0 ? ['--consensus-rpc', consensusRpc] : [])),
    ])
    greedy = filler
    const loop = await deployed(first)
    const hashes: Hex[] = []
    for (let nonce = 0; nonce < 4; nonce++) {
      for (let user = 1; user <= users; user++) hashes.push(await callBy(first, user, nonce, loop, rounds))
    }
    const heights = await heightsOf(first, hashes)
    const minedAt = (height: number) => heights.filter((other) => other === height).length
    const decided = filler.proposed.filter(({ height, calls }) => calls >= filledCallsMin && calls === minedAt(height))
    expect(decided.length, `${JSON.stringify(filler.proposed)} of ${heights.join(' ')}`).toBeGreaterThan(0)
    const { head } = await first.untilHead(Math.max(...heights) + 2)
    await expectEarlyRounds(
      consensusRpc,
      Array.from({ length: head - Math.min(...heights) }, (_item, index) => Math.min(...heights) + index),
    )
    await expectOneChain(honest)
  })
})
