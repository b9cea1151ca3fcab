/** Where the demo shows how it goes: redrawn in place on a terminal, a line each five seconds elsewhere, on stderr. */

const redrawMilliseconds = 250
const lineMilliseconds = 5_000

export interface Picture {
  lines(): readonly string[]
  line(): string
}

/** Starts drawing; answers how to end it. */
export function drawEvery(picture: Picture): () => void {
  return process.stderr.isTTY === true ? redraw(picture) : printLines(picture)
}

function printLines(picture: Picture): () => void {
  const timer = setInterval(() => process.stderr.write(`${picture.line()}\n`), lineMilliseconds)
  return () => clearInterval(timer)
}

function redraw(picture: Picture): () => void {
  let drawn = 0
  const draw = (): void => {
    const width = process.stderr.columns ?? 80
    const lines = picture.lines().map((line) => line.slice(0, width - 1))
    const up = drawn === 0 ? '' : `\u001B[${drawn}A`
    process.stderr.write(`${up}\r${lines.map((line) => `${line}\u001B[K\n`).join('')}\u001B[J`)
    drawn = lines.length
  }
  const timer = setInterval(draw, redrawMilliseconds)
  draw()
  return () => {
    clearInterval(timer)
    draw()
  }
}
