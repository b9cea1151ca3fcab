/** The compression function of BLAKE2b (EIP-152, RFC 7693), as many rounds as its caller pays for: a second's worth has millions. */

import { EVMError } from '@ethereumjs/evm'
import { failed, outOfGas, type PacedPrecompile, returned } from './outcome.ts'

/** Rounds, state, message, offset, final flag. */
const inputBytes = 4 + 64 + 128 + 16 + 1
const stateAt = 4
const messageAt = 68
const offsetAt = 196
const flagAt = 212
/** Done before anybody asks whether it is time for others. */
const roundsMax = 1000
/** What a round counts for. */
const roundWork = 2

const nothing = new Uint8Array(0)
/** Fractions of the square roots of the first eight primes, low half first. */
const initial = Int32Array.of(
  ...[0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a],
  ...[0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19],
)
/** Which words of the message each round takes, a hex digit a word. */
const schedule = [
  ...['0123456789abcdef', 'ea489fd61c02b753', 'b8c052fdae367194', '7931dcbe265a40f8', '905724afe1bc683d'],
  ...['2c6a0b834d75fe19', 'c51fed4a0763928b', 'db7ec13950f4862a', '6fe9b308c2d714a5', 'a2847615fb9e3cd0'],
].map(digits)
/** Which words of the work are mixed with each other: columns, then diagonals. */
const lanes = ['048c', '159d', '26ae', '37bf', '05af', '16bc', '278d', '349e'].map(digits)

export const blake2f: PacedPrecompile = async (call, pace) => {
  const { data, gasLimit, common } = call
  const flag = data[flagAt] ?? 2
  if (data.length !== inputBytes || flag > 1) return failed(call, new EVMError(EVMError.errorMessages.OUT_OF_RANGE))
  const rounds = new DataView(data.buffer, data.byteOffset).getUint32(0)
  const gas = common.param('blake2RoundGas') * BigInt(rounds)
  if (gasLimit < gas) return outOfGas(call)
  const state = halves(data.subarray(stateAt, messageAt))
  const message = halves(data.subarray(messageAt, offsetAt))
  const work = workOf(state, halves(data.subarray(offsetAt, flagAt)), flag === 1)
  for (let from = 0; from < rounds; from += roundsMax) {
    const to = Math.min(rounds, from + roundsMax)
    for (let round = from; round < to; round++) runRound(work, message, round)
    if (pace.spend((to - from) * roundWork)) await pace.rest()
  }
  const output = new DataView(new ArrayBuffer(64))
  for (let at = 0; at < 16; at++) {
    output.setInt32(4 * at, word(state, at) ^ word(work, at) ^ word(work, at + 16), true)
  }
  return returned(gas, new Uint8Array(output.buffer))
}

/** Words of 64 bits as halves of 32, the low one first. */
function halves(bytes: Uint8Array): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Int32Array.from({ length: bytes.length / 4 }, (_item, at) => view.getInt32(4 * at, true))
}

function workOf(state: Int32Array, offset: Int32Array, isFinal: boolean): Int32Array {
  const work = Int32Array.of(...state, ...initial)
  for (const [at, half] of offset.entries()) work[24 + at] = word(work, 24 + at) ^ half
  if (isFinal) for (const at of [28, 29]) work[at] = ~word(work, at)
  return work
}

function digits(hex: string): Uint8Array {
  return Uint8Array.from(hex, (digit) => Number.parseInt(digit, 16))
}

function runRound(work: Int32Array, message: Int32Array, round: number): void {
  const words = schedule[round % schedule.length] ?? nothing
  for (let at = 0; at < lanes.length; at++) {
    mix(work, lanes[at] ?? nothing, message, 2 * word(words, 2 * at), 2 * word(words, 2 * at + 1))
  }
}

/** The function G of RFC 7693. Sums of two or three halves are exact in a double; what is above 32 bits is carried. */
function mix(v: Int32Array, lane: Uint8Array, message: Int32Array, x: number, y: number): void {
  const a = 2 * word(lane, 0)
  const b = 2 * word(lane, 1)
  const c = 2 * word(lane, 2)
  const d = 2 * word(lane, 3)
  let bl = word(v, b)
  let bh = word(v, b + 1)
  let sum = (word(v, a) >>> 0) + (bl >>> 0) + (word(message, x) >>> 0)
  let al = sum | 0
  let ah = (word(v, a + 1) + bh + word(message, x + 1) + carryOf(sum)) | 0
  let dl = word(v, d + 1) ^ ah
  let dh = word(v, d) ^ al
  sum = (word(v, c) >>> 0) + (dl >>> 0)
  let cl = sum | 0
  let ch = (word(v, c + 1) + dh + carryOf(sum)) | 0
  let low = bl ^ cl
  let high = bh ^ ch
  bl = (low >>> 24) | (high << 8)
  bh = (high >>> 24) | (low << 8)
  sum = (al >>> 0) + (bl >>> 0) + (word(message, y) >>> 0)
  ah = (ah + bh + word(message, y + 1) + carryOf(sum)) | 0
  al = sum | 0
  low = dl ^ al
  high = dh ^ ah
  dl = (low >>> 16) | (high << 16)
  dh = (high >>> 16) | (low << 16)
  sum = (cl >>> 0) + (dl >>> 0)
  ch = (ch + dh + carryOf(sum)) | 0
  cl = sum | 0
  low = bl ^ cl
  high = bh ^ ch
  v[a] = al
  v[a + 1] = ah
  v[b] = (high >>> 31) | (low << 1)
  v[b + 1] = (low >>> 31) | (high << 1)
  v[c] = cl
  v[c + 1] = ch
  v[d] = dl
  v[d + 1] = dh
}

/** What goes over into the upper half: 0, 1 or 2. */
function carryOf(sum: number): number {
  return (sum / 2 ** 32) | 0
}

function word(words: Int32Array | Uint8Array, at: number): number {
  return words[at] ?? 0
}
