/** Skipping, said aloud: what is missing and how to get it. In CI a missing peer is a failure instead. */

import { appendFileSync, existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The data of other projects that lies beside the repo on the machines of its developers; absent elsewhere. */
export const conformanceFolder = path.resolve(fileURLToPath(new URL('../../..', import.meta.url)), 'shared/conformance')

export const hasConformanceData = existsSync(conformanceFolder)

/**
 * Whether tests that need `what` run. A missing thing is noted for the summary of `npm test`; in CI it is a failure,
 * unless MILLRACE_WITHOUT names it, as `.ci/run` does for what can't be built on the machine.
 */
export function canUse(what: string, isThere: boolean, remedy: string): boolean {
  if (isThere) return true
  const isAllowed = (process.env.MILLRACE_WITHOUT ?? '').split(',').includes(what)
  if (process.env.CI === 'true' && !isAllowed) throw new Error(`${what} not found: ${remedy}`)
  noteSkip(what, remedy)
  return false
}

/** Like `canUse` for data that no package manager brings: skipped in CI as well, and said. */
export function canUseData(what: string, isThere: boolean, remedy: string): boolean {
  if (!isThere) noteSkip(what, remedy)
  return isThere
}

function noteSkip(what: string, remedy: string): void {
  const file = process.env.MILLRACE_SKIP_FILE
  const line = { what: `${what} not found`, remedy }
  if (file === undefined) console.log(`skipped: ${line.what}: ${remedy}`)
  else appendFileSync(file, `${JSON.stringify(line)}\n`)
}
