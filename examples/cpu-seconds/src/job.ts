/**
 * The work: find a nonce such that SHA-256 of seed and nonce begins with many zero bits. It is cut into steps: the nonces of
 * a step begin with its number, and the step is done when enough of them were found to be shares.
 */

import { hash } from 'node:crypto'
import { assert } from '@millrace/base'

export interface Job {
  /** 32 bytes, fresh for each job: work for another seed is worth nothing here. */
  readonly seed: Uint8Array
  /** Leading zero bits of a hash that ends the job. */
  readonly goalBits: number
}

export const seedBytes = 32
export const offsetMax = 0xffff_ffff
export const goalBitsMax = 255
const nonceBytes = 8

/** The input whose hash counts: seed, number of the step, offset in it. */
export class Candidate {
  readonly #bytes: Buffer

  constructor(seed: Uint8Array, step: number) {
    assert(seed.length === seedBytes, 'a seed of 32 bytes')
    this.#bytes = Buffer.concat([seed, Buffer.alloc(nonceBytes)])
    this.#bytes.writeUInt32BE(step, seedBytes)
  }

  /** Leading zero bits of the hash with this offset. */
  zeroBits(offset: number): number {
    this.#bytes.writeUInt32BE(offset, seedBytes + 4)
    return leadingZeroBits(hash('sha256', this.#bytes, 'buffer'))
  }
}

/**
 * Does a step: the offsets of its first shares.
 *
 * @example
 * searchStep(seed, 0, { bits: 9, count: 8 }) // 8 rising offsets, after 4,096 hashes in the mean
 */
export function searchStep(
  seed: Uint8Array,
  step: number,
  shares: { readonly bits: number; readonly count: number },
): readonly number[] {
  const candidate = new Candidate(seed, step)
  const found: number[] = []
  for (let offset = 0; found.length < shares.count; offset++) {
    assert(offset <= offsetMax, 'shares among 2^32 nonces')
    if (candidate.zeroBits(offset) >= shares.bits) found.push(offset)
  }
  return found
}

function leadingZeroBits(digest: Uint8Array): number {
  let bits = 0
  for (const byte of digest) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24
    bits += 8
  }
  return bits
}
