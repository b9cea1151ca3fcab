/** What a buyer thinks of a step that came: every share is hashed once more. */

import { shareBits, sharesPerStep } from './cpu.ts'
import { Candidate, type Job } from './job.ts'

export interface Find {
  readonly step: number
  readonly offset: number
  /** Leading zero bits of its hash. */
  readonly bits: number
}

export type StepVerdict =
  | { readonly kind: 'right'; readonly best: Find }
  | { readonly kind: 'wrong'; readonly fault: 'too-few-shares' | 'repeated' | 'no-share' }

/**
 * Rising offsets cannot name a share twice, and each must be one. That all nonces between them were tried is not checked:
 * who skips some must find as many shares elsewhere, at the same cost.
 */
export function judgeStep(job: Job, step: number, offsets: readonly number[]): StepVerdict {
  if (offsets.length !== sharesPerStep) return { kind: 'wrong', fault: 'too-few-shares' }
  const candidate = new Candidate(job.seed, step)
  let best: Find = { step, offset: 0, bits: 0 }
  let last = -1
  for (const offset of offsets) {
    if (offset <= last) return { kind: 'wrong', fault: 'repeated' }
    last = offset
    const bits = candidate.zeroBits(offset)
    if (bits < shareBits) return { kind: 'wrong', fault: 'no-share' }
    if (bits > best.bits) best = { step, offset, bits }
  }
  return { kind: 'right', best }
}
