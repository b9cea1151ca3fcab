/**
 * Random histories of staking on the real EVM: see testing/stake-fuzz/run.ts for what must hold. `node
 * scripts/fuzz-contracts.js staking` makes a long run of it and keeps the result.
 */

import { expect, test } from 'vitest'
import { fuzzPlan, fuzzWorlds } from '../testing/fuzz-run.ts'
import { emptyTally, fuzzStaking } from '../testing/stake-fuzz/run.ts'

test('stake, rewards and slashing keep their promises through random histories', { timeout: 0 }, async () => {
  const plan = fuzzPlan('staking', 300, 1_000)
  const tally = emptyTally()
  await fuzzWorlds(plan, tally, (seed, calls) => fuzzStaking(seed, calls, tally))
  expect(tally.calls).toBeGreaterThanOrEqual(plan.calls)
})
