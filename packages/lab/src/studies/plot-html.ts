/** A plot of a study as a picture with its legend. */

import { type Curve, curveChart, lineChart } from '../report/chart.ts'
import { escapeHtml } from '../report/escape.ts'
import { type Plot, type PlotPoint, type StudyResult, summaryOf } from './study.ts'

export function plotHtml(plot: Plot, result: StudyResult): string {
  const curves = plot.lines.map(({ name, points }, style) => curveOf(name, points, style, result))
  const isMarked = curves.some(({ labels }) => labels.some((label) => label !== undefined))
  const chart = isMarked ? curveChart : lineChart
  const axes = {
    x: { name: plot.x, ...rangeOf(curves, 0, isMarked) },
    y: { name: plot.y, ...rangeOf(curves, 1, isMarked) },
  }
  const keys = curves.map(({ name, style }) => `<li><i class="key s${style % 6}"></i>${escapeHtml(name)}</li>`)
  return [
    `<h3>${escapeHtml(plot.title)}</h3>`,
    `<p class="sub">${escapeHtml(plot.note)}</p>`,
    `<ul class="legend">${keys.join('')}</ul>`,
    chart({ label: plot.title, ...axes }, curves),
  ].join('\n')
}

function curveOf(name: string, points: readonly PlotPoint[], style: number, result: StudyResult): Curve {
  const known = points.flatMap(({ arm, x, y, label }) => {
    const [left, top] = [typeof x === 'number' ? x : summaryOf(result, arm, x)?.mean, summaryOf(result, arm, y)?.mean]
    return left === undefined || top === undefined ? [] : [{ at: [left, top] as const, label }]
  })
  return { name, style, points: known.map(({ at }) => at), labels: known.map(({ label }) => label) }
}

/** Around the points where they are marked, so that curves can be told apart; from 0, or below it, where they run over time. */
function rangeOf(
  curves: readonly Curve[],
  axis: 0 | 1,
  isMarked: boolean,
): { readonly min: number; readonly max?: number } {
  const values = curves.flatMap(({ points }) => points.map((point) => point[axis]))
  if (values.length === 0) return { min: 0 }
  const [least, most] = [Math.min(...values), Math.max(...values)]
  if (!isMarked) return { min: Math.min(0, least) }
  const room = Math.max((most - least) * marginPart, 1e-3)
  return { min: least - room, max: most + room }
}

const marginPart = 0.12
