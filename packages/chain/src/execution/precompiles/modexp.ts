/**
 * Powers with a modulus (EIP-198, priced by EIP-2565). A third of a gas buys a squaring of eight bytes. @ethereumjs shifts the whole
 * exponent for each of its bits: four times the work for one that is twice as long and costs its caller twice as much.
 */

import { fromBigEndian, maxBig } from '@millrace/base'
import { fixedBytes } from '../../hex.ts'
import type { Pace } from '../evm/pace.ts'
import { outOfGas, type PacedPrecompile, type PrecompileCall, returned } from './outcome.ts'

const lengthBytes = 32
const headerBytes = 3 * lengthBytes
/** The first bytes of an exponent cost by their bits, each after them as much as eight. */
const headBytesMax = 32
const gasLeast = 200n
/** @ethereumjs makes no longer arrays. */
const lengthMax = 2n ** 31n - 1n
/** An exponent so short is taken by single bits: the powers that longer digits need would cost more than they save. */
const shortBytesMax = 8
/** Bytes of an exponent that are looked at, and found to be zeros, for as much as one multiplication of short numbers. */
const scannedBytes = 64
/** Pairs of 64-bit words, the products of which count for as much as one of short numbers. */
const cheapPairs = 16

/** What follows the header. Where the input ends before it, the rest is zeros. */
interface Fields {
  readonly baseLength: bigint
  readonly exponentLength: bigint
  readonly modulusLength: bigint
}

export const modexp: PacedPrecompile = async (call, pace) => {
  const { data, gasLimit } = call
  const fields = fieldsOf(data)
  const { baseLength, exponentLength, modulusLength } = fields
  const gas = gasOf(call, fields)
  if (gasLimit < gas) return outOfGas(call)
  if (baseLength === 0n && modulusLength === 0n) return returned(gas, new Uint8Array(0))
  if (baseLength > lengthMax || exponentLength > lengthMax || modulusLength > lengthMax) return outOfGas(call)
  const [exponentAt, length] = [headerBytes + Number(baseLength), Number(exponentLength)]
  const modulus = numberAt(data, exponentAt + length, Number(modulusLength))
  if (modulus === 0n) return returned(gas, new Uint8Array(Number(modulusLength)))
  const base = numberAt(data, headerBytes, Number(baseLength)) % modulus
  const exponent = { bytes: data.subarray(exponentAt, exponentAt + length), length }
  const power = await powerOf(base, exponent, modulus, pace)
  return returned(gas, fixedBytes(power, Number(modulusLength)))
}

function fieldsOf(data: Uint8Array): Fields {
  const lengthAt = (index: number) => numberAt(data, index * lengthBytes, lengthBytes)
  return { baseLength: lengthAt(0), exponentLength: lengthAt(1), modulusLength: lengthAt(2) }
}

function gasOf({ data, common }: PrecompileCall, { baseLength, exponentLength, modulusLength }: Fields): bigint {
  const headLength = exponentLength < headBytesMax ? Number(exponentLength) : headBytesMax
  const head = numberAt(data, headerBytes + Number(baseLength), headLength)
  const headBits = head === 0n ? 0n : BigInt(head.toString(2).length - 1)
  const squarings = maxBig(1n, headBits + 8n * maxBig(0n, exponentLength - BigInt(headBytesMax)))
  const words = (maxBig(baseLength, modulusLength) + 7n) / 8n
  return maxBig(gasLeast, (squarings * words * words) / common.param('modexpGquaddivisorGas'))
}

/** Big-endian; zeros stand where the input has ended. */
function numberAt(data: Uint8Array, from: number, length: number): bigint {
  const present = data.subarray(from, from + length)
  return fromBigEndian(present) << BigInt(8 * (length - present.length))
}

interface Exponent {
  /** Those that were sent; zeros follow up to the length. */
  readonly bytes: Uint8Array
  readonly length: number
}

/** By squaring, from the first bit on: nothing is ever longer than two moduli. */
async function powerOf(base: bigint, { bytes, length }: Exponent, modulus: bigint, pace: Pace): Promise<bigint> {
  if (pace.spend(Math.floor(bytes.length / scannedBytes))) await pace.rest()
  const first = bytes.findIndex((byte) => byte !== 0)
  let power = 1n % modulus
  if (first === -1) return power
  const digitBits = length - first <= shortBytesMax ? 1 : 4
  const work = workOf(modulus)
  const powers = [power]
  while (powers.length < 2 ** digitBits) {
    powers.push(((powers.at(-1) ?? power) * base) % modulus)
    if (pace.spend(work)) await pace.rest()
  }
  for (let at = first; at < length; at++) {
    const byte = bytes[at] ?? 0
    for (let shift = 8 - digitBits; shift >= 0; shift -= digitBits) {
      for (let bit = 0; bit < digitBits; bit++) {
        power = (power * power) % modulus
        if (pace.spend(work)) await pace.rest()
      }
      power = (power * (powers[(byte >> shift) & (powers.length - 1)] ?? 0n)) % modulus
      if (pace.spend(work)) await pace.rest()
    }
  }
  return power
}

/** Of one multiplication and its division. */
function workOf(modulus: bigint): number {
  const words = modulus.toString(16).length / 16
  return 1 + Math.floor((words * words) / cheapPairs)
}
