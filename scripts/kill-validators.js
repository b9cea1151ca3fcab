#!/usr/bin/env node
/**
 * Four validators with the real cometbft, killed at random (test/faults/kill-validators.test.ts), for as long as it is told,
 * and what they were through into bench/results/validator-kills.json when they kept one chain and their supply.
 *
 *     node scripts/kill-validators.js [SECONDS] [SEED]      1,200 seconds from seed 1 when not told otherwise
 */

import { longRun } from './long-run.js'

const [seconds = '1200', seed = '1'] = process.argv.slice(2)
longRun({
  name: 'validator-kills',
  test: 'test/faults/kill-validators.test.ts',
  environment: { MILLRACE_FAULT_SECONDS: seconds, MILLRACE_FAULT_SEED: seed },
  resultVariable: 'MILLRACE_FAULT_RESULT',
})
