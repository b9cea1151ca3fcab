/** Blocks that are executed, or will be soon, and that nobody has decided yet. A height may see several rounds, each with a proposal of its own. */

import type { Executed } from './execution.ts'

/** Rounds of a height whose blocks are kept: an older one that is decided after all is executed again. */
export const candidatesMax = 4

export interface Candidates {
  get(key: string): Promise<Executed> | undefined
  /** What fails is forgotten: it may be tried again. */
  put(key: string, executed: Promise<Executed>): void
  clear(): void
}

export function createCandidates(): Candidates {
  const kept = new Map<string, Promise<Executed>>()
  return {
    get: (key) => kept.get(key),
    put(key, executed) {
      kept.delete(key)
      kept.set(key, executed)
      executed.catch(() => {
        if (kept.get(key) === executed) kept.delete(key)
      })
      for (const oldest of kept.keys()) {
        if (kept.size <= candidatesMax) break
        kept.delete(oldest)
      }
    },
    clear: () => kept.clear(),
  }
}
