#!/usr/bin/env node
/**
 * Random histories of one of the contracts' worlds on the EVM (packages/contracts/src/*.fuzz.ts), for as many calls as it is
 * told, and what they were into bench/results when none of them broke a rule.
 *
 *     node scripts/fuzz-contracts.js staking|governance|issue|incentives [CALLS] [SEED]
 *
 * 100,000 calls of staking and 20,000 of the others, from seed 1, when not told otherwise.
 */

import { longRun } from './long-run.js'

const callsDefault = { staking: 100_000, governance: 20_000, issue: 20_000, incentives: 20_000 }

const [world = '', calls = callsDefault[world], seed = '1'] = process.argv.slice(2)
if (Object.hasOwn(callsDefault, world)) {
  longRun({
    name: `${world}-fuzz`,
    test: `packages/contracts/src/${world}.fuzz.ts`,
    environment: { MILLRACE_FUZZ_CALLS: String(calls), MILLRACE_FUZZ_SEED: seed },
    resultVariable: 'MILLRACE_FUZZ_RESULT',
  })
} else {
  console.error(`which: ${Object.keys(callsDefault).join(', ')}?`)
  process.exitCode = 2
}
