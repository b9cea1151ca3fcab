/**
 * Hashes and public key recovery for transaction senders, tries and the EVM. In plain JavaScript, which @ethereumjs brings,
 * these two take most of the time of a block of transfers.
 */

import { createRequire } from 'node:module'
import { assert } from '@millrace/base'
import { createKeccak, createRIPEMD160 } from 'hash-wasm'
import { recover as recoverInWasm } from 'tiny-secp256k1'

const hasher = await createKeccak(256)
const ripemd = await createRIPEMD160()

/** keccak256 in WebAssembly. */
export function keccak(bytes: Uint8Array): Uint8Array {
  return hasher.init().update(outOfHeap(bytes)).digest('binary')
}

/** RIPEMD-160 in WebAssembly: 20 bytes. */
export function ripemd160(bytes: Uint8Array): Uint8Array {
  return ripemd.init().update(outOfHeap(bytes)).digest('binary')
}

/** hash-wasm takes a view of what it is given, which would move a short array out of V8's heap: it gets a copy. */
function outOfHeap(bytes: Uint8Array): Uint8Array {
  if (bytes.length > scratch.length) return bytes
  scratch.set(bytes)
  return scratch.subarray(0, bytes.length)
}

const scratch = outside(128)

/** Where an array has to go that WebAssembly or machine code looks into. */
function outside(length: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(length))
}

/** 65 bytes, 4 || x || y; null or an error when there is no such key. */
type RecoverUncompressed = (hash: Uint8Array, signature: Uint8Array, recovery: 0 | 1) => Uint8Array | null

const recover: RecoverUncompressed =
  nativeRecover() ?? ((hash, signature, recovery) => recoverInWasm(hash, signature, recovery, false))

/** libsecp256k1 itself, where its package has it built for this platform: four times as fast as in WebAssembly. */
function nativeRecover(): RecoverUncompressed | undefined {
  try {
    const native = createRequire(import.meta.url)('secp256k1/bindings.js') as {
      // What the package documents; its types, apart from it, know only the fallback in JavaScript.
      ecdsaRecover(
        signature: Uint8Array,
        recovery: number,
        hash: Uint8Array,
        compressed: boolean,
        key: Uint8Array,
      ): Uint8Array
    }
    const [hashBytes, signatureBytes, key] = [outside(32), outside(64), outside(65)]
    return (hash, signature, recovery) => {
      assert(hash.length === hashBytes.length, 'a hash of 32 bytes')
      hashBytes.set(hash)
      signatureBytes.set(signature)
      return native.ecdsaRecover(signatureBytes, recovery, hashBytes, false, key)
    }
  } catch {
    return undefined
  }
}

/** A recovery as `customCrypto.ecrecover` of @ethereumjs wants it: 64 bytes x || y; throws when there is no such key. */
export type Recover = (hash: Uint8Array, v: bigint, r: Uint8Array, s: Uint8Array, chainId?: bigint) => Uint8Array

export const recoverPublicKey: Recover = (hash, v, r, s, chainId) => {
  const signature = new Uint8Array(64)
  signature.set(r, 32 - r.length)
  signature.set(s, 64 - s.length)
  const recovery = recoveryOf(v, chainId)
  if (recovery === undefined) throw new TypeError(`signature v ${v} is none of 0, 1, 27, 28 or EIP-155's two`)
  const key = recover(hash, signature, recovery)
  if (key === null) throw new TypeError('no public key made this signature')
  return key.slice(1)
}

function recoveryOf(v: bigint, chainId: bigint | undefined): 0 | 1 | undefined {
  const value = v <= 1n ? v : chainId === undefined ? v - 27n : v - (chainId * 2n + 35n)
  if (value === 0n) return 0
  return value === 1n ? 1 : undefined
}
