/** `22:00-07:00 unlimited, else 1M`: when how much may be uploaded. */

import type { Schedule, ScheduleWindow } from '@millrace/market'
import { InvalidArgumentError } from 'commander'
import { parseBytes } from './parse-options.ts'

const windowsMax = 48
const expected = 'Expected windows and what holds else, like "22:00-07:00 unlimited, else 1M".'

/**
 * Windows in local time, the first that holds counts; the last part is `else` with what holds outside all of them.
 * `unlimited` is no limit beyond `--upload-limit`.
 *
 * @throws InvalidArgumentError
 */
export function parseSchedule(text: string): Schedule {
  const parts = text.split(',').map((part) => part.trim())
  const last = /^else\s+(\S+)$/i.exec(parts.at(-1) ?? '')
  if (last?.[1] === undefined || parts.length > windowsMax + 1) throw new InvalidArgumentError(expected)
  return { windows: parts.slice(0, -1).map(parseWindow), elseBytesPerSecond: parseLimit(last[1]) }
}

function parseWindow(text: string): ScheduleWindow {
  const match = /^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s+(\S+)$/.exec(text)
  if (match === null) throw new InvalidArgumentError(expected)
  const [, fromHour = '', from = '', untilHour = '', until = '', limit = ''] = match
  return {
    fromMinute: minuteOf(fromHour, from),
    untilMinute: minuteOf(untilHour, until),
    bytesPerSecond: parseLimit(limit),
  }
}

/** 24:00 is the midnight that ends a day. */
function minuteOf(hour: string, minute: string): number {
  const [hours, minutes] = [Number(hour), Number(minute)]
  const total = 60 * hours + minutes
  if (minutes > 59 || total > 24 * 60) throw new InvalidArgumentError(`${hour}:${minute} is no time of day.`)
  return total % (24 * 60)
}

function parseLimit(text: string): number | undefined {
  return /^unlimited$/i.test(text) ? undefined : parseBytes(text)
}
