/**
 * CPU time as a resource. A CPU second is 2^20 hashes, so the unit is one hash; what a core does in a real second cannot be
 * proven to anybody, what it hashed can. A hash counts as proven by a share (Rosenfeld 2011, on miners' pools): an
 * input whose hash begins with 9 zero bits takes 512 tries in the mean to find and one to check.
 */

import { createHash } from 'node:crypto'
import { concatBytes, type Resource, toUtf8 } from '@millrace/base'
import type { Job } from './job.ts'

/** Leading zero bits of a share's hash. */
export const shareBits = 9
/** A step is complete with this many shares: every step costs the same in the mean, and exactly that much is billed. */
export const sharesPerStep = 8

export const cpu: Resource = { name: 'cpu', unit: 'hash', lot: 'CPU second', stepUnits: sharesPerStep * 2 ** shareBits }

const subjectBytes = 20

/**
 * What a session proof is bound to where a torrent has its info-hash: the job, under the name of the resource, so that no proof
 * of the one trade can be used in the other.
 */
export function subjectOf(job: Job): Uint8Array {
  const text = toUtf8(`millrace resource ${cpu.name}`)
  const digest = createHash('sha256')
    .update(concatBytes([text, job.seed, Uint8Array.of(job.goalBits)]))
    .digest()
  return new Uint8Array(digest.subarray(0, subjectBytes))
}
