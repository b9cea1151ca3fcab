/** Processes whose clock is wrong: Node's by libfaketime, CometBFT's by a binary that is built for it. */

import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { canUse } from './skips.ts'
import type { Validator } from './validators.ts'

const libraryFolders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib']
const library = libraryFolders.map((folder) => join(folder, 'faketime/libfaketimeMT.so.1')).find(existsSync)

/** Beside cometbft on PATH, as scripts/install-skewed-cometbft.sh names it. */
const skewedCometBft = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'cometbft-skewed'))
  .find(existsSync)

export function canSkewClocks(): boolean {
  const hasLibrary = canUse('libfaketime', library !== undefined, 'install the Debian package faketime')
  return canUse('cometbft-skewed', skewedCometBft !== undefined, 'run scripts/install-skewed-cometbft.sh') && hasLibrary
}

/** From its next start both processes of the validator see a clock that is ahead by so much; below 0 it is behind. */
export function skewClock(validator: Validator, seconds: number): void {
  const env = {
    LD_PRELOAD: library ?? '',
    FAKETIME: `${seconds < 0 ? '' : '+'}${seconds}s`,
    // Only the calendar is wrong: waiting takes as long as ever.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    CLOCK_SKEW_SECONDS: String(seconds),
  }
  validator.surroundings = seconds === 0 ? {} : { env, cometBft: skewedCometBft ?? '' }
}
