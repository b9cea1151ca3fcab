/** Makes files usable again after one vanished, was replaced or cut while the storage ran. */

import { clearBit, hasBit } from './bitfield.ts'
import { checkPieces, piecesTouching } from './check.ts'
import { DiskError } from './errors.ts'
import type { HashPool } from './hash-pool.ts'
import type { ResumeKeeper } from './keeper.ts'
import { type Layout, piecesOfFile } from './layout.ts'
import { createFiles } from './prepare.ts'
import { surveyFiles } from './survey.ts'

export interface RepairParts {
  readonly layout: Layout
  readonly pieceHashes: Uint8Array
  /** Live: bits of lost pieces are cleared. */
  readonly verified: Uint8Array
  readonly pool: HashPool
  readonly keeper: ResumeKeeper
}

/**
 * Creates what is missing and hashes the verified pieces of every file that is not the one it was.
 *
 * @returns the pieces that were lost
 * @throws DiskError
 */
export async function repairFiles(parts: RepairParts): Promise<number[]> {
  const { layout, pieceHashes, verified, pool, keeper } = parts
  const found = await surveyFiles(layout, true)
  const changed: number[] = []
  for (const [i, file] of layout.files.entries()) {
    if (file.kind !== 'file') continue
    const now = found[i]
    if (now !== undefined && now.size > file.size) {
      throw new DiskError(
        'exists',
        `${file.path} is larger than expected: ${now.size} bytes. Move it away, then resume.`,
        {
          path: file.path,
        },
      )
    }
    if (now?.size !== file.size || now.identity !== keeper.identityOf(i)) changed.push(i)
  }
  if (changed.length === 0) return []
  await createFiles(layout, found)
  const suspects = piecesTouching(changed.map((i) => piecesOfFile(layout, i))).filter((piece) =>
    hasBit(verified, piece),
  )
  const right = await checkPieces(pool, layout, pieceHashes, suspects)
  const lost = suspects.filter((piece) => !right.has(piece))
  for (const piece of lost) clearBit(verified, piece)
  keeper.replaced(await surveyFiles(layout, true))
  return lost
}
