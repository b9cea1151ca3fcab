import { ok, refuse } from '@millrace/base'
import { expect, test } from 'vitest'
import { list, signed } from '../../../testing/history.ts'
import type { ChainTransaction } from '../../block.ts'
import { choose, culpritsMax, type Run, roundsMax } from './choice.ts'

const to = `0x${'5a'.repeat(20)}` as const
const gas = 100_000n
const from = (index: number, nonce: number) => signed(index, { to, gas, nonce })

/** An engine for which each transaction uses 30,000 gas, and those in `bad` can't be executed. */
function engineWith(bad: readonly ChainTransaction[]) {
  const runs: number[] = []
  const run: Run = async (transactions) => {
    runs.push(transactions.length)
    const fault = transactions.find((one) => bad.includes(one))
    if (fault !== undefined) return refuse(`no funds for ${fault.hash}`)
    return ok({ ...empty, gasUsed: 30_000n * BigInt(transactions.length) })
  }
  return { run, runs }
}
const empty = { kind: 'results', stateRoot: new Uint8Array(32), gasUsed: 0n, results: [] } as const
const always = { empty, faultOf: () => undefined, nonceOf: async () => 0n }

test('takes all in one run where gas limits have room', async () => {
  const offered = await Promise.all([0, 1, 2].map((nonce) => from(0, nonce)))
  const { run, runs } = engineWith([])
  const { source, refused } = list(offered)
  const { transactions } = await choose({ ...always, source, gasLimit: 1_000_000n, run })
  expect(transactions).toEqual(offered)
  expect(runs).toEqual([3])
  expect(refused().size).toBe(0)
})

test('finds the one that can’t be executed by halving, and leaves out what its sender has after it', async () => {
  const offered = [
    ...(await Promise.all([0, 1, 2, 3].map((nonce) => from(0, nonce)))),
    await from(1, 0),
    await from(1, 1),
    ...(await Promise.all([4, 5].map((nonce) => from(0, nonce)))),
  ]
  const culprit = offered[4] as ChainTransaction // the list above has eight
  const { run, runs } = engineWith([culprit])
  const { source, refused } = list(offered)
  const { transactions } = await choose({ ...always, source, gasLimit: 1_000_000n, run })
  expect(transactions).toEqual(offered.filter(({ sender }) => sender !== culprit.sender))
  expect([...refused().values()]).toEqual(['invalid', 'block-full'])
  // The whole, then 4, 6 and 5 of the eight, then what is left.
  expect(runs).toEqual([8, 4, 6, 5, 6])
})

test('a nonce out of turn is known without a search', async () => {
  const offered = [await from(0, 0), await from(1, 3), await from(0, 1), await from(0, 0)]
  const bad = [1, 3].map((at) => offered[at] as ChainTransaction) // the list above has four
  const { run, runs } = engineWith(bad)
  const { source, refused } = list(offered)
  const { transactions } = await choose({ ...always, source, gasLimit: 1_000_000n, run })
  expect(transactions).toEqual([offered[0], offered[2]])
  expect([...refused().values()]).toEqual(['invalid', 'invalid'])
  expect(runs).toEqual([4, 2])
})

test('goes on with the gas that was not used, for so many rounds', async () => {
  const offered = await Promise.all(Array.from({ length: 20 }, (_item, nonce) => from(0, nonce)))
  const { run, runs } = engineWith([])
  const { source, refused } = list(offered)
  const { transactions, trial } = await choose({ ...always, source, gasLimit: 400_000n, run })
  // 4 at 100,000 each; they use 120,000, so 2 more; 180,000: 2 more; 240,000: 1 more.
  expect(runs).toEqual([4, 6, 8, 9])
  expect(runs.length).toBe(roundsMax)
  expect(transactions).toEqual(offered.slice(0, 9))
  expect(trial.gasUsed).toBe(270_000n)
  expect([...refused().values()]).toEqual(Array.from({ length: 11 }, () => 'block-full'))
})

test('gives up the search after so many culprits, with what is sound', async () => {
  const offered = await Promise.all(Array.from({ length: 10 }, (_item, index) => from(index, 0)))
  const { run } = engineWith(offered.slice(1))
  const { source, refused } = list(offered)
  const { transactions } = await choose({ ...always, source, gasLimit: 10_000_000n, run })
  expect(transactions).toEqual(offered.slice(0, 1))
  const whys = [...refused().values()]
  expect(whys.filter((why) => why === 'invalid').length).toBe(culpritsMax)
  expect(whys.filter((why) => why === 'block-full').length).toBe(offered.length - 1 - culpritsMax)
})

test('what has a fault of its own is never run', async () => {
  const offered = [await from(0, 0), await from(1, 0)]
  const { run, runs } = engineWith([])
  const { source, refused } = list(offered)
  const faultOf = ({ sender }: ChainTransaction) => (sender === offered[0]?.sender ? 'too cheap' : undefined)
  const { transactions } = await choose({ ...always, faultOf, source, gasLimit: 1_000_000n, run })
  expect(transactions).toEqual(offered.slice(1))
  expect(refused()).toEqual(new Map([[offered[0]?.hash, 'block-full']]))
  expect(runs).toEqual([1])
})
