/**
 * Where books are at home. Each opening makes a small file beside them and notes when the system says it was made: a copy
 * of the folder cannot keep that, a move within a disk does. So a restored backup is told from the books it was made of,
 * which went on without it. An image of a whole disk, put back as it was, is not.
 */

import { closeSync, fsyncSync, openSync, readdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { errnoOf } from '@millrace/base'
import { syncFolder } from './log-file.ts'

const prefix = 'opened.'

/** Whether these books were opened last in another place, or here after the opening that they know of. */
export function isElsewhere(folder: string, bootId: number, place: string | undefined): boolean {
  if (place === undefined) return false // new, or of a program of before
  // The file of an opening that a crash ended before it was noted may be there already.
  const isPast = openings(folder).some((opening) => opening > bootId + 1)
  return isPast || madeAt(fileOf(folder, bootId)) !== place
}

/** Makes the file of this opening, for good, and answers what to note of it. */
export function takePlace(folder: string, bootId: number): string {
  const file = fileOf(folder, bootId)
  rmSync(file, { force: true })
  const descriptor = openSync(file, 'wx')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  syncFolder(folder)
  return madeAt(file) ?? ''
}

/** The opening is noted for good: the files of earlier ones are of no use. */
export function leaveOtherPlaces(folder: string, bootId: number): void {
  for (const opening of openings(folder)) if (opening !== bootId) rmSync(fileOf(folder, opening), { force: true })
}

function openings(folder: string): readonly number[] {
  return readdirSync(folder).flatMap((name) => {
    const number = name.startsWith(prefix) ? name.slice(prefix.length) : ''
    return /^\d{1,15}$/.test(number) ? [Number(number)] : []
  })
}

/** Nanoseconds; where a file system keeps no time of birth, of the last change to the file's entry. */
function madeAt(file: string): string | undefined {
  try {
    return statSync(file, { bigint: true }).birthtimeNs.toString()
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined
    throw cause
  }
}

function fileOf(folder: string, bootId: number): string {
  return path.join(folder, `${prefix}${bootId}`)
}
