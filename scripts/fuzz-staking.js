#!/usr/bin/env node
/**
 * Random histories of staking on the EVM (packages/contracts/src/staking.fuzz.ts), for as many calls as it is told, and
 * what they were into bench/results/staking-fuzz.json when none of them broke a rule.
 *
 *     node scripts/fuzz-staking.js [CALLS] [SEED]      100,000 calls from seed 1 when not told otherwise
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeResult } from '../bench/support.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const [calls = '100000', seed = '1'] = process.argv.slice(2)
const folder = mkdtempSync(path.join(tmpdir(), 'millrace-fuzz-'))
const result = path.join(folder, 'result.json')
try {
  const env = { ...process.env, MILLRACE_FUZZ_CALLS: calls, MILLRACE_FUZZ_SEED: seed, MILLRACE_FUZZ_RESULT: result }
  const vitest = path.join(root, 'node_modules/.bin/vitest')
  const test = 'packages/contracts/src/staking.fuzz.ts'
  const { status } = spawnSync(vitest, ['run', test], { cwd: root, env, stdio: 'inherit' })
  process.exitCode = status ?? 1
  if (status === 0) writeResult('staking-fuzz', JSON.parse(readFileSync(result, 'utf8')))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
