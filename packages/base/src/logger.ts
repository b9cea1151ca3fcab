/** Logging as a port. Log or propagate, never both. */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFields = Readonly<Record<string, string | number | bigint | boolean | undefined>>

export interface Logger {
  log(level: LogLevel, message: string, fields?: LogFields): void
}

/** Drops everything. */
export const silentLogger: Logger = { log: () => {} }

const order: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/** One line a message to `write`, from `least` upward: `warn disk full path=/x`. */
export function lineLogger(write: (line: string) => void, least: LogLevel = 'info'): Logger {
  return {
    log(level, message, fields) {
      if (order[level] < order[least]) return
      const tail = Object.entries(fields ?? {})
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => ` ${key}=${String(value)}`)
      write(`${level} ${message}${tail.join('')}`)
    },
  }
}
