#!/usr/bin/env node
/**
 * Random histories of staking on the EVM (packages/contracts/src/staking.fuzz.ts), for as many calls as it is told, and
 * what they were into bench/results/staking-fuzz.json when none of them broke a rule.
 *
 *     node scripts/fuzz-staking.js [CALLS] [SEED]      100,000 calls from seed 1 when not told otherwise
 */

import { longRun } from './long-run.js'

const [calls = '100000', seed = '1'] = process.argv.slice(2)
longRun({
  name: 'staking-fuzz',
  test: 'packages/contracts/src/staking.fuzz.ts',
  environment: { MILLRACE_FUZZ_CALLS: calls, MILLRACE_FUZZ_SEED: seed },
  resultVariable: 'MILLRACE_FUZZ_RESULT',
})
