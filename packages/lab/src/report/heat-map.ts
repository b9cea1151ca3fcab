/** A grid of numbers as inline SVG without a script: a colour and the number itself in every cell. */

import { shortNumber } from './axis.ts'
import { escapeHtml } from './escape.ts'

export interface HeatMapTerms {
  /** What the picture shows, for those who do not see it. */
  readonly label: string
  /** Names of the axes, and of their values in order. */
  readonly x: { readonly name: string; readonly values: readonly string[] }
  readonly y: { readonly name: string; readonly values: readonly string[] }
}

/** What a cell shows; null: nothing was measured. */
export interface HeatCell {
  readonly value: number
  readonly text: string
}

const width = 640
const rowHeight = 42
const margin = { left: 96, right: 84, top: 8, bottom: 44 }
/** From dark to light, so that it reads in grey as well. */
const ramp = [
  [38, 49, 92],
  [0, 114, 128],
  [94, 178, 106],
  [250, 225, 70],
] as const
/** Lighter cells carry dark words (relative luminance, WCAG 2). */
const luminanceOfDarkWords = 0.3
const scaleSteps = 24
const scaleWidth = 14

/** @param rows from the first value of y on, which is drawn at the bottom; in each a cell for every value of x */
export function heatMap({ label, x, y }: HeatMapTerms, rows: readonly (readonly (HeatCell | null)[])[]): string {
  const height = margin.top + margin.bottom + rowHeight * y.values.length
  const columnWidth = (width - margin.left - margin.right) / Math.max(1, x.values.length)
  const foot = height - margin.bottom
  const values = rows.flat().flatMap((cell) => (cell === null ? [] : [cell.value]))
  const [least, most] = values.length === 0 ? [0, 0] : [Math.min(...values), Math.max(...values)]
  const partOf = (value: number): number => (most === least ? 0.5 : (value - least) / (most - least))
  const marks = rows.flatMap((row, j) =>
    row.map((cell, i) => {
      const place = { left: margin.left + i * columnWidth, top: foot - (j + 1) * rowHeight, width: columnWidth }
      return cell === null ? emptyCell(place) : filledCell(place, cell.text, partOf(cell.value))
    }),
  )
  const columns = x.values.map((text, i) => {
    const at = `x="${fixed(margin.left + (i + 0.5) * columnWidth)}" y="${foot + 16}" text-anchor="middle"`
    return `<text class="tick" ${at}>${escapeHtml(text)}</text>`
  })
  const lines = y.values.map((text, j) => {
    const at = `x="${margin.left - 8}" y="${fixed(foot - (j + 0.5) * rowHeight)}" dy="4" text-anchor="end"`
    return `<text class="tick" ${at}>${escapeHtml(text)}</text>`
  })
  const middle = (foot + margin.top) / 2
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(label)}">`,
    ...marks,
    ...columns,
    ...lines,
    `<text class="name" x="${fixed((margin.left + width - margin.right) / 2)}" y="${height - 8}" text-anchor="middle">${escapeHtml(x.name)}</text>`,
    `<text class="name" transform="translate(13 ${fixed(middle)}) rotate(-90)" text-anchor="middle">${escapeHtml(y.name)}</text>`,
    ...(values.length === 0 ? [] : scaleBar(foot, least, most)),
    '</svg>',
  ].join('\n')
}

interface Place {
  readonly left: number
  readonly top: number
  readonly width: number
}

function filledCell(place: Place, text: string, part: number): string {
  const colour = colourAt(part)
  const words = luminance(colour) > luminanceOfDarkWords ? '#1c1f23' : '#fff'
  const at = `x="${fixed(place.left + place.width / 2)}" y="${fixed(place.top + rowHeight / 2)}" dy="4"`
  return `${box(place, `fill="${hex(colour)}"`)}<text ${at} text-anchor="middle" font-size="12" fill="${words}">${escapeHtml(text)}</text>`
}

function emptyCell(place: Place): string {
  return box(place, 'class="grid" fill="none"')
}

function box({ left, top, width: wide }: Place, look: string): string {
  return `<rect ${look} x="${fixed(left)}" y="${fixed(top)}" width="${fixed(wide - 1)}" height="${rowHeight - 1}"/>`
}

function scaleBar(foot: number, least: number, most: number): string[] {
  const left = width - margin.right + 16
  const step = (foot - margin.top) / scaleSteps
  const steps = Array.from({ length: scaleSteps }, (_, i) => {
    const colour = hex(colourAt(i / (scaleSteps - 1)))
    return `<rect fill="${colour}" x="${left}" y="${fixed(foot - (i + 1) * step)}" width="${scaleWidth}" height="${fixed(step + 0.5)}"/>`
  })
  const word = (value: number, y: number): string =>
    `<text class="tick" x="${left + scaleWidth + 5}" y="${fixed(y)}">${shortNumber(value)}</text>`
  return [...steps, word(least, foot), word(most, margin.top + 10)]
}

type Colour = readonly [number, number, number]

function colourAt(part: number): Colour {
  const at = part * (ramp.length - 1)
  const first = Math.min(ramp.length - 2, Math.floor(at))
  const [from, to] = [ramp[first] ?? ramp[0], ramp[first + 1] ?? ramp[0]]
  const mix = (i: 0 | 1 | 2): number => Math.round(from[i] + (to[i] - from[i]) * (at - first))
  return [mix(0), mix(1), mix(2)]
}

function luminance([red, green, blue]: Colour): number {
  const linear = (value: number): number => (value / 255) ** 2.2
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

function hex(colour: Colour): string {
  return `#${colour.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}

function fixed(value: number): string {
  return value.toFixed(1)
}
