/** The torrents that an earning node may choose from: .torrent files in the owner's folders, with content or without. */

import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Logger, messageOf, toHex } from '@millrace/base'
import { pieceBytesMax } from '@millrace/market'
import { type Metainfo, parseTorrent } from '@millrace/metainfo'

export interface LibraryEntry {
  /** Hex info-hash. */
  readonly torrent: string
  readonly metainfo: Metainfo
  /** The owner's own content, where it stands beside the .torrent file under the torrent's name. */
  readonly contentPath: string | undefined
}

/** Torrents of one library. */
export const libraryTorrentsMax = 1_000
const torrentFileBytesMax = 32 * 2 ** 20

/**
 * Reads every `.torrent` file in the folders, not below them. What cannot be read is said and left out; so are torrents that
 * are never sold: private ones, and those with pieces above 16 MiB.
 *
 * @throws what reading a folder throws
 */
export async function readLibrary(folders: readonly string[], logger: Logger): Promise<readonly LibraryEntry[]> {
  const entries = new Map<string, LibraryEntry>()
  for (const folder of folders) {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.torrent')).sort()
    for (const name of names) {
      if (entries.size >= libraryTorrentsMax) {
        logger.log('warn', 'the library is full', { torrents: libraryTorrentsMax })
        return [...entries.values()]
      }
      const path = join(folder, name)
      try {
        const entry = await readEntry(path, folder)
        if (typeof entry === 'string') logger.log('warn', 'a torrent is left out', { path, reason: entry })
        else entries.set(entry.torrent, entry)
      } catch (error) {
        logger.log('warn', 'a torrent is left out', { path, reason: messageOf(error) })
      }
    }
  }
  return [...entries.values()]
}

/** An entry, or why there is none. */
async function readEntry(path: string, folder: string): Promise<LibraryEntry | string> {
  if ((await stat(path)).size > torrentFileBytesMax) return 'the file is too large'
  const parsed = parseTorrent(await readFile(path))
  if (!parsed.ok) return parsed.error.message
  const { info, infoHash } = parsed.value
  if (info.isPrivate) return 'private torrents are never sold'
  if (info.pieceLength > pieceBytesMax) return 'its pieces are too large to be sold'
  const contentPath = resolve(folder, info.name)
  const isHere = await holdsAll(contentPath, info.isMultiFile ? undefined : info.totalSize)
  return { torrent: toHex(infoHash), metainfo: parsed.value, contentPath: isHere ? contentPath : undefined }
}

/** A first look: the check of every piece follows when it is seeded. */
async function holdsAll(path: string, size: number | undefined): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return false
  return size === undefined ? found.isDirectory() : found.isFile() && found.size === size
}
