/**
 * What a stopped download knows of itself, as bytes:
 *
 *     d  5:clean i1e                      saved by an orderly end: nothing was written since
 *        5:files l l i<size>e i<mtime in ns>e e ... e      in the torrent's order; size -1: absent, or not stored
 *        6:format i1e  9:info hash 20:...  12:piece length i...e  8:verified <bitfield>  e
 */

import { equalBytes, ok, type Result, refuse } from '@millrace/base'
import { asDict, asInt, asList, decode, dictBytes, dictInt, dictList, encode } from '@millrace/bencode'
import { bitfieldOf } from './bitfield.ts'

export const resumeFormat = 1
const resumeBytesMax = 64 * 1024 * 1024
const itemsMax = 4_000_000

/** Size and time of a file when it was known to hold what the bitfield says. */
export interface FileStamp {
  readonly size: number
  readonly mtimeNs: bigint
}

export const absentStamp: FileStamp = { size: -1, mtimeNs: 0n }

export interface ResumeData {
  readonly infoHash: Uint8Array
  readonly pieceLength: number
  readonly verified: Uint8Array
  readonly stamps: readonly FileStamp[]
  readonly isClean: boolean
}

/** Which torrent resume data must belong to. */
export interface ResumeSubject {
  readonly infoHash: Uint8Array
  readonly pieceLength: number
  readonly pieceCount: number
  readonly fileCount: number
}

export function encodeResume(data: ResumeData): Uint8Array {
  return encode({
    format: resumeFormat,
    'info hash': data.infoHash,
    'piece length': data.pieceLength,
    verified: data.verified,
    files: data.stamps.map((stamp) => [stamp.size, stamp.mtimeNs]),
    clean: data.isClean ? 1 : 0,
  })
}

/** Refuses, in words, what is damaged, newer, or about another torrent. */
export function decodeResume(bytes: Uint8Array, subject: ResumeSubject): Result<ResumeData, string> {
  const decoded = decode(bytes, { lengthMax: resumeBytesMax, itemsMax })
  if (!decoded.ok) return refuse(`it is damaged: ${decoded.error.message}`)
  const dict = asDict(decoded.value.value)
  if (dict === undefined) return refuse('it is damaged: expected a dictionary')
  const format = dictInt(dict, 'format', { min: 0 })
  if (format !== resumeFormat)
    return refuse(`it has format ${format ?? '?'}: this version reads format ${resumeFormat}`)
  const infoHash = dictBytes(dict, 'info hash', { min: 20, max: 20 })
  const pieceLength = dictInt(dict, 'piece length', { min: 1 })
  if (infoHash === undefined || !equalBytes(infoHash, subject.infoHash) || pieceLength !== subject.pieceLength) {
    return refuse('it belongs to another torrent')
  }
  const bits = bitfieldOf(subject.pieceCount).length
  const verified = dictBytes(dict, 'verified', { min: bits, max: bits })
  const stamps = (dictList(dict, 'files') ?? []).map((item) => {
    const [size, mtimeNs] = asList(item) ?? []
    return { size: Number(asInt(size) ?? -1n), mtimeNs: asInt(mtimeNs) ?? 0n }
  })
  if (verified === undefined || stamps.length !== subject.fileCount || hasSpareBits(verified, subject.pieceCount)) {
    return refuse('it is damaged: its files or pieces are not those of the torrent')
  }
  return ok({ infoHash, pieceLength, verified: verified.slice(), stamps, isClean: dictInt(dict, 'clean') === 1 })
}

function hasSpareBits(bits: Uint8Array, pieceCount: number): boolean {
  const spare = bits.length * 8 - pieceCount
  return spare > 0 && ((bits[bits.length - 1] ?? 0) & ((1 << spare) - 1)) !== 0
}
