/**
 * What every package may use: assertions, the error base, time, randomness and logging as ports, bytes and units.
 * Nothing here knows BitTorrent, and no rule about money stands here: only its unit and its rounding.
 */

export { AssertionError, assert, defined, unreachable } from './assert.ts'
export {
  concatBytes,
  equalBytes,
  fromBigEndian,
  fromHex,
  fromLatin1,
  readUint32,
  toBigEndian,
  toHex,
  toLatin1,
  toUtf8,
  writeUint32,
} from './bytes.ts'
export { type Clock, systemClock, type VirtualClock, virtualClock } from './clock.ts'
export { type Crash, type CrashPoint, crashPoints } from './crash.ts'
export { errnoOf, MillraceError, messageOf } from './errors.ts'
export { type LogFields, type Logger, type LogLevel, lineLogger, silentLogger } from './logger.ts'
export { type Random, seededRandom, shuffle, systemRandom } from './random.ts'
export { lotUnits, type Resource, upload } from './resource.ts'
export { type Ok, ok, type Refusal, type Result, refuse } from './result.ts'
export {
  AmountError,
  type Btt,
  blockBytes,
  btt,
  bttDecimals,
  bytesPerMiB,
  divideDown,
  divideUp,
  formatBtt,
  maxBig,
  minBig,
  oneBtt,
  parseBtt,
  zeroBtt,
} from './units.ts'
