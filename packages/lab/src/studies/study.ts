/** A study asks one question of many runs: the same swarm in several arms, once for each seed, measured the same way. */

/** A number that is measured in each arm of each seed. */
export interface Measure {
  readonly key: string
  readonly title: string
  /** Of the numbers: %, s, BTT. */
  readonly unit?: string
  /** Digits behind the point when it is printed. */
  readonly digits?: number
  /** Not in the table: there are too many of its kind, and a plot shows them. */
  readonly isPlotted?: true
}

/** What was measured in one arm with one seed; null where there was nothing to measure. */
export type Reading = Readonly<Record<string, number | null>>

/** A picture of means over the seeds. A line goes through its points in order. */
export interface Plot {
  readonly title: string
  readonly note: string
  /** What the axes are. */
  readonly x: string
  readonly y: string
  readonly lines: readonly { readonly name: string; readonly points: readonly PlotPoint[] }[]
}

export interface PlotPoint {
  readonly arm: string
  /** A number, or the key of a measure. */
  readonly x: number | string
  /** The key of a measure. */
  readonly y: string
  /** Stands beside the point. */
  readonly label?: string
}

export interface Study {
  readonly name: string
  readonly title: string
  /** The paper or the page that it follows. */
  readonly source: string
  readonly arms: readonly string[]
  readonly measures: readonly Measure[]
  /** The measure to look at first. */
  readonly headline: string
  readonly plots?: readonly Plot[]
  /** How many seeds a committed result has. */
  readonly seedsDefault: number
  /** One reading an arm. Pure: the same seed gives the same readings. */
  run(seed: number): Readonly<Record<string, Reading>>
}

/** Plain data, the same to the byte for the same study and seeds. */
export interface StudyResult {
  readonly format: 'millrace-study-1'
  readonly name: string
  readonly title: string
  readonly source: string
  readonly measures: readonly Measure[]
  readonly headline: string
  readonly plots?: readonly Plot[]
  readonly seeds: readonly number[]
  /** By arm and measure: one number a seed, in order. */
  readonly arms: Readonly<Record<string, Readonly<Record<string, readonly (number | null)[]>>>>
}

/** More than these say nothing more. */
const significantDigits = 6

/** The seeds of a result with so many: 1, 2, 3 and on. */
export function seedsOf(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i + 1)
}

/**
 * Runs a study once a seed.
 *
 * @example
 * const result = runStudy(table, seedsOf(3))
 * result.arms.market.use // [93.1, 92.8, 94] : per cent
 */
export function runStudy(study: Study, seeds: readonly number[], onSeed?: (seed: number) => void): StudyResult {
  const readings = seeds.map((seed) => {
    onSeed?.(seed)
    return study.run(seed)
  })
  const valuesOf = (arm: string, key: string): (number | null)[] =>
    readings.map((reading) => significant(reading[arm]?.[key] ?? null))
  const { name, title, source, measures, headline } = study
  const arms = study.arms.map((arm) => {
    const known = measures.map(({ key }) => [key, valuesOf(arm, key)] as const)
    return [arm, Object.fromEntries(known.filter(([, values]) => values.some((value) => value !== null)))] as const
  })
  const plots = study.plots === undefined ? {} : { plots: study.plots }
  const head = { format: 'millrace-study-1', name, title, source, measures, headline } as const
  return { ...head, ...plots, seeds, arms: Object.fromEntries(arms) }
}

/** Mean, least and most over the seeds; undefined where no seed had a number. */
export function summaryOf(
  result: StudyResult,
  arm: string,
  key: string,
): { readonly mean: number; readonly min: number; readonly max: number; readonly count: number } | undefined {
  const values = (result.arms[arm]?.[key] ?? []).filter((value) => value !== null)
  if (values.length === 0) return undefined
  const sum = values.reduce((total, value) => total + value, 0)
  return { mean: sum / values.length, min: Math.min(...values), max: Math.max(...values), count: values.length }
}

/** To the digits that say something. */
export function significant(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(significantDigits))
}
