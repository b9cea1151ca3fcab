import { expect, test } from 'vitest'
import { cpu, shareBits, sharesPerStep, subjectOf } from './cpu.ts'
import { Candidate, searchStep } from './job.ts'
import { judgeStep } from './verdict.ts'

const seed = new Uint8Array(32).fill(7)
const job = { seed, goalBits: 40 }
const shares = { bits: shareBits, count: sharesPerStep }

test('a step that was done holds as many shares as its units are worth', () => {
  const offsets = searchStep(seed, 3, shares)
  expect(offsets.length * 2 ** shareBits).toBe(cpu.stepUnits)
  const verdict = judgeStep(job, 3, offsets)
  const best = Math.max(...offsets.map((offset) => new Candidate(seed, 3).zeroBits(offset)))
  expect(verdict).toMatchObject({ kind: 'right', best: { step: 3, bits: best } })
})

test('a share takes 512 hashes in the mean', () => {
  let hashes = 0
  for (let step = 0; step < 100; step++) hashes += (searchStep(seed, step, shares).at(-1) ?? 0) + 1
  // 800 shares: the mean has a standard deviation of 3.5 %.
  expect(hashes / 100 / cpu.stepUnits).toBeGreaterThan(0.85)
  expect(hashes / 100 / cpu.stepUnits).toBeLessThan(1.15)
})

test('what was not worked for is wrong: no share, one share twice, too few, another step, another seed', () => {
  const right = searchStep(seed, 0, shares)
  const [first = 0] = right
  const lazy = Array.from({ length: sharesPerStep }, (_, i) => i)
  expect(judgeStep(job, 0, lazy)).toEqual({ kind: 'wrong', fault: 'no-share' })
  expect(judgeStep(job, 0, [first, ...right.slice(0, -1)])).toEqual({ kind: 'wrong', fault: 'repeated' })
  expect(judgeStep(job, 0, right.slice(1))).toEqual({ kind: 'wrong', fault: 'too-few-shares' })
  expect(judgeStep(job, 1, right)).toEqual({ kind: 'wrong', fault: 'no-share' })
  const other = { ...job, seed: new Uint8Array(32).fill(8) }
  expect(judgeStep(other, 0, right)).toEqual({ kind: 'wrong', fault: 'no-share' })
})

test('a session proof is bound to one job: its seed and its goal', () => {
  const subjects = [job, { ...job, goalBits: 41 }, { ...job, seed: new Uint8Array(32) }].map(subjectOf)
  expect(subjects.map(({ length }) => length)).toEqual([20, 20, 20])
  expect(new Set(subjects.map(String)).size).toBe(3)
})
