/** Signatures over digests on secp256k1 (WASM: some 100 microseconds each, so that a loop can afford one). */

import { assert, btt, fromHex, toHex } from '@millrace/base'
import { pointFromScalar, recover, signRecoverable } from 'tiny-secp256k1'
import { type Account, accountOf } from './account.ts'
import type { SignedVoucher } from './typed-data.ts'
import { keccak } from './words.ts'

export const signatureBytes = 65
const recoveryOffset = 27
const scalarBytes = 32

/** Half the order of the curve: a signature with s above it is somebody's mirror image of another (EIP-2). */
const lowScalarMax = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0'

/** 65 bytes r, s, v (27 or 28), deterministic (RFC 6979) with low s. */
export function signDigest(privateKey: Uint8Array, digest: Uint8Array): Uint8Array {
  assert(digest.length === scalarBytes && privateKey.length === scalarBytes, 'a key and a digest of 32 bytes')
  const { signature, recoveryId } = signRecoverable(digest, privateKey)
  const whole = new Uint8Array(signatureBytes)
  whole.set(signature)
  whole[signatureBytes - 1] = recoveryOffset + recoveryId
  return whole
}

/** The account that signed, or undefined when the signature is none: wrong length or v, s not low, no such point. */
export function recoverAddress(digest: Uint8Array, signature: Uint8Array): Account | undefined {
  if (digest.length !== scalarBytes || signature.length !== signatureBytes) return undefined
  const recoveryId = (signature[signatureBytes - 1] ?? 0) - recoveryOffset
  if (recoveryId !== 0 && recoveryId !== 1) return undefined
  if (toHex(signature.subarray(scalarBytes, 2 * scalarBytes)) > lowScalarMax) return undefined
  try {
    const key = recover(digest, signature.subarray(0, 2 * scalarBytes), recoveryId, false)
    return key === null ? undefined : accountOfPublicKey(key)
  } catch {
    return undefined // r or s of zero or above the order
  }
}

/** The account of a private key of 32 bytes. */
export function accountOfKey(privateKey: Uint8Array): Account {
  const key = pointFromScalar(privateKey, false)
  assert(key !== null, 'a private key below the order of the curve')
  return accountOfPublicKey(key)
}

/** A voucher as the vault's ABI has it. Accounts are lower case. */
export interface CashEntry {
  readonly payer: Account
  readonly payee: Account
  readonly cumulative: bigint
  readonly seq: bigint
  readonly totalIssued: bigint
  readonly r: `0x${string}`
  readonly vs: `0x${string}`
}

/** A voucher as `cash` and `cashMany` of the vault take it: the signature in the compact form of EIP-2098. */
export function cashEntry(voucher: SignedVoucher): CashEntry {
  const { payer, payee, cumulative, seq, totalIssued, signature } = voucher
  assert(signature.length === signatureBytes, 'a signature of 65 bytes')
  const second = signature.slice(scalarBytes, 2 * scalarBytes)
  if (signature[signatureBytes - 1] === recoveryOffset + 1) second[0] = (second[0] ?? 0) | 0x80
  const r: `0x${string}` = `0x${toHex(signature.subarray(0, scalarBytes))}`
  const vs: `0x${string}` = `0x${toHex(second)}`
  return { payer, payee, cumulative, seq, totalIssued, r, vs }
}

/** The inverse of `cashEntry`: the voucher of an entry that somebody gave the vault. Its signature is not checked. */
export function voucherOfEntry(entry: CashEntry): SignedVoucher {
  const bytes = fromHex(`${entry.r}${entry.vs.slice(2)}`)
  assert(bytes?.length === 2 * scalarBytes, 'two words of 32 bytes')
  const signature = new Uint8Array(signatureBytes)
  signature.set(bytes)
  signature[signatureBytes - 1] = recoveryOffset + ((bytes[scalarBytes] ?? 0) >> 7)
  signature[scalarBytes] = (bytes[scalarBytes] ?? 0) & 0x7f
  const { payer, payee, cumulative, seq, totalIssued } = entry
  return { payer, payee, cumulative: btt(cumulative), seq, totalIssued: btt(totalIssued), signature }
}

function accountOfPublicKey(key: Uint8Array): Account {
  return accountOf(keccak(key.subarray(1)).subarray(12))
}
