/** Makes files usable again after one vanished, was replaced or cut while the storage ran. */

import { clearBit, hasBit } from './bitfield.ts'
import { checkPieces, piecesTouching } from './check.ts'
import type { HashPool } from './hash-pool.ts'
import { type Layout, piecesOfFile } from './layout.ts'
import { refuseLarger, requireWhole } from './plan-check.ts'
import { createFiles } from './prepare.ts'
import { type FoundFile, surveyFiles } from './survey.ts'

export interface RepairParts {
  readonly mode: 'leech' | 'seed'
  readonly layout: Layout
  readonly pieceHashes: Uint8Array
  /** Live: bits of lost pieces are cleared. */
  readonly verified: Uint8Array
  /** Live: the files as they are known. */
  readonly known: (FoundFile | undefined)[]
  readonly pool: HashPool
  /** Files that were caught missing bytes: they are doubted even if they look whole now. */
  readonly doubted: ReadonlySet<string>
}

export interface Repaired {
  /** Pieces that had been verified and are no longer on disk. */
  readonly lost: readonly number[]
  /** Indexes of files that are not what they were. */
  readonly replaced: readonly number[]
}

/**
 * Creates what is missing (a seed wants it put back) and hashes the verified pieces of each file that is not what it was.
 *
 * @throws DiskError
 */
export async function repairFiles(parts: RepairParts): Promise<Repaired> {
  const { mode, layout, pieceHashes, verified, known, pool, doubted } = parts
  const isWriting = mode === 'leech'
  const found = await surveyFiles(layout, isWriting)
  if (isWriting) refuseLarger(layout, found)
  else requireWhole(layout, found)
  const replaced = layout.files.flatMap((file, i) => {
    const [now, before] = [found[i], known[i]]
    const isSame = now?.size === file.size && now.identity === before?.identity && !doubted.has(file.path)
    // Only what this storage writes to may have a new time.
    return file.kind !== 'file' || (isSame && (isWriting || now.mtimeNs === before?.mtimeNs)) ? [] : [i]
  })
  if (replaced.length === 0) return { lost: [], replaced }
  if (isWriting) await createFiles(layout, found)
  const touched = piecesTouching(replaced.map((i) => piecesOfFile(layout, i)))
  const suspects = touched.filter((piece) => hasBit(verified, piece))
  const right = await checkPieces(pool, layout, pieceHashes, suspects)
  const lost = suspects.filter((piece) => !right.has(piece))
  for (const piece of lost) clearBit(verified, piece)
  const after = await surveyFiles(layout, isWriting)
  for (const i of replaced) known[i] = after[i]
  return { lost, replaced }
}
