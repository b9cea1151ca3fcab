/** EVM addresses: the last 20 bytes of the key's hash, written with the checksum of EIP-55. */

import { fromHex } from '@millrace/base'
import { isPrivate, pointFromScalar } from 'tiny-secp256k1'
import { type Address, bytesToHex, checksumAddress, keccak256, slice } from 'viem'
import { WalletError } from './errors.ts'

export const addressBytes = 20

/**
 * Reads an address written by a person: 40 hex digits after `0x`. Mixed case must carry the right checksum (EIP-55);
 * all lower or all upper case carries none and is accepted.
 *
 * @throws WalletError `bad-address`
 * @example
 * parseAddress('0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266') // '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
 */
export function parseAddress(text: string): Address {
  const digits = /^0x([0-9a-fA-F]{40})$/.exec(text)?.[1]
  if (digits === undefined) {
    throw new WalletError('bad-address', `"${text}" is no address: expected 0x and 40 hex digits`)
  }
  const checked = checksumAddress(`0x${digits.toLowerCase()}`)
  const oneCase = digits === digits.toLowerCase() || digits === digits.toUpperCase()
  if (!oneCase && checked !== text) {
    throw new WalletError(
      'bad-address',
      `"${text}" has a wrong checksum: a digit is mistyped, or it was meant as ${checked}`,
    )
  }
  return checked
}

/** The checksummed address of 20 bytes. */
export function formatAddress(bytes: Uint8Array): Address {
  if (bytes.length !== addressBytes) {
    throw new WalletError('bad-address', `an address has ${addressBytes} bytes, not ${bytes.length}`)
  }
  return checksumAddress(bytesToHex(bytes))
}

/** The 20 bytes of an address. */
export function addressToBytes(address: Address): Uint8Array {
  const bytes = fromHex(address)
  if (bytes?.length !== addressBytes) throw new WalletError('bad-address', `"${address}" is no address`)
  return bytes
}

/**
 * The address of a private key of 32 bytes.
 *
 * @throws WalletError `bad-key` when the bytes are no key of secp256k1
 */
export function addressOfKey(privateKey: Uint8Array): Address {
  const publicKey = privateKey.length === 32 && isPrivate(privateKey) ? pointFromScalar(privateKey, false) : null
  if (publicKey === null) {
    throw new WalletError(
      'bad-key',
      'these bytes are no private key: expected 32 bytes between 1 and the order of secp256k1',
    )
  }
  return checksumAddress(slice(keccak256(publicKey.subarray(1)), 12))
}
