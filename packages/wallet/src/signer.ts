/** Signatures over 32-byte digests with a key held in memory. */

import { signRecoverable } from 'tiny-secp256k1'
import type { Address } from 'viem'
import { addressOfKey } from './address.ts'
import { WalletError } from './errors.ts'

export const digestBytes = 32
/** r (32 bytes), s (32 bytes), v (27 or 28). */
export const signatureBytes = 65

/** Signs with one key. Matches the signer ports of the packages that spend. */
export interface KeySigner {
  /** Checksummed (EIP-55). */
  readonly address: Address
  readonly isLocked: boolean
  /**
   * r || s || v with v = 27 or 28, s in the lower half (EIP-2), nonce by RFC 6979: the same digest gives the same bytes.
   *
   * @throws WalletError `locked` after `lock()`
   */
  signDigest(digest: Uint8Array): Promise<Uint8Array>
  /** Forgets the key: its bytes are zeroed here. Copies that the engine made of them are beyond reach. */
  lock(): void
}

/**
 * A signer of a private key of 32 bytes. The bytes are copied: the caller should zero its own.
 *
 * @throws WalletError `bad-key`
 * @example
 * const signer = createSigner(key)
 * const signature = await signer.signDigest(digest)
 */
export function createSigner(privateKey: Uint8Array): KeySigner {
  const address = addressOfKey(privateKey)
  let key: Uint8Array | undefined = privateKey.slice()
  return {
    address,
    get isLocked() {
      return key === undefined
    },
    async signDigest(digest) {
      if (key === undefined) {
        throw new WalletError(
          'locked',
          `the key of ${address} is locked: unlock it with its password before it can sign`,
        )
      }
      return signWithKey(digest, key)
    },
    lock() {
      key?.fill(0)
      key = undefined
    },
  }
}

/** The 65-byte signature of a 32-byte digest. */
export function signWithKey(digest: Uint8Array, key: Uint8Array): Uint8Array {
  if (digest.length !== digestBytes) {
    throw new WalletError('bad-key', `a digest has ${digestBytes} bytes, not ${digest.length}`)
  }
  const { signature, recoveryId } = signRecoverable(digest, key)
  const whole = new Uint8Array(signatureBytes)
  whole.set(signature)
  whole[64] = 27 + recoveryId
  return whole
}
