/**
 * Random histories of staking on the real EVM: see testing/stake-fuzz/run.ts for what must hold. `node
 * scripts/fuzz-staking.js` makes a long run of it and keeps the result.
 */

import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { emptyTally, fuzzStaking } from '../testing/stake-fuzz/run.ts'

const calls = Number(process.env.MILLRACE_FUZZ_CALLS ?? 300)
const firstSeed = Number(process.env.MILLRACE_FUZZ_SEED ?? Date.now() % 2 ** 31)
const resultFile = process.env.MILLRACE_FUZZ_RESULT
const callsPerWorld = 1_000

test('stake, rewards and slashing keep their promises through random histories', { timeout: 0 }, async () => {
  console.log(`staking: ${calls} calls from seed ${firstSeed}`)
  const tally = emptyTally()
  let worlds = 0
  while (tally.calls < calls) {
    await fuzzStaking(firstSeed + worlds, Math.min(callsPerWorld, calls - tally.calls), tally)
    worlds += 1
    if (resultFile !== undefined) writeFileSync(resultFile, JSON.stringify({ firstSeed, worlds, ...tally }))
  }
  expect(tally.calls).toBeGreaterThanOrEqual(calls)
})
