/** The pairing check on bn254 (EIP-197): a few pairs of points at a time, one final exponentiation for all. */

import { EVMError } from '@ethereumjs/evm'
import { equalBytes, fromBigEndian } from '@millrace/base'
import { bn254 } from '@noble/curves/bn254.js'
import { fixedBytes } from '../../hex.ts'
import type { Pace } from '../evm/pace.ts'
import { failed, outOfGas, type PacedPrecompile, returned } from './outcome.ts'

type Lines = Parameters<typeof bn254.millerLoopBatch>[0][number]

const wordBytes = 32
const g1Bytes = 2 * wordBytes
const g2Bytes = 4 * wordBytes
const pairBytes = g1Bytes + g2Bytes
/** One loop squares the product once for all of its pairs: more of them save little, and take longer without a rest. */
const loopPairsMax = 4
/** Checking a point, preparing it, a loop and the exponentiation take milliseconds each. */
const pieceWork = 25_000
const { Fp, Fp2, Fp6, Fp12 } = bn254.fields
const { errorMessages } = EVMError

export const pairing: PacedPrecompile = async (call, pace) => {
  const { data, gasLimit, common } = call
  if (data.length % pairBytes !== 0) return failed(call, new EVMError(errorMessages.INVALID_INPUT_LENGTH))
  const pairs = data.length / pairBytes
  const gas = common.param('bn254PairingGas') + BigInt(pairs) * common.param('bn254PairingWordGas')
  if (gasLimit < gas) return outOfGas(call)
  await makeTables(pace)
  const product = await productOf(data, pace)
  if (product instanceof EVMError) return failed(call, product)
  const isOne = Fp12.eql(Fp12.finalExponentiate(product), Fp12.ONE)
  if (pace.spend(pieceWork)) await pace.rest()
  return returned(gas, fixedBytes(isOne ? 1n : 0n, wordBytes))
}

/** The library's tables for the final exponentiation, which it makes when first asked for one: as much work as some pairs. */
let haveTables = false

async function makeTables(pace: Pace): Promise<void> {
  if (haveTables) return
  haveTables = true
  Fp6.frobeniusMap(Fp6.ONE, 1)
  if (pace.spend(pieceWork)) await pace.rest()
  Fp12.frobeniusMap(Fp12.ONE, 1)
  if (pace.spend(pieceWork)) await pace.rest()
}

/** Of the Miller loops of all pairs, or why a pair is none. */
async function productOf(data: Uint8Array, pace: Pace): Promise<typeof Fp12.ONE | EVMError> {
  let product = Fp12.ONE
  let prepared: Lines[] = []
  for (let from = 0; from < data.length; from += pairBytes) {
    const pair = decodePair(data.subarray(from, from + pairBytes))
    if (pace.spend(pieceWork)) await pace.rest()
    if (pair instanceof EVMError) return pair
    if (pair !== undefined) {
      const { x, y } = pair.g1.toAffine()
      prepared.push([bn254.utils.calcPairingPrecomputes(pair.g2), x, y])
      if (pace.spend(pieceWork)) await pace.rest()
    }
    const isLast = from + pairBytes === data.length
    if (prepared.length < loopPairsMax && !isLast) continue
    product = Fp12.mul(product, bn254.millerLoopBatch(prepared))
    prepared = []
    if (pace.spend(pieceWork)) await pace.rest()
  }
  return product
}

/** Undefined where one of the points is at infinity: such a pair multiplies by one. */
function decodePair(bytes: Uint8Array) {
  try {
    const g1 = decodeG1(bytes.subarray(0, g1Bytes))
    const g2 = decodeG2(bytes.subarray(g1Bytes))
    return g1 === undefined || g2 === undefined ? undefined : { g1, g2 }
  } catch (thrown) {
    // The library's, of points that are not on their curve or in no group of the right order.
    return thrown instanceof EVMError ? thrown : new EVMError(errorMessages.REVERT)
  }
}

function decodeG1(bytes: Uint8Array) {
  if (isZero(bytes)) return undefined
  const point = bn254.G1.Point.fromAffine({ x: wordAt(bytes, 0), y: wordAt(bytes, 1) })
  point.assertValidity()
  return point
}

/** The imaginary part of a coordinate comes first. */
function decodeG2(bytes: Uint8Array) {
  if (isZero(bytes)) return undefined
  const [x1, x0, y1, y0] = [wordAt(bytes, 0), wordAt(bytes, 1), wordAt(bytes, 2), wordAt(bytes, 3)]
  for (const word of [x1, x0, y1, y0]) {
    if (!Fp.isValid(word)) throw new EVMError(errorMessages.BN254_FP_NOT_IN_FIELD)
  }
  const point = bn254.G2.Point.fromAffine({ x: Fp2.create({ c0: x0, c1: x1 }), y: Fp2.create({ c0: y0, c1: y1 }) })
  point.assertValidity()
  return point
}

function isZero(bytes: Uint8Array): boolean {
  return equalBytes(bytes, new Uint8Array(bytes.length))
}

function wordAt(bytes: Uint8Array, index: number): bigint {
  return fromBigEndian(bytes.subarray(index * wordBytes, (index + 1) * wordBytes))
}
