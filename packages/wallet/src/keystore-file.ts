/** Keystores as files: private, written whole or not at all, never over an older key. */

import { constants } from 'node:fs'
import { type FileHandle, link, mkdir, open, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf, messageOf, systemRandom, toHex } from '@millrace/base'
import { WalletError } from './errors.ts'
import {
  decryptKey,
  type EncryptOptions,
  encryptKey,
  type Keystore,
  keystoreTextBytesMax,
  parseKeystore,
} from './keystore.ts'
import { createSigner, type KeySigner } from './signer.ts'

const privateMode = 0o600
const othersBits = 0o077

/**
 * Encrypts `privateKey` into a new file of mode 0600 at `path`, durable when this returns.
 *
 * @throws WalletError `exists`, `bad-key`, `io`
 */
export async function saveKeystore(
  path: string,
  privateKey: Uint8Array,
  password: string,
  options?: EncryptOptions,
): Promise<void> {
  const text = await encryptKey(privateKey, password, options)
  const temporary = `${path}.${toHex(systemRandom.bytes(6))}.new`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeDurably(temporary, text)
    // A hard link is the one atomic step that fails where a file already stands.
    await link(temporary, path)
    await syncFolder(dirname(path))
  } catch (cause) {
    throw errnoOf(cause) === 'EEXIST'
      ? new WalletError(
          'exists',
          `${path} already exists and may hold a key: choose another path, or move the old file away`,
          { cause },
        )
      : ioError('write', path, cause)
  } finally {
    await unlink(temporary).catch(() => {}) // may never have been made
  }
}

/**
 * Reads and decodes a keystore that only its owner may read. Needs no password.
 *
 * @throws WalletError `not-found`, `permissions`, `bad-keystore`, `io`
 */
export async function loadKeystore(path: string): Promise<Keystore> {
  let file: FileHandle | undefined
  try {
    file = await open(path, constants.O_RDONLY)
    const { mode, size } = await file.stat()
    if (process.platform !== 'win32' && (mode & othersBits) !== 0) {
      throw new WalletError(
        'permissions',
        `other users may read ${path} (mode ${(mode & 0o777).toString(8)}): run chmod 600 on it, and consider its password known`,
      )
    }
    if (size > keystoreTextBytesMax) {
      throw new WalletError('bad-keystore', `${path} has ${size} bytes: a keystore has at most ${keystoreTextBytesMax}`)
    }
    return parseKeystore(await file.readFile('utf8'))
  } catch (cause) {
    if (cause instanceof WalletError) throw cause
    if (errnoOf(cause) === 'ENOENT') {
      throw new WalletError('not-found', `there is no keystore at ${path}: create one with "millrace wallet create"`, {
        cause,
      })
    }
    throw ioError('read', path, cause)
  } finally {
    await file?.close()
  }
}

/**
 * The signer of the key in the keystore file at `path`.
 *
 * @throws WalletError `locked` for a wrong password, and those of `loadKeystore`
 * @example
 * const signer = await unlockKeystore('~/.config/millrace/key.json', await readPassword({ environment: process.env }))
 */
export async function unlockKeystore(path: string, password: string): Promise<KeySigner> {
  const key = await decryptKey(await loadKeystore(path), password)
  const signer = createSigner(key)
  key.fill(0)
  return signer
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', privateMode)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return // folders cannot be opened there
  const folder = await open(path, constants.O_RDONLY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function ioError(verb: string, path: string, cause: unknown): WalletError {
  return new WalletError('io', `cannot ${verb} the keystore ${path}: ${messageOf(cause)}`, { cause })
}
