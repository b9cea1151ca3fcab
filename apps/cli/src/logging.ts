/** The log of a command on stderr. */

import { type Logger, lineLogger } from '@millrace/base'
import { note } from './output.ts'

/** Warnings and errors; everything with `--verbose`. */
export function terminalLogger(isVerbose: boolean): Logger {
  return lineLogger(note, isVerbose ? 'debug' : 'warn')
}
