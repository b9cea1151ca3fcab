/** Randomness as a port: the system's for nonces and choices, a seeded one for tests and the lab. */

import { randomBytes, randomInt } from 'node:crypto'
import { assert } from './assert.ts'

export interface Random {
  /** A uniform integer in [0, bound); `bound` from 1 to 2^32. */
  below(bound: number): number
  /** `length` fresh bytes. */
  bytes(length: number): Uint8Array
}

/** The operating system's generator. */
export const systemRandom: Random = {
  below: (bound) => randomInt(bound),
  bytes: (length) => new Uint8Array(randomBytes(length)),
}

/**
 * A reproducible generator (sfc32). Not for keys or nonces.
 *
 * @example
 * const random = seededRandom(7)
 * random.below(6)
 */
export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9 | 0
  let b = 0x243f6a88 | 0
  let c = seed | 0
  let counter = 1
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return sum >>> 0
  }
  for (let i = 0; i < 16; i++) next()
  const below = (bound: number): number => {
    assert(Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 32, 'a bound from 1 to 2^32')
    const limit = Math.floor(2 ** 32 / bound) * bound
    for (;;) {
      const draw = next()
      if (draw < limit) return draw % bound
    }
  }
  return { below, bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff) }
}

/** Shuffles in place (Fisher-Yates) and returns the same array. */
export function shuffle<T>(items: T[], random: Random): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const held = items[i] as T // i and j are below length
    items[i] = items[j] as T
    items[j] = held
  }
  return items
}
