/** Keystore v3 (Web3 Secret Storage): a private key under a password; scrypt, AES-128-CTR and a Keccak MAC. */

import { createCipheriv, createDecipheriv, randomUUID, timingSafeEqual } from 'node:crypto'
import { concatBytes, fromHex, type Random, systemRandom, toHex } from '@millrace/base'
import { keccak256 } from 'viem'
import { addressOfKey } from './address.ts'
import { WalletError } from './errors.ts'
import { type DerivationParameters, deriveKey, parseDerivation } from './key-derivation.ts'

/** The decoded fields of a keystore file. */
export interface Keystore {
  readonly id: string
  /** 40 lower-case hex digits, where the file names its address. */
  readonly address?: string
  readonly derivation: DerivationParameters
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
  readonly mac: Uint8Array
}

export interface EncryptOptions {
  /** scrypt's N: its memory is 1 KiB x N. Lower it in tests only. */
  readonly scryptCost?: number
  readonly random?: Random
}

export const scryptCostDefault = 262_144
/** Real keystores have 500 bytes; the rest is room for fields of other wallets. */
export const keystoreTextBytesMax = 16_384

/**
 * The JSON text of a keystore that holds `privateKey`.
 *
 * @throws WalletError `bad-key`
 * @example
 * const text = await encryptKey(key, 'correct horse battery staple')
 */
export async function encryptKey(
  privateKey: Uint8Array,
  password: string,
  options: EncryptOptions = {},
): Promise<string> {
  const random = options.random ?? systemRandom
  const address = addressOfKey(privateKey).slice(2).toLowerCase()
  const salt = random.bytes(32)
  const iv = random.bytes(16)
  const cost = options.scryptCost ?? scryptCostDefault
  const derived = await deriveKey(password, { kdf: 'scrypt', n: cost, r: 8, p: 1, salt, length: 32 })
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv)
  const ciphertext = concatBytes([cipher.update(privateKey), cipher.final()])
  const mac = macOf(derived, ciphertext)
  derived.fill(0)
  const file = {
    version: 3,
    id: randomUUID(),
    address,
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: toHex(iv) },
      ciphertext: toHex(ciphertext),
      kdf: 'scrypt',
      kdfparams: { dklen: 32, n: cost, r: 8, p: 1, salt: toHex(salt) },
      mac: toHex(mac),
    },
  }
  return `${JSON.stringify(file, null, 2)}\n`
}

/**
 * The private key (32 bytes) of a keystore. The caller zeroes it after use.
 *
 * @throws WalletError `locked` when the password is wrong (or the file damaged: the MAC cannot tell), `bad-keystore`
 */
export async function decryptKey(keystore: Keystore, password: string): Promise<Uint8Array> {
  const derived = await deriveKey(password, keystore.derivation)
  try {
    if (!timingSafeEqual(macOf(derived, keystore.ciphertext), keystore.mac)) {
      throw new WalletError('locked', 'the password does not open this keystore: try again')
    }
    const cipher = createDecipheriv('aes-128-ctr', derived.subarray(0, 16), keystore.iv)
    const key = concatBytes([cipher.update(keystore.ciphertext), cipher.final()])
    const address = addressOfKey(key).slice(2).toLowerCase()
    if (keystore.address !== undefined && keystore.address !== address) {
      throw new WalletError(
        'bad-keystore',
        `the keystore names 0x${keystore.address} but holds the key of 0x${address}`,
      )
    }
    return key
  } finally {
    derived.fill(0)
  }
}

/**
 * Decodes the text of a keystore file, within named limits. Needs no password.
 *
 * @throws WalletError `bad-keystore`
 */
export function parseKeystore(text: string): Keystore {
  if (text.length > keystoreTextBytesMax) throw damaged(`at most ${keystoreTextBytesMax} characters`)
  const file = record(parseJson(text), 'a JSON object')
  if (file.version !== 3) throw damaged('"version": 3')
  const crypto = record(file.crypto ?? file.Crypto, 'an object "crypto"')
  if (crypto.cipher !== 'aes-128-ctr') throw damaged('"cipher": "aes-128-ctr"')
  const { iv } = record(crypto.cipherparams, 'an object "cipherparams"')
  const address = typeof file.address === 'string' ? file.address.toLowerCase().replace(/^0x/, '') : ''
  return {
    id: typeof file.id === 'string' ? file.id : '',
    ...(/^[0-9a-f]{40}$/.test(address) ? { address } : {}),
    derivation: parseDerivation(crypto.kdf, record(crypto.kdfparams, 'an object "kdfparams"')),
    iv: hexField(iv, 16, 'iv'),
    ciphertext: hexField(crypto.ciphertext, 32, 'ciphertext'),
    mac: hexField(crypto.mac, 32, 'mac'),
  }
}

function macOf(derived: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return keccak256(concatBytes([derived.subarray(16, 32), ciphertext]), 'bytes')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw damaged('JSON text', cause)
  }
}

function record(value: unknown, expected: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw damaged(expected)
  return value as Readonly<Record<string, unknown>> // an object that is no array; its fields stay unknown
}

function hexField(value: unknown, length: number, name: string): Uint8Array {
  const bytes = typeof value === 'string' ? fromHex(value) : undefined
  if (bytes?.length !== length) throw damaged(`${length} bytes of hex in "${name}"`)
  return bytes
}

function damaged(expected: string, cause?: unknown): WalletError {
  return new WalletError('bad-keystore', `this is no keystore v3: expected ${expected}`, { cause })
}
