/** Looks in cometbft's log for what nothing else tells: its consensus has stopped, and the process lives on without it. */

import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'

/** Of a panic in CometBFT's consensus, which it survives as a node that never votes again. */
const words = Buffer.from('CONSENSUS FAILURE!!!')
const readBytesMax = 262_144
const causeBytesMax = 400

export interface LogWatch {
  /** What follows the words in their line, if they were written since the last look. */
  stopCause(): string | undefined
}

/** Watches what is added to the file from now on; one that was cut short is read from its beginning. */
export function watchLog(path: string): LogWatch {
  const buffer = Buffer.alloc(words.length - 1 + readBytesMax)
  let place = sizeOf(path)
  let keptBytes = 0
  return {
    stopCause() {
      // Whoever rotates logs may have taken it away.
      if (!existsSync(path)) return undefined
      const file = openSync(path, 'r')
      try {
        if (fstatSync(file).size < place) place = keptBytes = 0
        const readBytes = readSync(file, buffer, keptBytes, readBytesMax, place)
        const end = keptBytes + readBytes
        place += readBytes
        const found = buffer.subarray(0, end).indexOf(words)
        const cause = found < 0 ? undefined : lineFrom(buffer.subarray(found + words.length, end))
        // The words may be cut where this look ended.
        const from = found < 0 ? Math.max(0, end - words.length + 1) : end
        keptBytes = buffer.copy(buffer, 0, from, end)
        return cause
      } finally {
        closeSync(file)
      }
    },
  }
}

function lineFrom(bytes: Buffer): string {
  const [cause = ''] = bytes.toString('latin1', 0, causeBytesMax).split(/\n| stack=/)
  return cause.trim()
}

function sizeOf(path: string): number {
  const file = openSync(path, 'a')
  try {
    return fstatSync(file).size
  } finally {
    closeSync(file)
  }
}
