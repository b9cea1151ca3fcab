/** Mnemonic phrases (BIP-39) and the keys derived from them (BIP-32, BIP-44). */

import * as Mnemonic from 'ox/Mnemonic'
import { WalletError } from './errors.ts'

/** BIP-44 has 31 bits for an index that is not hardened. */
export const accountIndexMax = 2 ** 31 - 1

/**
 * A fresh English phrase from the system's randomness.
 *
 * @example
 * createMnemonic(12) // 128 bits
 */
export function createMnemonic(words: 12 | 24 = 12): string {
  return Mnemonic.random(Mnemonic.english, { strength: words === 12 ? 128 : 256 })
}

/**
 * The phrase with single spaces and lower case, its words and checksum verified.
 *
 * @throws WalletError `bad-mnemonic`
 */
export function parseMnemonic(text: string): string {
  const phrase = text.normalize('NFKD').trim().toLowerCase().split(/\s+/).join(' ')
  if (Mnemonic.validate(phrase, Mnemonic.english)) return phrase
  throw new WalletError(
    'bad-mnemonic',
    'this is no BIP-39 phrase: expected 12, 15, 18, 21 or 24 English words whose checksum holds; look for a mistyped or missing word',
  )
}

/**
 * The private key (32 bytes) at m/44'/60'/0'/0/`index` of a phrase.
 *
 * @throws WalletError `bad-mnemonic`, or `bad-key` for an index out of range
 */
export function keyOfMnemonic(phrase: string, index = 0, passphrase = ''): Uint8Array {
  if (!Number.isInteger(index) || index < 0 || index > accountIndexMax) {
    throw new WalletError('bad-key', `${index} is no account index: expected an integer from 0 to ${accountIndexMax}`)
  }
  return Mnemonic.toPrivateKey(parseMnemonic(phrase), { path: `m/44'/60'/0'/0/${index}`, passphrase, as: 'Bytes' })
}
