/** The files of a validator's folder: those that `chain init` writes, and keys that come later. */

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { messageOf } from '@millrace/base'
import { ChainError } from './errors.ts'
import { syncFolder } from './sync-folder.ts'

/** @throws ChainError bad-option */
export function readNodeFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ChainError('bad-option', `${path} can't be read: ${messageOf(cause)}; make the folder with chain init`, {
      cause,
    })
  }
}

/** Puts a file there for its owner's eyes, whole or not at all, on disk for good when this returns. @throws ChainError bad-option */
export function putNodeFile(path: string, text: string): void {
  try {
    const descriptor = openSync(`${path}.new`, 'w', 0o600)
    try {
      writeSync(descriptor, text)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(`${path}.new`, path)
    syncFolder(dirname(path))
  } catch (cause) {
    throw new ChainError('bad-option', `${path} can't be written: ${messageOf(cause)}`, { cause })
  }
}
