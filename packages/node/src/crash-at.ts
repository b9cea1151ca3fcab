/** Dying on purpose, for tests only: `MILLRACE_CRASH_AT=payer.signed` kills this process when it gets there. */

import { type Crash, type CrashPoint, crashPoints, MillraceError } from '@millrace/base'

/** `MILLRACE_CRASH_AT` names no crash point. */
export class CrashPointError extends MillraceError<'unknown-point'> {
  override readonly name = 'CrashPointError'
}

/**
 * Reads `MILLRACE_CRASH_AT`: a crash point, or one with the number of the pass that kills, `payer.sent:5`.
 *
 * @throws CrashPointError
 */
export function crashFrom(environment: Readonly<Record<string, string | undefined>>): Crash | undefined {
  const asked = environment.MILLRACE_CRASH_AT
  if (asked === undefined || asked === '') return undefined
  const [name, count = '1', ...rest] = asked.split(':')
  const point = crashPoints.find((known) => known === name)
  if (point === undefined || !/^[1-9]\d{0,8}$/.test(count) || rest.length > 0) {
    const message = `MILLRACE_CRASH_AT=${asked}: expected POINT or POINT:COUNT of ${crashPoints.join(', ')}`
    throw new CrashPointError('unknown-point', message)
  }
  return killAt(point, Number(count), () => process.kill(process.pid, 'SIGKILL'))
}

/** Calls `kill` at the `count`th pass of `fatal`. */
function killAt(fatal: CrashPoint, count: number, kill: () => void): Crash {
  let left = count
  return {
    at(point) {
      if (point !== fatal) return
      left -= 1
      if (left === 0) kill()
    },
  }
}
