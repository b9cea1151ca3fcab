/** A sweep: one scenario over a grid of two parameters, every cell with the same seeds. Plain data in, plain data out. */

import { parseScenario } from '../parse-scenario.ts'
import type { Scenario } from '../scenario.ts'
import { ScenarioError } from '../scenario-error.ts'
import { type Measure, type Reading, significant } from '../studies/study.ts'
import { findParameter, type SweepParameter } from './parameters.ts'
import { SweepError } from './sweep-error.ts'
import { sweepMeasures } from './sweep-measures.ts'

export const axisValuesMax = 64
export const sweepRunsMax = 100_000

export interface SweepAxis {
  /** One of `sweepParameters`. */
  readonly parameter: string
  readonly values: readonly number[]
}

export interface SweepPlan {
  readonly scenario: Scenario
  readonly x: SweepAxis
  readonly y: SweepAxis
  readonly seeds: readonly number[]
  /** Keys of `sweepMeasures` that are shown as tables; the first is the one to look at. */
  readonly shown: readonly string[]
}

/** One run of the grid. */
export interface SweepRun {
  readonly x: number
  readonly y: number
  readonly seed: number
  readonly scenario: Scenario
}

export interface SweepResult {
  readonly format: 'millrace-sweep-1'
  readonly scenario: Scenario
  readonly x: NamedAxis
  readonly y: NamedAxis
  readonly seeds: readonly number[]
  readonly measures: readonly Measure[]
  readonly shown: readonly string[]
  readonly cells: readonly SweepCell[]
}

export interface NamedAxis extends SweepAxis {
  readonly title: string
  readonly unit?: string
}

/** Rows of y from the first value on, in each the values of x. */
export interface SweepCell {
  readonly x: number
  readonly y: number
  /** By measure: one number a seed, in order; null where there was nothing to measure. */
  readonly values: Readonly<Record<string, readonly (number | null)[]>>
}

/**
 * All runs of a plan in order: by y, x and seed. Every scenario is checked, so that what cannot run is refused before anything
 * does.
 *
 * @throws SweepError that names the axis, the cell or the measure and what was expected
 * @example
 * const runs = runsOf({ scenario: town, x: { parameter: 'freeShare', values: [0, 15] }, y, seeds: [1], shown: ['mean'] })
 * runs.length // 2 x the values of y
 */
export function runsOf(plan: SweepPlan): readonly SweepRun[] {
  const [x, y] = [checkedAxis(plan.x), checkedAxis(plan.y)]
  if (x.name === y.name) throw new SweepError('bad-parameter', `${x.name}: expected two parameters that differ`)
  for (const key of plan.shown) checkMeasure(key)
  if (plan.seeds.length === 0) throw new SweepError('bad-parameter', 'seeds: expected at least one')
  const count = plan.x.values.length * plan.y.values.length * plan.seeds.length
  if (count > sweepRunsMax) throw new SweepError('bad-parameter', `${count} runs: expected at most ${sweepRunsMax}`)
  return plan.y.values.flatMap((yValue) =>
    plan.x.values.flatMap((xValue) => {
      const scenario = cellScenario(plan.scenario, [x, xValue], [y, yValue])
      return plan.seeds.map((seed) => ({ x: xValue, y: yValue, seed, scenario: { ...scenario, seed } }))
    }),
  )
}

/** Sums up what the runs of a plan gave, one reading a run in the order of `runsOf`. */
export function sweepResult(plan: SweepPlan, readings: readonly Reading[]): SweepResult {
  const { scenario, x, y, seeds, shown } = plan
  const cells = y.values.flatMap((yValue, row) =>
    x.values.map((xValue, column): SweepCell => {
      const first = (row * x.values.length + column) * seeds.length
      const ofCell = readings.slice(first, first + seeds.length)
      const values = sweepMeasures.map(({ key }) => [key, ofCell.map((it) => significant(it[key] ?? null))] as const)
      return { x: xValue, y: yValue, values: Object.fromEntries(values) }
    }),
  )
  const head = { format: 'millrace-sweep-1', scenario, x: named(x), y: named(y) } as const
  return { ...head, seeds, measures: sweepMeasures, shown, cells }
}

/** Where in the grid a run is, in words. */
export function placeOf(plan: SweepPlan, { x, y, seed }: SweepRun): string {
  return `${plan.x.parameter} = ${x}, ${plan.y.parameter} = ${y}, seed ${seed}`
}

function checkedAxis({ parameter, values }: SweepAxis): SweepParameter {
  const found = findParameter(parameter)
  const { min, max, isWhole = false } = found
  if (values.length === 0 || values.length > axisValuesMax) {
    throw new SweepError('bad-parameter', `${parameter}: expected 1 to ${axisValuesMax} values`)
  }
  const wrong = values.find((value) => !(value >= min && value <= max) || (isWhole && !Number.isInteger(value)))
  if (wrong !== undefined) {
    throw new SweepError(
      'bad-parameter',
      `${parameter} = ${wrong}: expected a ${isWhole ? 'whole ' : ''}number from ${min} to ${max}`,
    )
  }
  if (new Set(values).size < values.length) {
    throw new SweepError('bad-parameter', `${parameter}: expected values that differ`)
  }
  return found
}

function checkMeasure(key: string): void {
  if (sweepMeasures.some((measure) => measure.key === key)) return
  const known = sweepMeasures.map((measure) => measure.key).join(', ')
  throw new SweepError('bad-parameter', `no measure is called ${JSON.stringify(key)}: expected one of ${known}`)
}

function cellScenario(
  scenario: Scenario,
  [x, xValue]: readonly [SweepParameter, number],
  [y, yValue]: readonly [SweepParameter, number],
): Scenario {
  try {
    return parseScenario(y.apply(x.apply(scenario, xValue), yValue))
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error
    const place = `${x.name} = ${xValue}, ${y.name} = ${yValue}`
    throw new SweepError('bad-parameter', `${place} makes no scenario: ${error.message}`, { cause: error })
  }
}

function named(axis: SweepAxis): NamedAxis {
  const { title, unit } = findParameter(axis.parameter)
  return { ...axis, title, ...(unit === undefined ? {} : { unit }) }
}
