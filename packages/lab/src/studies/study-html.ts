/** Results of studies as one HTML file: a table each, and every seed of its headline as a dot. */

import { dotChart } from '../report/chart.ts'
import { escapeHtml } from '../report/escape.ts'
import { page } from '../report/page.ts'
import { plotHtml } from './plot-html.ts'
import type { StudyResult } from './study.ts'
import { gridOf, seedsText } from './study-text.ts'

/** More names than this do not fit under a picture: numbers then, in the order of the table. */
const namesMax = 5

export function studiesHtml(title: string, results: readonly StudyResult[]): string {
  return page(title, [...results.map(section)])
}

function section(result: StudyResult): string {
  const { head, rows } = gridOf(result)
  const headCells = head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`)
  const bodyRows = rows.map((row) => {
    const cells = row.map((text, i) => `<td${i === 0 ? ' class="text"' : ''}>${escapeHtml(text)}</td>`)
    return `<tr>${cells.join('')}</tr>`
  })
  return [
    `<figure id="${escapeHtml(result.name)}">`,
    `<figcaption><h2>${escapeHtml(result.title)}</h2>`,
    `<p>${escapeHtml(`After ${result.source}; ${seedsText(result)}.`)}</p></figcaption>`,
    headlineChart(result),
    ...(result.plots ?? []).map((plot) => plotHtml(plot, result)),
    `<div class="scroll"><table><thead><tr>${headCells.join('')}</tr></thead>`,
    `<tbody>${bodyRows.join('\n')}</tbody></table></div>`,
    '</figure>',
  ].join('\n')
}

function headlineChart({ arms, measures, headline }: StudyResult): string {
  const measure = measures.find(({ key }) => key === headline)
  const names = Object.keys(arms)
  const points = names.flatMap((name, i) =>
    (arms[name]?.[headline] ?? []).flatMap((value) => (value === null ? [] : [[i, value] as const])),
  )
  const least = Math.min(0, ...points.map(([, value]) => value))
  const labels = names.length <= namesMax ? names : names.map((_, i) => String(i + 1))
  const title = measure?.unit === undefined ? (measure?.title ?? '') : `${measure.title}, ${measure.unit}`
  const x = { name: 'a dot a seed', min: -0.5, max: names.length - 0.5, names: labels }
  return dotChart({ label: title, x, y: { name: title, min: least } }, [{ name: title, points, style: 0 }])
}
