/** A sweep as one HTML file: a heat map for each measure, those that are shown first. */

import { escapeHtml } from '../report/escape.ts'
import { type HeatCell, heatMap } from '../report/heat-map.ts'
import { page } from '../report/page.ts'
import type { Measure } from '../studies/study.ts'
import { seedsText } from '../studies/study-text.ts'
import type { SweepCell, SweepResult } from './sweep.ts'
import { axisName, cellSummary, titleOf } from './sweep-text.ts'

export function sweepHtml(result: SweepResult): string {
  const { scenario, x, y, measures, shown } = result
  const title = `${scenario.title}: ${x.title} and ${y.title}`
  const first = shown.flatMap((key) => measures.find((measure) => measure.key === key) ?? [])
  const rest = measures.filter((measure) => !first.includes(measure))
  const said = [...first, ...rest].filter(({ key }) =>
    result.cells.some((cell) => cellSummary(cell, key) !== undefined),
  )
  return page(title, [
    `<p class="sub">${escapeHtml(`${result.cells.length} cells; ${seedsText(result)}`)}</p>`,
    '<main>',
    ...said.map((measure) => figure(result, measure)),
    '</main>',
    '<details><summary>The scenario that was changed</summary>',
    `<pre>${escapeHtml(JSON.stringify(scenario, null, 2))}</pre>`,
    '</details>',
  ])
}

function figure(result: SweepResult, measure: Measure): string {
  const { x, y } = result
  const rows = y.values.map((_, row) =>
    result.cells.slice(row * x.values.length, (row + 1) * x.values.length).map((cell) => heatCell(cell, measure)),
  )
  const axes = {
    x: { name: axisName(x), values: x.values.map(String) },
    y: { name: axisName(y), values: y.values.map(String) },
  }
  const name = titleOf(measure)
  return [
    `<figure id="${escapeHtml(measure.key)}">`,
    `<figcaption><h2>${escapeHtml(name)}</h2></figcaption>`,
    heatMap({ label: `${name}, by ${x.title} and ${y.title}`, ...axes }, rows),
    '</figure>',
  ].join('\n')
}

function heatCell(cell: SweepCell, { key, digits = 1 }: Measure): HeatCell | null {
  const summary = cellSummary(cell, key)
  return summary === undefined ? null : { value: summary.mean, text: summary.mean.toFixed(digits) }
}
