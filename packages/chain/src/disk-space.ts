/** The space a node needs on its disks: it ends in order while some is left, and not in the middle of a write. */

import { statfs } from 'node:fs/promises'
import { errnoOf } from '@millrace/base'
import { ChainError } from './errors.ts'

/** Many times what a block writes, of ours and of CometBFT: what is under way still fits when the lack is seen. */
export const freeBytesMin = 67_108_864
const watchMs = 1_000

/**
 * Looks at the file systems of the folders. One that is not there yet has no space of its own.
 *
 * @returns the error disk-full that says which lacks space; undefined where there is enough
 */
export async function spaceFault(folders: readonly string[], cause?: unknown): Promise<ChainError | undefined> {
  for (const folder of folders) {
    const free = await freeBytes(folder)
    if (free === undefined || free >= freeBytesMin) continue
    const message = `the disk of ${folder} is full: ${free} bytes are free, expected at least ${freeBytesMin}; free some space and start the node again, which goes on from what was committed`
    return new ChainError('disk-full', message, { cause })
  }
  return undefined
}

/** @returns what ends the watch; `onFull` is called once at most */
export function watchSpace(folders: readonly string[], onFull: (error: ChainError) => void): () => void {
  let looking = false
  const stop = () => clearInterval(timer)
  const look = async () => {
    if (looking) return
    looking = true
    const fault = await spaceFault(folders).finally(() => {
      looking = false
    })
    if (fault === undefined) return
    stop()
    onFull(fault)
  }
  const timer = setInterval(() => void look(), watchMs)
  timer.unref()
  return stop
}

async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined
    throw new ChainError('store-failed', `the disk of ${folder} can't be asked for its space; check the folder`, {
      cause: thrown,
    })
  }
}
