/** What already lies where a torrent's files belong; nothing is written here. */

import type { BigIntStats } from 'node:fs'
import { lstat, realpath, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errnoOf } from '@millrace/base'
import { asDiskError, DiskError } from './errors.ts'
import type { Layout, StoredFile } from './layout.ts'
import type { FileStamp } from './resume-data.ts'

/** A file as it was found. */
export interface FoundFile extends FileStamp {
  /** Bytes that really take space; less than `size` for a sparse file. */
  readonly allocatedBytes: number
  /** Tells a file from another one put in its place. */
  readonly identity: string
}

/**
 * Looks at every file of a layout; undefined where there is none.
 *
 * With `refuseLinks` no component below the root may be a symbolic link, so that nothing is written elsewhere.
 *
 * @throws DiskError `unsafe-path` for a link in the way, `exists` for something that is no file
 */
export async function surveyFiles(layout: Layout, refuseLinks: boolean): Promise<(FoundFile | undefined)[]> {
  const checked = new Map<string, boolean>()
  const found: (FoundFile | undefined)[] = []
  for (const file of layout.files) {
    if (file.kind !== 'file') found.push(undefined)
    else if (refuseLinks && !(await foldersExist(layout.root, file, checked))) found.push(undefined)
    else found.push(await findFile(file.path, refuseLinks))
  }
  return found
}

/** @throws DiskError as `surveyFiles` */
export async function findFile(path: string, refuseLinks: boolean): Promise<FoundFile | undefined> {
  const stats = await statsOf(path, refuseLinks)
  if (stats === undefined) return undefined
  if (stats.isSymbolicLink()) throw linkInTheWay(path)
  if (!stats.isFile()) {
    throw new DiskError('exists', `${path} exists and is no file: expected a file or nothing. Move it away.`, { path })
  }
  const size = Number(stats.size)
  // `blocks` counts 512-byte units on every POSIX system, and is 0 where the platform does not know.
  const allocatedBytes = process.platform === 'win32' ? size : Math.min(size, Number(stats.blocks) * 512)
  return { size, mtimeNs: stats.mtimeNs, allocatedBytes, identity: `${stats.dev}:${stats.ino}` }
}

/**
 * Bytes free to this user where `path` is or will be; undefined when the system does not tell.
 */
export async function freeBytes(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT' && dirname(path) !== path) return freeBytes(dirname(path))
    return undefined
  }
}

/** The real path of a folder whose last components may not exist yet. */
export async function realFolder(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOENT' || dirname(path) === path) throw asDiskError(thrown, 'finding', path)
    const parent = await realFolder(dirname(path))
    return join(parent, path.slice(dirname(path).length))
  }
}

/** Whether all folders between the root and a file exist. A dangling or live link among them is refused. */
async function foldersExist(root: string, file: StoredFile, checked: Map<string, boolean>): Promise<boolean> {
  let path = root
  for (const component of file.components.slice(0, -1)) {
    path = join(path, component)
    const known = checked.get(path)
    if (known === true) continue
    if (known === false) return false
    const stats = await statsOf(path, true)
    if (stats?.isSymbolicLink()) throw linkInTheWay(path)
    if (stats !== undefined && !stats.isDirectory()) {
      throw new DiskError('exists', `${path} exists and is no folder: expected a folder or nothing. Move it away.`, {
        path,
      })
    }
    checked.set(path, stats !== undefined)
    if (stats === undefined) return false
  }
  return true
}

async function statsOf(path: string, refuseLinks: boolean): Promise<BigIntStats | undefined> {
  try {
    return await (refuseLinks ? lstat(path, { bigint: true }) : stat(path, { bigint: true }))
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT' || errnoOf(thrown) === 'ENOTDIR') return undefined
    throw asDiskError(thrown, 'looking at', path)
  }
}

function linkInTheWay(path: string): DiskError {
  return new DiskError(
    'unsafe-path',
    `${path} is a symbolic link, and writing through it could leave the output folder. Remove the link, or choose another folder.`,
    { path },
  )
}
