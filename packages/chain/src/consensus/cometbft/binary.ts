/** Where the cometbft binary is, and whether it is the version this node speaks with. */

import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { messageOf } from '@millrace/base'
import { ChainError } from '../../errors.ts'

export const cometBftVersion = 'v0.40.0'

const howToGet = `install it with scripts/install-cometbft.sh (needs Go), or: go install github.com/cometbft/cometbft/cmd/cometbft@${cometBftVersion}`

/**
 * The path of a usable binary: `asked`, or the first one on `searchPath`.
 *
 * @throws ChainError no-cometbft, saying how to get it
 */
export function findCometBft(asked: string | undefined, searchPath = process.env.PATH ?? ''): string {
  const candidates =
    asked === undefined
      ? searchPath
          .split(delimiter)
          .filter(isAbsolute)
          .map((folder) => join(folder, 'cometbft'))
      : [resolve(asked)]
  const found = candidates.find(isExecutable)
  if (found === undefined) {
    const where = asked === undefined ? 'cometbft is not on PATH' : `${asked} is no program`
    throw new ChainError('no-cometbft', `${where}; validators need it: ${howToGet}`)
  }
  checkVersion(found)
  return found
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const marker = Buffer.from('mod\tgithub.com/cometbft/cometbft\t')
const versionBytesMax = 64
const chunkBytes = 1_048_576

/** `cometbft version` of 0.40.0 says 0.39.0, so the module's own version is read: Go writes it into each binary. */
function checkVersion(path: string): void {
  const version = moduleVersion(path)
  // Built in its own checkout, or stripped: nothing is known against it.
  if (version === undefined || version.startsWith('(devel)') || version === cometBftVersion) return
  throw new ChainError('no-cometbft', `${path} is CometBFT ${version}: expected ${cometBftVersion}; ${howToGet}`)
}

function moduleVersion(path: string): string | undefined {
  const file = openBinary(path)
  try {
    const overlap = marker.length + versionBytesMax
    const buffer = Buffer.alloc(chunkBytes + overlap)
    for (let position = 0; ; position += chunkBytes) {
      const length = readSync(file, buffer, 0, buffer.length, position)
      const at = buffer.subarray(0, length).indexOf(marker)
      if (at >= 0 && (at < chunkBytes || length <= chunkBytes)) {
        const text = buffer.toString('latin1', at + marker.length, Math.min(length, at + overlap))
        return /^[^\s\0]+/.exec(text)?.[0]
      }
      if (length < buffer.length) return undefined
    }
  } finally {
    closeSync(file)
  }
}

function openBinary(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    throw new ChainError('no-cometbft', `${path} can't be read: ${messageOf(cause)}`, { cause })
  }
}
