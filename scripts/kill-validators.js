#!/usr/bin/env node
/**
 * Four validators with the real cometbft, killed at random (test/faults/kill-validators.test.ts), for as long as it is told,
 * and what they were through into bench/results/validator-kills.json when they kept one chain and their supply.
 *
 *     node scripts/kill-validators.js [SECONDS] [SEED]      1,200 seconds from seed 1 when not told otherwise
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeResult } from '../bench/support.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const [seconds = '1200', seed = '1'] = process.argv.slice(2)
const folder = mkdtempSync(path.join(tmpdir(), 'millrace-kills-'))
const result = path.join(folder, 'result.json')
try {
  const env = {
    ...process.env,
    MILLRACE_FAULT_SECONDS: seconds,
    MILLRACE_FAULT_SEED: seed,
    MILLRACE_FAULT_RESULT: result,
  }
  const vitest = path.join(root, 'node_modules/.bin/vitest')
  const test = 'test/faults/kill-validators.test.ts'
  const { status } = spawnSync(vitest, ['run', test], { cwd: root, env, stdio: 'inherit' })
  process.exitCode = status ?? 1
  if (status === 0) writeResult('validator-kills', JSON.parse(readFileSync(result, 'utf8')))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
