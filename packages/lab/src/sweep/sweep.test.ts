import { expect, it } from 'vitest'
import type { PeerClass, Scenario } from '../scenario.ts'
import { findParameter, sweepParameters } from './parameters.ts'
import { runsOf, type SweepPlan } from './sweep.ts'
import { sweepHtml } from './sweep-html.ts'
import { runSweep } from './sweep-pool.ts'
import { cellSummary, sweepCsv, sweepJson, sweepMarkdown } from './sweep-text.ts'

const mib = 1_048_576
const line = { uploadBytesPerSecond: mib / 2, downloadBytesPerSecond: 2 * mib, departure: { seedSeconds: 0 } } as const
const client = { kind: 'client' } as const
const comes = { arrival: { kind: 'poisson', fromSecond: 0, perSecond: 1 }, has: 'nothing' } as const
const sells = { askPerMiB: '1000' } as const

const classes: readonly PeerClass[] = [
  {
    ...line,
    sells,
    name: 'seed',
    count: 1,
    arrival: { kind: 'at', second: 0 },
    has: 'all',
    behaviour: client,
    departure: {},
  },
  { ...line, ...comes, sells, name: 'slow', count: 3, behaviour: client },
  { ...line, ...comes, sells, name: 'fast', count: 3, uploadBytesPerSecond: mib, behaviour: client },
  { ...line, ...comes, name: 'rider', count: 2, behaviour: { kind: 'free-rider' } },
]
const small: Scenario = {
  name: 'small',
  title: 'A small <one>',
  seed: 1,
  secondsMax: 120,
  contentBytes: mib,
  pieceBytes: mib / 16,
  blocksPerUnit: 1,
  latencyMs: { min: 5, max: 20 },
  connectionsMax: 10,
  unchokeSlots: 4,
  classes,
}
const plan: SweepPlan = {
  scenario: small,
  x: { parameter: 'freeShare', values: [0, 50] },
  y: { parameter: 'riders', values: [0, 25, 50] },
  seeds: [1, 2],
  shown: ['mean'],
}

function refusal(change: Partial<SweepPlan>): string {
  try {
    runsOf({ ...plan, ...change })
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
  return 'nothing was refused'
}

it('the same bytes from one thread and from three', { timeout: 60_000 }, async () => {
  const told: number[] = []
  const one = await runSweep(plan, { workers: 1, onRun: (done) => told.push(done) })
  const three = await runSweep(plan, { workers: 3 })
  expect(sweepJson(three)).toBe(sweepJson(one))
  expect(told).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
  expect(one.cells.map(({ x, y }) => [x, y])).toEqual([
    [0, 0],
    [50, 0],
    [0, 25],
    [50, 25],
    [0, 50],
    [50, 50],
  ])
  for (const { y, values } of one.cells) {
    expect(values.done).toEqual([100, 100])
    expect(values.riders?.every((seconds) => (y === 0 ? seconds === null : seconds !== null && seconds > 0))).toBe(true)
  }
  const slowest = one.cells.map((cell) => cellSummary(cell, 'mean')?.mean ?? 0)
  // Each rider in place of a contributor takes an uplink away.
  expect(Math.min(...slowest.slice(4))).toBeGreaterThan(Math.max(...slowest.slice(0, 2)))
})

it('a result as a page, a table and rows', { timeout: 60_000 }, async () => {
  const result = await runSweep({ ...plan, seeds: [1] }, { workers: 2 })
  const html = sweepHtml(result)
  expect(html).not.toMatch(/<script|src=|href=|url\(|@import|NaN|undefined|Infinity/)
  expect(html).toContain('A small &lt;one&gt;')
  const mean = cellSummary(result.cells[3] ?? { x: 0, y: 0, values: {} }, 'mean')?.mean.toFixed(1) ?? ''
  expect(html).toContain(`>${mean}</text>`)
  expect(sweepMarkdown(result).split('\n')[5]).toContain(`| ${mean} |`)
  expect(sweepCsv(result).split('\r\n')[0]).toBe('freeShare,riders,measure,seed,value')
  expect(sweepCsv(result)).toContain(`50,25,mean,1,${result.cells[3]?.values.mean?.[0]}`)
})

it('a run that fails is reported with its cell, and ends the others', { timeout: 60_000 }, async () => {
  const broken = classes.map((it) => (it.name === 'rider' ? it : { ...it, behaviour: { kind: 'nobody knows' } }))
  const promise = runSweep({ ...plan, scenario: { ...small, classes: broken } }, { workers: 1 })
  await expect(promise).rejects.toMatchObject({
    code: 'cell-failed',
    message: 'freeShare = 0, riders = 0, seed 1: no behaviour nobody knows',
  })
})

it('what cannot run is refused before anything runs, with what was expected', async () => {
  const axis = (parameter: string, ...values: number[]) => ({ parameter, values })
  expect(refusal({ x: axis('freshare', 1) })).toContain('"freshare": expected one of freeShare, riders, payers')
  expect(refusal({ x: axis('freeShare', 101) })).toBe('freeShare = 101: expected a number from 0 to 100')
  expect(refusal({ x: axis('freeShare', Number.NaN) })).toBe('freeShare = NaN: expected a number from 0 to 100')
  expect(refusal({ x: axis('freeShare') })).toBe('freeShare: expected 1 to 64 values')
  expect(refusal({ x: axis('freeShare', 5, 5) })).toBe('freeShare: expected values that differ')
  expect(refusal({ x: axis('riders', 5) })).toBe('riders: expected two parameters that differ')
  expect(refusal({ y: axis('payers', 5) })).toContain('payers: small has no class it could change')
  expect(refusal({ y: axis('slots', 2, 4) })).toBe('nothing was refused')
  expect(refusal({ y: axis('slots', 2.5) })).toBe('slots = 2.5: expected a whole number from 0 to 1000')
  expect(refusal({ y: axis('upload', 0.01, 1e-3) })).toContain('upload = 0.001')
  expect(refusal({ y: axis('content', 1_048_576) })).toMatch(/^freeShare = 0, content = 1048576 makes no scenario: /)
  expect(refusal({ shown: ['speed'] })).toContain('no measure is called "speed": expected one of weighted')
  expect(refusal({ seeds: [] })).toBe('seeds: expected at least one')
  await expect(runSweep(plan, { workers: 0 })).rejects.toMatchObject({ code: 'bad-parameter' })
})

it('a part of those who come moves counts, keeps their sum and the time they come over', () => {
  const { classes: moved } = findParameter('riders').apply(small, 50)
  expect(moved.map(({ name, count }) => [name, count])).toEqual([
    ['seed', 1],
    ['slow', 2],
    ['fast', 2],
    ['rider', 4],
  ])
  for (const [i, { arrival, count }] of moved.entries()) {
    const before = small.classes[i]
    if (arrival.kind !== 'poisson' || before?.arrival.kind !== 'poisson') continue
    expect(count / arrival.perSecond).toBeCloseTo(before.count / before.arrival.perSecond)
  }
})

it('every parameter changes what it says and nothing of the scenario it was given', () => {
  const paying = { ...small, classes: classes.map((it) => (it.name === 'slow' ? { ...it, pays } : it)) }
  const before = JSON.stringify(paying)
  for (const { name, min, apply } of sweepParameters) {
    expect(JSON.stringify(apply(paying, Math.max(min, 7))), name).not.toBe(before)
  }
  expect(JSON.stringify(paying)).toBe(before)
  const [, slow] = findParameter('spend').apply(paying, 1.5).classes
  expect(slow?.pays?.spendPerSecond).toBe('15')
  expect(findParameter('ask').apply(paying, 0.5).classes[0]?.sells?.askPerMiB).toBe('500')
  expect(findParameter('freeShare').apply(paying, 12.5).classes[0]?.sells?.freeSharePpm).toBe(125_000)
  expect(
    findParameter('demand')
      .apply(paying, 2)
      .classes.map(({ count }) => count),
  ).toEqual([1, 6, 6, 4])
})

const pays = { budget: '1000', spendPerSecond: '10', priceMaxPerMiB: '5000' } as const
