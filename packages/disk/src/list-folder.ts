/** The files of a folder in a stable order, for making a torrent of it. */

import { lstat, readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { asDiskError, DiskError } from './errors.ts'

export interface ListedFile {
  /** Absolute. */
  readonly path: string
  /** The name of the file or folder that was listed first, then the way down. */
  readonly components: readonly string[]
  readonly size: number
}

export interface Listing {
  readonly name: string
  readonly isFolder: boolean
  readonly files: readonly ListedFile[]
  /** What was left out and why, in words. */
  readonly warnings: readonly string[]
}

/**
 * Lists a file, or all regular files below a folder, hidden ones too, ordered by the bytes of their paths' components so
 * that two machines make the same torrent. Symbolic links and devices are left out with a warning; so is the folder in
 * which this client keeps its resume data.
 *
 * @throws DiskError
 * @example
 * const { name, files } = await listFolder('photos')
 */
export async function listFolder(path: string): Promise<Listing> {
  const root = resolve(path)
  const name = basename(root)
  const warnings: string[] = []
  const files: ListedFile[] = []
  const stats = await attempt(root, () => lstat(root))
  if (stats.isFile())
    return { name, isFolder: false, files: [{ path: root, components: [name], size: stats.size }], warnings }
  if (!stats.isDirectory()) {
    throw new DiskError('io', `${root} is neither a file nor a folder: expected one of them.`, { path: root })
  }
  await walk(root, [name], files, warnings)
  return { name, isFolder: true, files, warnings }
}

async function walk(
  folder: string,
  components: readonly string[],
  files: ListedFile[],
  warnings: string[],
): Promise<void> {
  const entries = await attempt(folder, () => readdir(folder, { withFileTypes: true }))
  entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
  for (const entry of entries) {
    const path = join(folder, entry.name)
    const below = [...components, entry.name]
    if (entry.isDirectory()) {
      if (entry.name === '.millrace') warnings.push(`${path}: resume data, left out`)
      else await walk(path, below, files, warnings)
    } else if (entry.isFile()) {
      files.push({ path, components: below, size: (await attempt(path, () => lstat(path))).size })
    } else {
      warnings.push(`${path}: ${entry.isSymbolicLink() ? 'a symbolic link' : 'not a regular file'}, left out`)
    }
  }
}

async function attempt<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (thrown) {
    throw asDiskError(thrown, 'listing', path)
  }
}
