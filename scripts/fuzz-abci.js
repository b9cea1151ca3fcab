#!/usr/bin/env node
/**
 * Random legal ways of a node through a chain, by the grammar of ABCI's calls (packages/chain/src/app/abci-grammar.fuzz.ts):
 * more and longer ones than the gate has time for, and how many they were into bench/results when all came to one hash.
 *
 *     node scripts/fuzz-abci.js [RUNS] [HEIGHTS] [SEED]      100 runs of 40 heights from seed 1 when not told otherwise
 */

import { longRun } from './long-run.js'

const [runs = '100', heights = '40', seed = '1'] = process.argv.slice(2)
longRun({
  name: 'abci-fuzz',
  test: 'packages/chain/src/app/abci-grammar.fuzz.ts',
  environment: { MILLRACE_FUZZ_RUNS: runs, MILLRACE_FUZZ_HEIGHTS: heights, MILLRACE_FUZZ_SEED: seed },
  resultVariable: 'MILLRACE_FUZZ_RESULT',
})
