/** How long random histories go on and from which seed, by the environment, and where a long run leaves what it did. */

import { writeFileSync } from 'node:fs'

export interface FuzzPlan {
  readonly calls: number
  readonly firstSeed: number
  /** Of one world; the next begins with the next seed. */
  readonly callsPerWorld: number
}

/** `MILLRACE_FUZZ_CALLS` and `MILLRACE_FUZZ_SEED`; absent: a short run from a seed of the day. Says which. */
export function fuzzPlan(name: string, callsDefault: number, callsPerWorld: number): FuzzPlan {
  const calls = Number(process.env.MILLRACE_FUZZ_CALLS ?? callsDefault)
  const firstSeed = Number(process.env.MILLRACE_FUZZ_SEED ?? Date.now() % 2 ** 31)
  console.log(`${name}: ${calls} calls from seed ${firstSeed}`)
  return { calls, firstSeed, callsPerWorld }
}

/** Makes world after world until all calls are made. After each, what was done so far goes to `MILLRACE_FUZZ_RESULT`. */
export async function fuzzWorlds(
  { calls, firstSeed, callsPerWorld }: FuzzPlan,
  tally: object,
  attempt: (seed: number, calls: number) => Promise<void>,
): Promise<void> {
  for (let worlds = 0; worlds * callsPerWorld < calls; worlds++) {
    await attempt(firstSeed + worlds, Math.min(callsPerWorld, calls - worlds * callsPerWorld))
    const file = process.env.MILLRACE_FUZZ_RESULT
    if (file !== undefined) writeFileSync(file, JSON.stringify({ firstSeed, worlds: worlds + 1, ...tally }))
  }
}

/** How often each doing was done or refused. */
export class Tally {
  calls = 0
  readonly done: Record<string, number> = {}
  readonly refused: Record<string, number> = {}

  add(name: string, isDone: boolean): void {
    this.calls += 1
    const kind = isDone ? this.done : this.refused
    kind[name] = (kind[name] ?? 0) + 1
  }
}
