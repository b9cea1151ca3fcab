/** A run as one HTML file: no script, nothing loaded, light and dark, a table for each picture. */

import { formatBtt } from '@millrace/base'
import type { LabResult } from '../result.ts'
import { escapeHtml } from './escape.ts'
import { type Figure, figuresOf } from './figures.ts'
import { page } from './page.ts'

export function reportHtml(result: LabResult): string {
  const { scenario } = result
  return page(scenario.title, [
    `<p class="sub">${escapeHtml(summary(result))}</p>`,
    money(result),
    '<main>',
    ...figuresOf(result).map(figureHtml),
    '</main>',
    '<details><summary>The scenario</summary>',
    `<pre>${escapeHtml(JSON.stringify(scenario, null, 2))}</pre>`,
    '</details>',
  ])
}

function summary({ scenario, peers, endedSecond }: LabResult): string {
  const mebibytes = scenario.contentBytes / 2 ** 20
  const done = peers.filter(({ downloadSeconds }) => downloadSeconds !== null).length
  const level = scenario.blocksPerUnit === 1 ? 'blocks of 16 KiB' : `units of ${scenario.blocksPerUnit * 16} KiB`
  const source = scenario.source === undefined ? '' : ` After ${scenario.source}.`
  return `${peers.length} peers, ${mebibytes} MiB in ${level}, seed ${scenario.seed}: ${done} downloads done within ${endedSecond} virtual seconds.${source}`
}

function money({ money: it }: LabResult): string {
  if (it.deposited === '0') return '<p>Nobody pays in this run.</p>'
  const amount = (baseUnits: string): string => `${Number(formatBtt(BigInt(baseUnits))).toPrecision(4)} BTT`
  const sums = [
    ['deposited', it.deposited],
    ['spent', it.spent],
    ['accepted by sellers', it.accepted],
    ['paid out', it.paidOut],
    ['accepted, not covered', it.uncovered],
    ['left in vaults', it.balance],
  ] as const
  const cells = sums.map(([name, value]) => `<div><dt>${name}</dt><dd>${amount(value)}</dd></div>`)
  return `<dl class="sums">${cells.join('')}</dl>`
}

function figureHtml({ id, title, note, svg, legend, columns, rows }: Figure): string {
  const keys = legend.map(({ name, style }) => `<li><i class="key s${style % 6}"></i>${escapeHtml(name)}</li>`)
  const head = columns.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('')
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`)
  return [
    `<figure id="${id}">`,
    `<figcaption><h2>${escapeHtml(title)}</h2><p>${escapeHtml(note)}</p></figcaption>`,
    legend.length > 1 ? `<ul class="legend">${keys.join('')}</ul>` : '',
    svg,
    '<details><summary>As a table</summary>',
    `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`,
    '</details>',
    '</figure>',
  ].join('\n')
}

function cell(value: string | number | null): string {
  return typeof value === 'string' ? `<td class="text">${escapeHtml(value)}</td>` : `<td>${value ?? '–'}</td>`
}
