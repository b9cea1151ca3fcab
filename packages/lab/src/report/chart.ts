/** Charts as inline SVG without a script: lines, dots and bars over two axes. Colours are CSS classes of the page. */

import { type Axis, axisTicks, formatTick } from './axis.ts'
import { escapeHtml } from './escape.ts'

const width = 640
const height = 300
const margin = { left: 64, right: 28, top: 12, bottom: 44 }
/** Colours and dashes that the page defines; further series begin anew. */
export const seriesStyles = 6
/** Points of a line at most: more than a line of the picture is wide. */
const pointsMax = 500

export interface Series {
  readonly name: string
  readonly points: readonly (readonly [number, number])[]
  /** Which of the page's styles. */
  readonly style: number
}

/** A line with a word for each point; none where it is absent. */
export interface Curve extends Series {
  readonly labels: readonly (string | undefined)[]
}

export interface ChartTerms {
  /** What the picture shows, for those who do not see it. */
  readonly label: string
  readonly x: Axis
  readonly y: Axis
}

interface Frame {
  readonly terms: ChartTerms
  x(value: number): number
  y(value: number): number
}

export function lineChart(terms: ChartTerms, series: readonly Series[]): string {
  const frame = frameOf(terms, series)
  const lines = series.map(({ points, style }) => {
    const path = thinned(points).map(([x, y]) => `${fixed(frame.x(x))},${fixed(frame.y(y))}`)
    return `<polyline class="line s${style % seriesStyles}" points="${path.join(' ')}"/>`
  })
  return svg(frame, series, lines)
}

/** Lines through few points, each with a dot and perhaps a word beside it. */
export function curveChart(terms: ChartTerms, curves: readonly Curve[]): string {
  const frame = frameOf(terms, curves)
  const marks = curves.flatMap(({ points, style, labels }) => {
    const kind = style % seriesStyles
    const at = points.map(([x, y]) => [frame.x(x), frame.y(y)] as const)
    const path = at.map(([x, y]) => `${fixed(x)},${fixed(y)}`)
    const words = at.map(([x, y], i) => {
      const text = escapeHtml(labels[i] ?? '')
      return text === '' ? '' : `<text class="tick" x="${fixed(x + 6)}" y="${fixed(y - 6)}">${text}</text>`
    })
    const line = `<polyline class="line s${kind}" points="${path.join(' ')}"/>`
    return [line, ...at.map(([x, y]) => dot(x, y, kind)), ...words.filter((text) => text !== '')]
  })
  return svg(frame, curves, marks)
}

export function dotChart(terms: ChartTerms, series: readonly Series[]): string {
  const frame = frameOf(terms, series)
  const dots = series.flatMap(({ points, style }) =>
    points.map(([x, y]) => dot(frame.x(x), frame.y(y), style % seriesStyles)),
  )
  return svg(frame, series, dots)
}

/** Groups of bars side by side, one group a name. */
export function barChart(terms: ChartTerms, names: readonly string[], series: readonly Series[]): string {
  const frame = frameOf({ ...terms, x: { ...terms.x, min: -0.5, max: names.length - 0.5, names } }, series)
  const slot = frame.x(1) - frame.x(0)
  const bar = (slot * 0.8) / Math.max(1, series.length)
  const bars = series.flatMap(({ points, style }, i) =>
    points.map(([x, y]) => {
      const left = frame.x(x) - slot * 0.4 + i * bar
      const [top, foot] = [frame.y(y), frame.y(0)]
      const size = `width="${fixed(Math.max(1, bar - 1))}" height="${fixed(Math.max(0, foot - top))}"`
      return `<rect class="bar s${style % seriesStyles}" x="${fixed(left)}" y="${fixed(top)}" ${size}/>`
    }),
  )
  return svg(frame, series, bars)
}

function frameOf(terms: ChartTerms, series: readonly Series[]): Frame {
  const points = series.flatMap((it) => it.points)
  const x = rangeOf(
    terms.x,
    points.map(([value]) => value),
  )
  const y = rangeOf(
    terms.y,
    points.map(([, value]) => value),
  )
  return {
    terms: { ...terms, x: { ...terms.x, ...x }, y: { ...terms.y, ...y } },
    x: (value) => margin.left + ((value - x.min) / (x.max - x.min)) * (width - margin.left - margin.right),
    y: (value) => height - margin.bottom - ((value - y.min) / (y.max - y.min)) * (height - margin.top - margin.bottom),
  }
}

function rangeOf(axis: Axis, values: readonly number[]): { readonly min: number; readonly max: number } {
  const min = axis.min ?? 0
  const most = values.reduce((max, value) => Math.max(max, value), min)
  const ticks = axisTicks(min, most > min ? most : min + 1)
  return { min, max: axis.max ?? ticks.at(-1) ?? min + 1 }
}

function svg(frame: Frame, series: readonly Series[], marks: readonly string[]): string {
  const label = escapeHtml(frame.terms.label)
  const open = `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">`
  const empty = series.every(({ points }) => points.length === 0)
  const note = empty
    ? [`<text class="tick" x="${width / 2}" y="${height / 2}" text-anchor="middle">nothing to show</text>`]
    : []
  return [open, ...axes(frame), ...marks, ...note, '</svg>'].join('\n')
}

function axes({ terms, x, y }: Frame): string[] {
  const marks: string[] = []
  const foot = height - margin.bottom
  for (const value of axisTicks(terms.y.min ?? 0, terms.y.max ?? 1)) {
    const at = fixed(y(value))
    marks.push(`<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${at}" y2="${at}"/>`)
    marks.push(
      `<text class="tick" x="${margin.left - 8}" y="${at}" dy="4" text-anchor="end">${formatTick(value, terms.y)}</text>`,
    )
  }
  const { names } = terms.x
  const ticks = names === undefined ? axisTicks(terms.x.min ?? 0, terms.x.max ?? 1) : names.map((_, i) => i)
  for (const value of ticks) {
    const text = names === undefined ? formatTick(value, terms.x) : escapeHtml(names[value] ?? '')
    marks.push(`<text class="tick" x="${fixed(x(value))}" y="${foot + 16}" text-anchor="middle">${text}</text>`)
  }
  const middle = (foot + margin.top) / 2
  marks.push(
    `<line class="axis" x1="${margin.left}" x2="${width - margin.right}" y1="${foot}" y2="${foot}"/>`,
    `<text class="name" x="${(width + margin.left) / 2}" y="${height - 8}" text-anchor="middle">${escapeHtml(terms.x.name)}</text>`,
    `<text class="name" transform="translate(13 ${middle}) rotate(-90)" text-anchor="middle">${escapeHtml(terms.y.name)}</text>`,
  )
  return marks
}

/** A shape of its own for each style, so that colour is not all that tells them apart. */
function dot(x: number, y: number, style: number): string {
  const [left, top] = [fixed(x), fixed(y)]
  const at = `class="dot s${style}"`
  if (style % 4 === 0) return `<circle ${at} cx="${left}" cy="${top}" r="3.5"/>`
  if (style % 4 === 3) return `<path ${at} d="M${left} ${fixed(y - 4.5)}l4.5 4.5-4.5 4.5-4.5-4.5z"/>`
  if (style % 4 === 1) return `<rect ${at} x="${fixed(x - 3)}" y="${fixed(y - 3)}" width="6" height="6"/>`
  return `<path ${at} d="M${left} ${fixed(y - 4)}l4 7h-8z"/>`
}

function thinned(points: Series['points']): Series['points'] {
  if (points.length <= pointsMax) return points
  const step = points.length / pointsMax
  const kept = Array.from({ length: pointsMax }, (_, i) => points[Math.floor(i * step)] ?? ([0, 0] as const))
  const last = points.at(-1)
  return last === undefined ? kept : [...kept, last]
}

function fixed(value: number): string {
  return value.toFixed(1)
}
