/** SIGINT and SIGTERM as a promise: the first asks for an orderly end, the second ends at once. */

import { exitCodes } from './exit-codes.ts'

let interrupted: Promise<void> | undefined

/** Resolves at the first SIGINT or SIGTERM. */
export function untilInterrupted(): Promise<void> {
  interrupted ??= new Promise((resolve) => {
    let count = 0
    const onSignal = (): void => {
      count++
      if (count > 1) process.exit(exitCodes.interrupted)
      resolve()
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
  return interrupted
}
