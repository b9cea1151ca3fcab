/** Executed blocks that nobody has decided yet. A height may see several rounds, each with a proposal of its own. */

import type { Executed } from './execution.ts'

/** Rounds of a height whose blocks are kept: an older one that is decided after all is executed again. */
export const candidatesMax = 4

export interface Candidates {
  get(key: string): Executed | undefined
  put(key: string, executed: Executed): void
  clear(): void
}

export function createCandidates(): Candidates {
  const kept = new Map<string, Executed>()
  return {
    get: (key) => kept.get(key),
    put(key, executed) {
      kept.delete(key)
      kept.set(key, executed)
      for (const oldest of kept.keys()) {
        if (kept.size <= candidatesMax) break
        kept.delete(oldest)
      }
    },
    clear: () => kept.clear(),
  }
}
