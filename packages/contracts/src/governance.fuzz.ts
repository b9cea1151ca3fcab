/**
 * Random histories of governance on the real EVM: see testing/govern-fuzz/run.ts for what must hold. A long run:
 * MILLRACE_FUZZ_CALLS=20000 npx vitest run packages/contracts/src/governance.fuzz.ts
 */

import { expect, test } from 'vitest'
import { emptyTally, fuzzGovernance } from '../testing/govern-fuzz/run.ts'

const calls = Number(process.env.MILLRACE_FUZZ_CALLS ?? 150)
const firstSeed = Number(process.env.MILLRACE_FUZZ_SEED ?? Date.now() % 2 ** 31)
const callsPerWorld = 500

test('votes, deposits and what is decided keep their promises through random histories', { timeout: 0 }, async () => {
  console.log(`governance: ${calls} calls from seed ${firstSeed}`)
  const tally = emptyTally()
  for (let worlds = 0; tally.calls < calls; worlds++) {
    await fuzzGovernance(firstSeed + worlds, Math.min(callsPerWorld, calls - tally.calls), tally)
  }
  if (process.env.MILLRACE_FUZZ_CALLS !== undefined) console.log(tally)
  expect(tally.calls).toBeGreaterThanOrEqual(calls)
})
