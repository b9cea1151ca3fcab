/** How much upload there is at which hour, as the owner plans it. Local time is an argument. */

/** Minutes from midnight. A window that ends before it begins goes over midnight; equal ends mean the whole day. */
export interface ScheduleWindow {
  readonly fromMinute: number
  readonly untilMinute: number
  /** Bytes a second; undefined: no limit of its own. */
  readonly bytesPerSecond: number | undefined
}

export interface Schedule {
  /** The first that holds counts. */
  readonly windows: readonly ScheduleWindow[]
  /** Outside all of them. */
  readonly elseBytesPerSecond: number | undefined
}

export interface LocalTime {
  /** 0 to 23 and 0 to 59. */
  readonly hour: number
  readonly minute: number
}

/**
 * The limit at a time, in bytes a second; undefined: none.
 *
 * @example
 * limitAt({ windows: [{ fromMinute: 1_320, untilMinute: 420, bytesPerSecond: undefined }], elseBytesPerSecond: 1e6 }, { hour: 12, minute: 0 }) // 1e6
 */
export function limitAt(schedule: Schedule, { hour, minute }: LocalTime): number | undefined {
  const now = 60 * hour + minute
  const window = schedule.windows.find((candidate) => holds(candidate, now))
  return window === undefined ? schedule.elseBytesPerSecond : window.bytesPerSecond
}

function holds({ fromMinute, untilMinute }: ScheduleWindow, now: number): boolean {
  if (fromMinute < untilMinute) return now >= fromMinute && now < untilMinute
  return now >= fromMinute || now < untilMinute
}
