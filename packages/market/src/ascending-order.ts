/** Sorting numbers without comparing them: a book of ten thousand bids is ordered in a fraction of a millisecond. */

const digitBits = 11
const buckets = 1 << digitBits
/** Below this many numbers an ordinary sort is as fast. */
const radixMin = 256
/** The 64 bits of a number as digits: which of its two words, and how far to shift it. */
const digits = [0, 1].flatMap((word) => [0, digitBits, 2 * digitBits].map((shift) => ({ word, shift })))
const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

/**
 * The indices of `keys` by ascending key; of equal keys in the order of `start` (the natural order unless given).
 *
 * Least-significant-digit radix sort: the bits of numbers from 0 up ascend like the numbers.
 *
 * @param keys 0 or above, Infinity included
 * @example
 * ascendingOrder(Float64Array.of(5, 1, 3)) // [1, 2, 0]
 */
export function ascendingOrder(keys: Float64Array, start?: Uint32Array): Uint32Array {
  let from: Uint32Array = start?.slice() ?? naturalOrder(keys.length)
  if (keys.length < radixMin) return stableSort(keys, from)
  const words = new Uint32Array(keys.buffer, keys.byteOffset, 2 * keys.length)
  let to: Uint32Array = new Uint32Array(keys.length)
  for (const { word, shift } of digits) {
    const offset = littleEndian ? word : 1 - word
    if (!scatter(words, offset, shift, from, to)) continue
    const swapped = from
    from = to
    to = swapped
  }
  return from
}

/** One digit's pass; false, and nothing moved, when all have the same digit. */
function scatter(words: Uint32Array, offset: number, shift: number, from: Uint32Array, to: Uint32Array): boolean {
  const ends = new Uint32Array(buckets)
  const digitOf = (i: number): number => ((words[2 * i + offset] ?? 0) >>> shift) & (buckets - 1)
  for (let i = 0; i < from.length; i++) count(ends, digitOf(i))
  if (ends[digitOf(0)] === from.length) return false
  let sum = 0
  for (let digit = 0; digit < buckets; digit++) {
    const size = ends[digit] ?? 0
    ends[digit] = sum
    sum += size
  }
  for (let at = 0; at < from.length; at++) {
    const i = from[at] ?? 0
    to[count(ends, digitOf(i))] = i
  }
  return true
}

function naturalOrder(length: number): Uint32Array {
  const order = new Uint32Array(length)
  for (let i = 0; i < length; i++) order[i] = i
  return order
}

/** Adds one; returns what was there before. */
function count(counts: Uint32Array, at: number): number {
  const before = counts[at] ?? 0
  counts[at] = before + 1
  return before
}

function stableSort(keys: Float64Array, order: Uint32Array): Uint32Array {
  return order.sort((a, b) => {
    const [left, right] = [keys[a] ?? 0, keys[b] ?? 0]
    return left < right ? -1 : left > right ? 1 : 0
  })
}
