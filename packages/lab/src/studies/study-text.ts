/** A result of a study for the terminal, for a page in Markdown and for a spreadsheet. */

import { csvTable } from '../report/csv.ts'
import { type Measure, type StudyResult, summaryOf } from './study.ts'

interface Grid {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Arms stand beside each other while there are few, or few for so many measures. */
const armsBesideMax = 5
const measuresAnArm = 4

/** For the terminal: the mean over the seeds, and from the least to the most. */
export function studyText(result: StudyResult): string {
  const { head, rows } = gridOf(result)
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [
    result.title,
    `after ${result.source}; ${seedsText(result)}`,
    '',
    line(head),
    rule,
    ...rows.map(line),
    '',
  ].join('\n')
}

/** For a page: a table of the same numbers. */
export function studyMarkdown(result: StudyResult): string {
  const { head, rows } = gridOf(result)
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`
  const rule = `|${head.map((_, i) => (i === 0 ? '---' : '--:')).join('|')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

/** One row an arm, measure and seed (RFC 4180). */
export function studyCsv(result: StudyResult): string {
  const rows = Object.entries(result.arms).flatMap(([arm, values]) =>
    Object.entries(values).flatMap(([key, list]) => list.map((value, i) => [arm, key, result.seeds[i], value ?? ''])),
  )
  return csvTable(['arm', 'measure', 'seed', 'value'], rows)
}

/** One line an arm, so that a change shows where it is. */
export function studyJson(result: StudyResult): string {
  const { arms, ...head } = result
  const lines = Object.entries(arms).map(([arm, values]) => `${JSON.stringify(arm)}:${JSON.stringify(values)}`)
  return `${JSON.stringify(head).slice(0, -1)},"arms":{\n${lines.join(',\n')}\n}}\n`
}

export function seedsText({ seeds }: Pick<StudyResult, 'seeds'>): string {
  return seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds, mean (least to most)`
}

export function gridOf(result: StudyResult): Grid {
  const arms = Object.keys(result.arms)
  const measures = result.measures.filter(
    ({ key, isPlotted }) => isPlotted === undefined && arms.some((arm) => summaryOf(result, arm, key) !== undefined),
  )
  const cell = (arm: string, measure: Measure): string => cellText(result, arm, measure)
  const isFew = arms.length <= armsBesideMax && measures.length >= arms.length
  if (isFew || measures.length >= measuresAnArm * arms.length) {
    return { head: ['', ...arms], rows: measures.map((it) => [titleOf(it), ...arms.map((arm) => cell(arm, it))]) }
  }
  return {
    head: ['', ...measures.map(titleOf)],
    rows: arms.map((arm) => [arm, ...measures.map((it) => cell(arm, it))]),
  }
}

function titleOf({ title, unit }: Measure): string {
  return unit === undefined ? title : `${title}, ${unit}`
}

function cellText(result: StudyResult, arm: string, { key, digits = 1 }: Measure): string {
  const summary = summaryOf(result, arm, key)
  if (summary === undefined) return '-'
  const text = (value: number): string => (Object.is(value, -0) ? 0 : value).toFixed(digits)
  const [mean, min, max] = [text(summary.mean), text(summary.min), text(summary.max)]
  return min === max ? mean : `${mean} (${min} to ${max})`
}
