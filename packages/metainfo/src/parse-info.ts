/** Reading an info dictionary: limits, safe names, the same verdicts as the field's most used library where they are sound. */

import { createHash } from 'node:crypto'
import { defined, ok, type Result, refuse, toHex, toLatin1 } from '@millrace/base'
import {
  asBytes,
  asDict,
  asInt,
  type BencodeDict,
  type BencodeValue,
  decode,
  dictBytes,
  dictDict,
  dictInt,
  dictList,
} from '@millrace/bencode'
import type { FileEntry, Info } from './info.ts'
import { uniquePaths } from './path-tree.ts'
import { safeComponent } from './safe-path.ts'
import { safeTargets } from './symlinks.ts'
import { type Recognised, refuseTorrent, type TorrentError } from './torrent-error.ts'

/** Half of what a signed 32-bit length could say: far above any real piece. */
export const pieceLengthMax = 2 ** 30 - 1
export const pieceCountMax = 0x20_0000
/** 2^30 - 1 blocks of 16 KiB: piece and block numbers of one file stay within 32 bits. */
export const fileSizeMax = 16_384 * (2 ** 30 - 1) - 1
export const totalSizeMax = 2 ** 48 - 1
/** Deeper folders exceed what file systems take as one path. */
export const pathComponentsMax = 256
export const hashBytes = 20
/** A nesting of this depth holds any v1 info dictionary and BEP 52 file trees of 100 folders. */
export const depthMax = 100

type RawFile = {
  readonly path: readonly string[]
  readonly size: number
  readonly pad: boolean
  /** Of a symbolic link: where it wants to lead. */
  readonly target: readonly string[] | undefined
}

/**
 * Parses the info dictionary by itself, as peers send it (BEP 9). The bytes must be the dictionary and nothing more;
 * the caller has compared their SHA-1 with the info-hash.
 *
 * @example
 * const info = parseInfo(metadata)
 */
export function parseInfo(infoBytes: Uint8Array): Result<Info, TorrentError> {
  const decoded = decode(infoBytes, { mode: 'lenient', depthMax })
  if (!decoded.ok) return refuseTorrent('bad-bencoding', decoded.error.message)
  const dict = asDict(decoded.value.value)
  if (dict === undefined) return refuseTorrent('no-info', 'the info is no dictionary')
  if (decoded.value.end !== infoBytes.length) {
    return refuseTorrent('bad-bencoding', 'bytes follow the info dictionary: expected it alone')
  }
  return readInfo(dict, infoBytes)
}

/** Reads a decoded info dictionary; `infoBytes` are its exact encoded bytes. */
export function readInfo(dict: BencodeDict, infoBytes: Uint8Array): Result<Info, TorrentError> {
  const version = dictInt(dict, 'meta version') ?? 0
  if (version > 0 && !decode(infoBytes, { depthMax }).ok) {
    return refuseTorrent('bad-bencoding', 'a versioned info dictionary is not canonically encoded (BEP 52 requires it)')
  }
  if (version >= 2) return refuseLater(dict, infoBytes, version)
  if (dictDict(dict, 'file tree') !== undefined) {
    return refuseTorrent('bad-bencoding', 'a file tree without "meta version" 2: neither a v1 nor a v2 torrent')
  }
  const pieceLength = dictInt(dict, 'piece length', { min: 1, max: pieceLengthMax })
  if (pieceLength === undefined) {
    return refuseTorrent('bad-piece-length', `"piece length" is missing or not within 1 and ${pieceLengthMax} bytes`)
  }
  const list = dictList(dict, 'files')
  const name = readName(dict, infoBytes, list === undefined)
  if (!name.ok) return name
  const files = list === undefined ? readOnlyFile(dict, name.value) : readFiles(list, name.value)
  if (!files.ok) return files
  return assemble(dict, name.value, pieceLength, list !== undefined, files.value)
}

/** The name as one safe component; a folder without a usable name is called by its info-hash. */
function readName(dict: BencodeDict, infoBytes: Uint8Array, isSingle: boolean): Result<string, TorrentError> {
  const raw = dictBytes(dict, 'name.utf-8') ?? dictBytes(dict, 'name')
  if (raw === undefined) return refuseTorrent('bad-name', '"name" is missing or no byte string')
  const name = safeComponent(raw)
  if (isSingle && (raw.length === 0 || name === undefined)) {
    return refuseTorrent('bad-name', 'nothing is left of the name of the only file once it is made safe')
  }
  return ok(name ?? toHex(createHash('sha1').update(infoBytes).digest()))
}

function readOnlyFile(dict: BencodeDict, name: string): Result<readonly RawFile[], TorrentError> {
  const file = readFile(dict, () => ok([name]))
  return file.ok ? ok([file.value]) : file
}

function readFiles(list: readonly BencodeValue[], name: string): Result<readonly RawFile[], TorrentError> {
  if (list.length === 0) return refuseTorrent('no-files', 'the list of files is empty')
  const files: RawFile[] = []
  for (const item of list) {
    const dict = asDict(item)
    if (dict === undefined) return refuseTorrent('bad-path', 'an entry of the list of files is no dictionary')
    const file = readFile(dict, (size, pad) => readPath(dict, name, pad ? ['.pad', String(size)] : undefined))
    if (!file.ok) return file
    files.push(file.value)
  }
  return ok(files)
}

function readFile(
  dict: BencodeDict,
  locate: (size: number, pad: boolean) => Result<readonly string[], TorrentError>,
): Result<RawFile, TorrentError> {
  const attributes = toLatin1(dictBytes(dict, 'attr') ?? new Uint8Array(0))
  const wantsLink = attributes.includes('l')
  const size = wantsLink ? 0 : dictInt(dict, 'length', { min: 0, max: fileSizeMax })
  if (size === undefined) {
    return refuseTorrent('bad-length', `a file's "length" is missing or not within 0 and ${fileSizeMax} bytes`)
  }
  const located = locate(size, attributes.includes('p'))
  if (!located.ok) return located
  const path = located.value
  const pad = attributes.includes('p') || path.some((component) => component.includes('_____padding_file_'))
  const targetList = wantsLink ? dictList(dict, 'symlink path') : undefined
  if (targetList === undefined) return ok({ path, size, pad, target: undefined })
  const target = safeComponents(targetList)
  if (target === undefined) return refuseTorrent('bad-path', 'a symlink path has an item that is no byte string')
  return ok({ path, size, pad, target: target.length > pathComponentsMax ? [] : target })
}

function readPath(
  dict: BencodeDict,
  name: string,
  fallback: readonly string[] | undefined,
): Result<readonly string[], TorrentError> {
  const list = dictList(dict, 'path.utf-8') ?? dictList(dict, 'path')
  if (list === undefined || list.length === 0) {
    return fallback === undefined ? refuseTorrent('bad-path', 'a file has no path') : ok(fallback)
  }
  const components = safeComponents(list)
  if (components === undefined) return refuseTorrent('bad-path', 'a path has an item that is no byte string')
  if (components.length >= pathComponentsMax) {
    return refuseTorrent('bad-path', `a path of ${components.length} folders: at most ${pathComponentsMax} are taken`)
  }
  return ok([name, ...(components.length === 0 ? ['_'] : components)])
}

function safeComponents(list: readonly BencodeValue[]): string[] | undefined {
  const components: string[] = []
  for (const item of list) {
    const bytes = asBytes(item)
    if (bytes === undefined) return undefined
    const component = safeComponent(bytes)
    if (component !== undefined) components.push(component)
  }
  return components
}

function assemble(
  dict: BencodeDict,
  name: string,
  pieceLength: number,
  isMultiFile: boolean,
  raw: readonly RawFile[],
): Result<Info, TorrentError> {
  let totalSize = 0
  const offsets: number[] = []
  for (const file of raw) {
    offsets.push(totalSize)
    totalSize += file.size
    if (totalSize > totalSizeMax) return refuseTorrent('bad-length', `more than ${totalSizeMax} bytes in all`)
  }
  const pieceCount = Math.ceil(totalSize / pieceLength)
  if (pieceCount > pieceCountMax) {
    return refuseTorrent('too-many-pieces', `${pieceCount} pieces: at most ${pieceCountMax} are taken`)
  }
  const hashes = dictBytes(dict, 'pieces')
  if (hashes === undefined) return refuseTorrent('bad-pieces', '"pieces" is missing or no byte string')
  if (hashes.length !== pieceCount * hashBytes) {
    const expected = `expected ${hashBytes} for each of ${pieceCount} pieces`
    return refuseTorrent('bad-pieces', `"pieces" has ${hashes.length} bytes: ${expected}`)
  }
  if (totalSize === 0) return refuseTorrent('bad-length', 'the torrent has no bytes to download')
  const paths = uniquePaths(raw)
  const links = raw.flatMap(({ target }, index) => (target === undefined ? [] : [{ index, target }]))
  const targets = safeTargets(
    paths.filter((_, index) => raw[index]?.target === undefined),
    links.map(({ index, target }) => ({ path: defined(paths[index], 'a path for each file'), target })),
  )
  const targetOf = new Map(links.map(({ index }, at) => [index, defined(targets[at], 'a target for each link')]))
  const files = raw.map((file, index): FileEntry => {
    const path = defined(paths[index], 'a path for each file')
    const offset = defined(offsets[index], 'an offset for each file')
    const symlink = targetOf.get(index)
    return { path, size: file.size, offset, pad: file.pad, ...(symlink === undefined ? {} : { symlink }) }
  })
  const isPrivate = (asInt(dict.get('private')) ?? 0n) !== 0n
  return ok({ name, pieceLength, pieceCount, totalSize, pieceHashes: hashes.slice(), isPrivate, isMultiFile, files })
}

/** A v2 or hybrid torrent (BEP 52): known for what it is, and refused for now. */
function refuseLater(dict: BencodeDict, infoBytes: Uint8Array, version: number): Result<never, TorrentError> {
  if (version > 2) {
    return refuseTorrent('v2-not-yet', `"meta version" ${version} is not supported yet: only v1 torrents are`)
  }
  const format = dictBytes(dict, 'pieces') === undefined ? 'v2' : 'hybrid'
  const rawName = dictBytes(dict, 'name.utf-8') ?? dictBytes(dict, 'name')
  const name = rawName === undefined ? undefined : safeComponent(rawName)
  const recognised: Recognised = {
    format,
    infoHashV2: new Uint8Array(createHash('sha256').update(infoBytes).digest()),
    ...(format === 'hybrid' ? { infoHash: new Uint8Array(createHash('sha1').update(infoBytes).digest()) } : {}),
    ...(name === undefined ? {} : { name }),
  }
  const words = format === 'v2' ? 'a v2 torrent (BEP 52)' : 'a hybrid of v1 and v2 (BEP 52)'
  const message = `this is ${words}, which is not supported yet: ask for a v1 torrent of the same content`
  return refuse({ kind: 'torrent', code: 'v2-not-yet', message, recognised })
}
