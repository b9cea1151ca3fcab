/** The two key derivations of keystore v3, within limits: a file must not choose how much memory and time we spend. */

import { pbkdf2, scrypt } from 'node:crypto'
import { fromHex, messageOf } from '@millrace/base'
import * as Bytes from 'ox/Bytes'
import * as Keystore from 'ox/Keystore'
import { WalletError } from './errors.ts'

export type DerivationParameters =
  | {
      readonly kdf: 'scrypt'
      readonly n: number
      readonly r: number
      readonly p: number
      readonly salt: Uint8Array
      readonly length: number
    }
  | { readonly kdf: 'pbkdf2'; readonly iterations: number; readonly salt: Uint8Array; readonly length: number }

/** Twice what the common wallets use (N = 262,144, r = 8). */
export const scryptMemoryBytesMax = 512 * 1024 * 1024
/** N x r x p of the common wallets is 2^21. */
export const scryptWorkMax = 2 ** 24
export const pbkdf2IterationsMax = 10_000_000
const saltBytesMax = 64

/**
 * Derives off the event loop; the result has `length` bytes, at least 32. The exception is scrypt outside RFC 7914's
 * N < 2^(16 r), which some wallets write and OpenSSL refuses: that runs in JavaScript and blocks for a second or two.
 *
 * @throws WalletError `bad-keystore` when the engine refuses the parameters (out of memory)
 */
export async function deriveKey(password: string, parameters: DerivationParameters): Promise<Uint8Array> {
  const text = password.normalize('NFKC')
  if (parameters.kdf === 'scrypt' && parameters.n >= 2 ** Math.min(30, 16 * parameters.r)) {
    const { n, r, p, salt } = parameters
    const [key] = Keystore.scrypt({ n, r, p, salt, password: text, iv: new Uint8Array(16) })
    return Bytes.from(typeof key === 'function' ? key() : key)
  }
  try {
    return await deriveNatively(Buffer.from(text, 'utf8'), parameters)
  } catch (cause) {
    throw new WalletError('bad-keystore', `key derivation failed: ${messageOf(cause)}`, { cause })
  }
}

function deriveNatively(secret: Buffer, parameters: DerivationParameters): Promise<Buffer> {
  return new Promise<Buffer>((resolve, reject) => {
    const done = (cause: Error | null, key: Buffer): void => {
      secret.fill(0)
      if (cause === null) resolve(key)
      else reject(cause)
    }
    if (parameters.kdf === 'pbkdf2') {
      pbkdf2(secret, parameters.salt, parameters.iterations, parameters.length, 'sha256', done)
      return
    }
    const { n, r, p, salt, length } = parameters
    scrypt(secret, salt, length, { N: n, r, p, maxmem: 2 * scryptMemoryBytesMax }, done)
  })
}

/**
 * Reads `kdf` and `kdfparams`.
 *
 * @throws WalletError `bad-keystore`
 */
export function parseDerivation(kdf: unknown, fields: Readonly<Record<string, unknown>>): DerivationParameters {
  const salt = typeof fields.salt === 'string' ? fromHex(fields.salt) : undefined
  if (salt === undefined || salt.length === 0 || salt.length > saltBytesMax) {
    throw refused(`"salt" of 1 to ${saltBytesMax} bytes of hex`)
  }
  const length = integer(fields.dklen, 32, 64, 'dklen')
  if (kdf === 'scrypt') return scryptParameters(fields, salt, length)
  if (kdf === 'pbkdf2') {
    if (fields.prf !== 'hmac-sha256') throw refused('"prf": "hmac-sha256"')
    return { kdf, iterations: integer(fields.c, 1, pbkdf2IterationsMax, 'c'), salt, length }
  }
  throw refused('"kdf" scrypt or pbkdf2')
}

function scryptParameters(
  fields: Readonly<Record<string, unknown>>,
  salt: Uint8Array,
  length: number,
): DerivationParameters {
  const n = integer(fields.n, 2, 2 ** 22, 'n')
  const r = integer(fields.r, 1, 64, 'r')
  const p = integer(fields.p, 1, 64, 'p')
  if ((n & (n - 1)) !== 0) throw refused('"n" a power of two')
  if (128 * n * r > scryptMemoryBytesMax || n * r * p > scryptWorkMax)
    throw refused('less scrypt work: n, r and p are too large')
  return { kdf: 'scrypt', n, r, p, salt, length }
}

function integer(value: unknown, least: number, most: number, name: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
  throw refused(`"${name}" an integer from ${least} to ${most}`)
}

function refused(expected: string): WalletError {
  return new WalletError('bad-keystore', `this keystore's key derivation is refused: expected ${expected}`)
}
