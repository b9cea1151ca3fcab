/** Sorting numbers without comparing them: a book of ten thousand bids is ordered in a fraction of a millisecond. */

const digitBits = 11
const buckets = 1 << digitBits
/** The 64 bits of a number as digits: three of its lower word, three of its upper one. */
const digitCount = 6
/** Below this many numbers an ordinary sort is as fast. */
const radixMin = 256
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
  const counts = countsOf(words)
  let to: Uint32Array = new Uint32Array(keys.length)
  for (let digit = 0; digit < digitCount; digit++) {
    const own = counts.subarray(digit * buckets, (digit + 1) * buckets)
    // One bucket has all: nothing would move.
    if (own.includes(keys.length)) continue
    scatter(words, digit, own, from, to)
    const swapped = from
    from = to
    to = swapped
  }
  return from
}

/** How often each digit has each value. */
function countsOf(words: Uint32Array): Uint32Array {
  const counts = new Uint32Array(digitCount * buckets)
  const first = littleEndian ? 0 : 1
  for (let at = 0; at < words.length; at += 2) {
    let word = words[at + first] ?? 0
    count(counts, word & (buckets - 1))
    count(counts, buckets + ((word >>> digitBits) & (buckets - 1)))
    count(counts, 2 * buckets + (word >>> (2 * digitBits)))
    word = words[at + 1 - first] ?? 0
    count(counts, 3 * buckets + (word & (buckets - 1)))
    count(counts, 4 * buckets + ((word >>> digitBits) & (buckets - 1)))
    count(counts, 5 * buckets + (word >>> (2 * digitBits)))
  }
  return counts
}

/** One digit's pass, from one order into another. */
function scatter(words: Uint32Array, digit: number, counts: Uint32Array, from: Uint32Array, to: Uint32Array): void {
  const offset = digit < 3 === littleEndian ? 0 : 1
  const shift = (digit % 3) * digitBits
  let sum = 0
  for (let value = 0; value < buckets; value++) {
    const size = counts[value] ?? 0
    counts[value] = sum
    sum += size
  }
  for (let at = 0; at < from.length; at++) {
    const i = from[at] ?? 0
    to[count(counts, ((words[2 * i + offset] ?? 0) >>> shift) & (buckets - 1))] = i
  }
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
