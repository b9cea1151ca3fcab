/**
 * The folder of what an earning node fetched by itself. A torrent has a folder of its own in it, with a mark that says so;
 * only below a mark is anything deleted, and there only the torrent's own files: never what somebody else put there.
 */

import { lstat, mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { errnoOf, MillraceError } from '@millrace/base'
import type { Info } from '@millrace/metainfo'

export class ManagedFolderError extends MillraceError<'not-ours'> {
  override readonly name = 'ManagedFolderError'
}

const markName = '.millrace-earn.json'
const markFormat = 1
const resumeFolderName = '.millrace'
const resumeEndings = ['resume', 'resume.new', 'written'] as const
const markBytesMax = 4_096

/** What the mark says. */
interface Mark {
  readonly format: number
  readonly torrent: string
  /** Seconds since 1970. */
  readonly takenAtSeconds: number
}

export class ManagedFolder {
  readonly #path: string

  /** @param path created when something is taken in */
  constructor(path: string) {
    this.#path = resolve(path)
  }

  /** Where the torrent's name appears. */
  folderOf(torrent: string): string {
    return join(this.#path, torrent)
  }

  /** The torrents held here, by hex info-hash, with when each was taken in. */
  async held(): Promise<ReadonlyMap<string, number>> {
    const names = await readdir(this.#path).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return []
      throw error
    })
    const held = new Map<string, number>()
    for (const name of names) {
      const mark = await this.#markOf(name)
      if (mark !== undefined) held.set(name, mark.takenAtSeconds)
    }
    return held
  }

  /**
   * Makes the folder of a torrent and marks it before the first byte comes.
   *
   * @throws ManagedFolderError `not-ours` when something of that name is there without a mark of ours
   */
  async take(torrent: string, nowSeconds: number): Promise<string> {
    const folder = this.folderOf(torrent)
    await mkdir(this.#path, { recursive: true })
    try {
      await mkdir(folder)
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
      if ((await this.#markOf(torrent)) !== undefined) return folder
      throw new ManagedFolderError('not-ours', `${folder} exists and was not made by earning: move it away`)
    }
    const mark: Mark = { format: markFormat, torrent, takenAtSeconds: nowSeconds }
    await writeFile(join(folder, markName), `${JSON.stringify(mark)}\n`, { flag: 'wx' })
    return folder
  }

  /**
   * Deletes what was fetched of a torrent: the files that it names, its resume data and the mark, then folders that are
   * empty. Anything else stays, and with it the folders around it. Links are not followed. Does nothing without a mark.
   */
  async drop(torrent: string, info: Info): Promise<void> {
    if ((await this.#markOf(torrent)) === undefined) return
    const folder = this.folderOf(torrent)
    for (const file of info.files) if (!file.pad) await removeFile(folder, file.path, file.size)
    for (const ending of resumeEndings) await removeFile(folder, [resumeFolderName, `${torrent}.${ending}`])
    const inner = new Set(
      info.files.flatMap((file) => file.path.map((_, depth) => join(...file.path.slice(0, depth), '.'))),
    )
    const deepestFirst = [...inner, resumeFolderName].filter((path) => path !== '.').sort((a, b) => b.length - a.length)
    for (const path of deepestFirst) await removeIfEmpty(join(folder, path))
    await rm(join(folder, markName), { force: true })
    await removeIfEmpty(folder)
  }

  async #markOf(torrent: string): Promise<Mark | undefined> {
    const folder = this.folderOf(torrent)
    if (!/^[0-9a-f]{40}$/.test(torrent) || !(await isFolder(folder))) return undefined
    const path = join(folder, markName)
    try {
      const found = await lstat(path)
      if (!found.isFile() || found.size > markBytesMax) return undefined
      const read: unknown = JSON.parse(await readFile(path, 'utf8'))
      return isMark(read) && read.torrent === torrent ? read : undefined
    } catch {
      return undefined // no mark that can be read is no mark
    }
  }
}

/** Removes one file whose parents are all real folders. A larger one than the torrent has is not what was fetched. */
async function removeFile(folder: string, path: readonly string[], sizeMax = Number.POSITIVE_INFINITY): Promise<void> {
  let parent = folder
  for (const part of path.slice(0, -1)) {
    parent = join(parent, part)
    if (!(await isFolder(parent))) return
  }
  const file = join(folder, ...path)
  const found = await lstat(file).catch(() => undefined)
  if (found !== undefined && !found.isDirectory() && found.size <= sizeMax) await rm(file, { force: true })
}

async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: unknown) => {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw error
  })
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() === true
}

function isMark(value: unknown): value is Mark {
  if (typeof value !== 'object' || value === null) return false
  const { format, torrent, takenAtSeconds } = value as Partial<Mark> // every field is checked below
  return format === markFormat && typeof torrent === 'string' && Number.isSafeInteger(takenAtSeconds)
}
