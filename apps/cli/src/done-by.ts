/** "Done by": a time that a person names, as 18:30, 20m, 1h30m or ISO 8601. */

import { InvalidArgumentError } from 'commander'

const expected = 'Expected a time to come, like 18:30, 20m, 1h30m, 90s or 2026-01-31T18:30.'
const dayMs = 86_400_000

/**
 * The instant that a text names: a clock time is the next one in the local time zone.
 *
 * @throws InvalidArgumentError when it is no time, or has passed
 * @example
 * parseDoneBy('20m', new Date('2026-01-31T12:00Z')) // 2026-01-31T12:20Z
 */
export function parseDoneBy(text: string, now: Date): Date {
  const at = afterDuration(text, now) ?? nextClockTime(text, now) ?? isoTime(text)
  if (at === undefined || at.getTime() <= now.getTime()) throw new InvalidArgumentError(expected)
  return at
}

function afterDuration(text: string, now: Date): Date | undefined {
  const match = /^(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?$/.exec(text)
  if (match === null || text === '') return undefined
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return new Date(now.getTime() + days * dayMs + ((hours * 60 + minutes) * 60 + seconds) * 1_000)
}

function nextClockTime(text: string, now: Date): Date | undefined {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text)
  if (match === null) return undefined
  const at = new Date(now)
  at.setHours(Number(match[1]), Number(match[2]), 0, 0)
  if (at.getTime() <= now.getTime()) at.setDate(at.getDate() + 1)
  return at
}

function isoTime(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return undefined
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? undefined : at
}
