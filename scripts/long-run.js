/** A random test for longer than the gate gives it, and what it was through into bench/results when it passed. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeResult } from '../bench/support.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * @param name of the result file
 * @param test the file
 * @param environment how long and from which seed, as the test reads it
 * @param resultVariable names the file into which the test writes what it did
 */
export function longRun({ name, test, environment, resultVariable }) {
  const folder = mkdtempSync(path.join(tmpdir(), `millrace-${name}-`))
  const result = path.join(folder, 'result.json')
  try {
    const env = { ...process.env, ...environment, [resultVariable]: result }
    const vitest = path.join(root, 'node_modules/.bin/vitest')
    const { status } = spawnSync(vitest, ['run', test], { cwd: root, env, stdio: 'inherit' })
    process.exitCode = status ?? 1
    if (status === 0) writeResult(name, JSON.parse(readFileSync(result, 'utf8')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
