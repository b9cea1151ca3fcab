/** Inputs of the precompiles that work long: points of bn254, numbers, rounds. */

import { concatBytes } from '@millrace/base'
import { bn254 } from '@noble/curves/bn254.js'
import type { Hex } from 'viem'
import { fixedBytes } from '../src/hex.ts'

export const precompiles = {
  ripemd160: '0x0000000000000000000000000000000000000003',
  modexp: '0x0000000000000000000000000000000000000005',
  pairing: '0x0000000000000000000000000000000000000008',
  blake2f: '0x0000000000000000000000000000000000000009',
} as const satisfies Record<string, Hex>

/** A multiple of the generator, 64 bytes. */
export function g1(factor: bigint): Uint8Array {
  const { x, y } = bn254.G1.Point.BASE.multiply(factor).toAffine()
  return concatBytes([fixedBytes(x, 32), fixedBytes(y, 32)])
}

/** A multiple of the twist's generator, 128 bytes. */
export function g2(factor: bigint): Uint8Array {
  const { x, y } = bn254.G2.Point.BASE.multiply(factor).toAffine()
  return concatBytes([x.c1, x.c0, y.c1, y.c0].map((part) => fixedBytes(part, 32)))
}

/** The same pair so often: 34,000 gas each, 45,000 for all. */
export function pairsInput(count: number): Uint8Array {
  const pair = concatBytes([g1(3n), g2(5n)])
  return concatBytes(Array.from({ length: count }, () => pair))
}

/** A gas a round. */
export function blake2fInput(rounds: number): Uint8Array {
  return concatBytes([fixedBytes(BigInt(rounds), 4), new Uint8Array(208).fill(7), Uint8Array.of(1)])
}

/** Eight bytes to the power of so many: some eight thirds of a gas for each of them. */
export function modexpInput(exponentBytes: number): Uint8Array {
  const lengths = [8, exponentBytes, 8].map((length) => fixedBytes(BigInt(length), 32))
  const modulus = new Uint8Array(8).fill(0xf1)
  return concatBytes([...lengths, new Uint8Array(8).fill(0x35), new Uint8Array(exponentBytes).fill(0xab), modulus])
}
