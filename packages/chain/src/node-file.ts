/** The files of a validator's folder that `chain init` writes. */

import { readFileSync } from 'node:fs'
import { messageOf } from '@millrace/base'
import { ChainError } from './errors.ts'

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
