/** Round numbers for an axis. */

export interface Axis {
  readonly name: string
  readonly min?: number
  readonly max?: number
  readonly unit?: string
  /** Names in place of numbers: of 0, 1, 2 and so on. */
  readonly names?: readonly string[]
}

const ticksWanted = 5

/** Round values from `min` to at least `max`. */
export function axisTicks(min: number, max: number): number[] {
  const rough = (max - min) / ticksWanted
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10)
  const ticks: number[] = []
  const first = Math.ceil(min / step - 1e-9)
  const last = Math.ceil(max / step - 1e-9)
  for (let i = first; i <= last; i++) ticks.push(Number((i * step).toPrecision(12)))
  return ticks
}

export function formatTick(value: number, { unit = '' }: Axis): string {
  return `${shortNumber(value)}${unit}`
}

/** `1.5k`, `20M`; small ones as they are. */
export function shortNumber(value: number): string {
  const size = Math.abs(value)
  for (const [from, unit, letter] of suffixes) {
    if (size >= from) return `${Number((value / unit).toPrecision(3))}${letter}`
  }
  return String(Number(value.toPrecision(3)))
}

const suffixes: readonly (readonly [number, number, string])[] = [
  [1e12, 1e12, 'T'],
  [1e9, 1e9, 'G'],
  [1e6, 1e6, 'M'],
  [1e4, 1e3, 'k'],
]
