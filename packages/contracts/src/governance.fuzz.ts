/**
 * Random histories of governance on the real EVM: see testing/govern-fuzz/run.ts for what must hold. `node
 * scripts/fuzz-contracts.js governance` makes a long run of it and keeps the result.
 */

import { expect, test } from 'vitest'
import { fuzzPlan, fuzzWorlds } from '../testing/fuzz-run.ts'
import { emptyTally, fuzzGovernance } from '../testing/govern-fuzz/run.ts'

test('votes, deposits and what is decided keep their promises through random histories', { timeout: 0 }, async () => {
  const plan = fuzzPlan('governance', 150, 500)
  const tally = emptyTally()
  await fuzzWorlds(plan, tally, (seed, calls) => fuzzGovernance(seed, calls, tally))
  expect(tally.calls).toBeGreaterThanOrEqual(plan.calls)
})
