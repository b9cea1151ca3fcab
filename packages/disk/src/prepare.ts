/** Creates the files of a download at their full size, after everything was checked that can be checked before. */

import { constants } from 'node:fs'
import { lstat, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '@millrace/base'
import { asDiskError, DiskError, diskError } from './errors.ts'
import type { HashPool } from './hash-pool.ts'
import type { Layout, StoredFile } from './layout.ts'
import { type FoundFile, freeBytes } from './survey.ts'

/** `sparse`: space is taken as pieces are written. `full`: zeros are written first, so that space cannot run out later. */
export type Allocation = 'sparse' | 'full'

/**
 * Checks that what is still to be written fits.
 *
 * @throws DiskError `disk-full` naming the bytes needed and free
 */
export async function checkSpace(layout: Layout, found: readonly (FoundFile | undefined)[]): Promise<void> {
  let needed = 0
  layout.files.forEach((file, i) => {
    if (file.kind === 'file') needed += Math.max(0, file.size - (found[i]?.allocatedBytes ?? 0))
  })
  const free = await freeBytes(layout.root)
  if (free === undefined || needed <= free) return
  throw new DiskError(
    'disk-full',
    `not enough space in ${layout.root}: ${needed} bytes needed, ${free} free. Free some space or choose another folder.`,
    { path: layout.root },
  )
}

/**
 * Creates folders and files, empty ones too, and gives each its size. Existing bytes within that size stay.
 *
 * @throws DiskError
 */
export async function createFiles(layout: Layout, found: readonly (FoundFile | undefined)[]): Promise<void> {
  const made = new Set<string>()
  try {
    await mkdir(layout.root, { recursive: true })
  } catch (thrown) {
    throw asDiskError(thrown, 'creating', layout.root)
  }
  for (const [i, file] of layout.files.entries()) {
    if (file.kind !== 'file' || found[i]?.size === file.size) continue
    await createFolders(layout.root, file, made)
    await sizeFile(file, found[i] !== undefined)
  }
}

/** Writes zeros where files were extended, for allocation `full`. */
export async function fillFiles(
  layout: Layout,
  found: readonly (FoundFile | undefined)[],
  pool: HashPool,
): Promise<void> {
  for (const [i, file] of layout.files.entries()) {
    const from = found[i]?.size ?? 0
    if (file.kind !== 'file' || from >= file.size) continue
    const answer = await pool.fill(i, from, file.size)
    if (answer.kind === 'failed') throw diskError(answer.failure)
  }
}

/** One component at a time, so that a link put there meanwhile is seen. */
async function createFolders(root: string, file: StoredFile, made: Set<string>): Promise<void> {
  let path = root
  for (const component of file.components.slice(0, -1)) {
    path = join(path, component)
    if (made.has(path)) continue
    try {
      await mkdir(path)
    } catch (thrown) {
      if (errnoOf(thrown) !== 'EEXIST') throw asDiskError(thrown, 'creating', path)
      if (!(await lstat(path)).isDirectory()) {
        throw new DiskError('unsafe-path', `${path} is no folder: expected one, or nothing. Move it away.`, { path })
      }
    }
    made.add(path)
  }
}

async function sizeFile(file: StoredFile, exists: boolean): Promise<void> {
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  try {
    const handle = await open(file.path, O_RDWR | (O_NOFOLLOW ?? 0) | (exists ? 0 : O_CREAT | O_EXCL), 0o666)
    try {
      await handle.truncate(file.size)
    } finally {
      await handle.close()
    }
  } catch (thrown) {
    throw asDiskError(thrown, 'creating', file.path)
  }
}
