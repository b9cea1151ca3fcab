/** Where the demo shows how it goes: redrawn in place on a terminal, a line each five seconds elsewhere, on stderr. */

import pc from 'picocolors'
import { liveTable, plainLine } from './table.ts'
import type { Watch } from './watch.ts'

const redrawMilliseconds = 250
const lineMilliseconds = 5_000

export interface Stage {
  /** A line that stays, above what is drawn. */
  tell(line: string): void
  /** Leaves the last picture where it is. Repeating it does nothing. */
  close(): void
}

/** Starts drawing what `watch` learns. */
export function openStage(watch: Watch): Stage {
  const startedAt = performance.now()
  const seconds = (): number => (performance.now() - startedAt) / 1000
  if (process.stderr.isTTY === true) return redrawn(() => liveTable(watch, seconds()))
  const timer = setInterval(() => process.stderr.write(`${plainLine(watch, seconds())}\n`), lineMilliseconds)
  return { tell: (line) => process.stderr.write(`${line}\n`), close: () => clearInterval(timer) }
}

function redrawn(picture: () => readonly string[]): Stage {
  let drawn = 0
  let isClosed = false
  const draw = (): void => {
    const width = process.stderr.columns ?? 80
    const lines = picture().map((line) => line.slice(0, width - 1))
    const colored = lines.map((line) => (line.startsWith('leecher') ? pc.bold(line) : line))
    process.stderr.write(`${rewind(drawn)}${colored.map((line) => `${line}\u001B[K\n`).join('')}\u001B[J`)
    drawn = lines.length
  }
  const timer = setInterval(draw, redrawMilliseconds)
  return {
    tell(line) {
      if (isClosed) return
      process.stderr.write(`${rewind(drawn)}\u001B[J${line}\n`)
      drawn = 0
      draw()
    },
    close() {
      if (isClosed) return
      isClosed = true
      clearInterval(timer)
      draw()
      process.stderr.write('\n')
    },
  }
}

function rewind(lines: number): string {
  return lines === 0 ? '' : `\u001B[${lines}A\r`
}
