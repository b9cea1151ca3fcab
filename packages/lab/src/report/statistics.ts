/** What a report says of many numbers. */

/** The value below which a part `q` (0 to 1) of them lies, by linear interpolation; undefined of nothing. */
export function quantile(values: readonly number[], q: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  if (sorted.length === 0) return undefined
  const at = q * (sorted.length - 1)
  const low = sorted[Math.floor(at)] ?? 0
  const high = sorted[Math.ceil(at)] ?? low
  return low + (high - low) * (at - Math.floor(at))
}

export function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Jain's index (DEC TR-301, 1984): 1 when all have the same, 1/n when one of n has all; 1 of nothing. */
export function jain(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0)
  const squares = values.reduce((total, value) => total + value * value, 0)
  return squares === 0 ? 1 : (sum * sum) / (values.length * squares)
}

/** Share of peers against share of the whole, both 0 to 1, the smallest first; from (0, 0) to (1, 1). */
export function lorenz(values: readonly number[]): readonly (readonly [number, number])[] {
  const sorted = [...values].sort((a, b) => a - b)
  const total = sorted.reduce((sum, value) => sum + value, 0)
  let sum = 0
  const points: [number, number][] = [[0, 0]]
  for (const [i, value] of sorted.entries()) {
    sum += value
    points.push([(i + 1) / sorted.length, total === 0 ? (i + 1) / sorted.length : sum / total])
  }
  return points
}

/** Gini's coefficient: 0 when all have the same, near 1 when one has all. */
export function gini(values: readonly number[]): number {
  const points = lorenz(values)
  let area = 0
  for (const [i, [x, y]] of points.entries()) {
    const [x0, y0] = points[i - 1] ?? [0, 0]
    area += ((x - x0) * (y + y0)) / 2
  }
  return Math.max(0, 1 - 2 * area)
}
