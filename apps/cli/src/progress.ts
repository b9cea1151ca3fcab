/** Progress on stderr: a line redrawn on a terminal, a line each five seconds elsewhere, nothing beside JSON. */

import type { OutputMode } from './output.ts'

const redrawMilliseconds = 200
const lineMilliseconds = 5_000
const barCells = 24

export interface ProgressLine {
  /** `fraction` from 0 to 1; `detail` follows the percentage. */
  update(fraction: number, detail?: string): void
  end(): void
}

export function progressLine(verb: string, mode: OutputMode): ProgressLine {
  if (mode !== 'text') return { update: () => {}, end: () => {} }
  const isTerminal = process.stderr.isTTY === true
  const interval = isTerminal ? redrawMilliseconds : lineMilliseconds
  let drawnAt = isTerminal ? Number.NEGATIVE_INFINITY : performance.now()
  let isDirty = false
  return {
    update(fraction, detail = '') {
      const now = performance.now()
      if (now - drawnAt < interval) return
      drawnAt = now
      const percent = `${(100 * fraction).toFixed(1).padStart(5)} %`
      if (!isTerminal) process.stderr.write(`${verb} ${percent.trim()} ${detail}\n`)
      else process.stderr.write(`\r\u001B[K${verb} ${bar(fraction)} ${percent}  ${detail}`)
      isDirty = isTerminal
    },
    end() {
      if (isDirty) process.stderr.write('\r\u001B[K')
      isDirty = false
    },
  }
}

function bar(fraction: number): string {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * barCells)
  return `${'█'.repeat(full)}${'░'.repeat(barCells - full)}`
}
