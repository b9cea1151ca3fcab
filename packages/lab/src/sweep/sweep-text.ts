/** A result of a sweep for the terminal, for a page in Markdown, for a spreadsheet and as JSON. */

import { csvTable } from '../report/csv.ts'
import type { Measure } from '../studies/study.ts'
import { seedsText } from '../studies/study-text.ts'
import type { NamedAxis, SweepCell, SweepResult } from './sweep.ts'

/** One line a cell, so that a change shows where it is. */
export function sweepJson({ cells, ...head }: SweepResult): string {
  const lines = cells.map((cell) => JSON.stringify(cell))
  return `${JSON.stringify(head).slice(0, -1)},"cells":[\n${lines.join(',\n')}\n]}\n`
}

/** One row a cell, measure and seed (RFC 4180). */
export function sweepCsv({ x, y, seeds, cells }: SweepResult): string {
  const rows = cells.flatMap((cell) =>
    Object.entries(cell.values).flatMap(([key, list]) =>
      list.map((value, i) => [cell.x, cell.y, key, seeds[i], value ?? '']),
    ),
  )
  return csvTable([x.parameter, y.parameter, 'measure', 'seed', 'value'], rows)
}

/** A table for each measure that is shown: y downwards, x to the right. */
export function sweepMarkdown(result: SweepResult): string {
  return shownMeasures(result)
    .map((measure) => {
      const { head, rows } = gridOf(result, measure)
      const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`
      const rule = `|${head.map((_, i) => (i === 0 ? '---' : '--:')).join('|')}|`
      return [`${titleOf(measure)}:`, '', line(head), rule, ...rows.map(line)].join('\n')
    })
    .join('\n\n')
}

/** The same for the terminal. */
export function sweepText(result: SweepResult): string {
  const tables = shownMeasures(result).flatMap((measure) => {
    const { head, rows } = gridOf(result, measure)
    const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)))
    const line = (row: readonly string[]): string =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')
    return [titleOf(measure), line(head), ...rows.map(line), '']
  })
  return [result.scenario.title, seedsText(result), '', ...tables].join('\n')
}

/** Mean, least and most over the seeds; undefined where no seed had a number. */
export function cellSummary(
  { values }: SweepCell,
  key: string,
): { readonly mean: number; readonly min: number; readonly max: number } | undefined {
  const known = (values[key] ?? []).filter((value) => value !== null)
  if (known.length === 0) return undefined
  const sum = known.reduce((total, value) => total + value, 0)
  return { mean: sum / known.length, min: Math.min(...known), max: Math.max(...known) }
}

export function axisName({ title, unit }: NamedAxis): string {
  return unit === undefined ? title : `${title}, ${unit}`
}

export function titleOf({ title, unit }: Measure): string {
  return unit === undefined ? title : `${title}, ${unit}`
}

function shownMeasures({ measures, shown }: SweepResult): readonly Measure[] {
  return shown.flatMap((key) => measures.find((measure) => measure.key === key) ?? [])
}

function gridOf(
  result: SweepResult,
  { key, digits = 1 }: Measure,
): { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const { x, y, cells } = result
  const head = [`${axisName(y)} \\ ${axisName(x)}`, ...x.values.map(String)]
  const rows = y.values.map((value, row) => {
    const ofRow = cells.slice(row * x.values.length, (row + 1) * x.values.length)
    return [String(value), ...ofRow.map((cell) => cellText(cell, key, digits))]
  })
  return { head, rows }
}

function cellText(cell: SweepCell, key: string, digits: number): string {
  const summary = cellSummary(cell, key)
  if (summary === undefined) return '-'
  const [mean, min, max] = [summary.mean, summary.min, summary.max].map((value) => value.toFixed(digits))
  return min === max ? `${mean}` : `${mean} (${min} to ${max})`
}
