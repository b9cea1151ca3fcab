/** Data goes to stdout, everything for the eye to stderr. */

import pc from 'picocolors'

export type OutputMode = 'text' | 'json' | 'jsonl'

export interface OutputFlags {
  readonly json?: boolean | undefined
  readonly jsonl?: boolean | undefined
}

export function outputMode(flags: OutputFlags): OutputMode {
  return flags.json === true ? 'json' : flags.jsonl === true ? 'jsonl' : 'text'
}

/** Amounts are decimal strings in base units, bytes of a Uint8Array are hex. */
export function toJson(value: unknown): string {
  const replacer = (_: string, entry: unknown): unknown => {
    if (typeof entry === 'bigint') return entry.toString()
    if (entry instanceof Uint8Array) return Buffer.from(entry).toString('hex')
    return entry
  }
  return JSON.stringify(value, replacer)
}

/** One object, one line. */
export function printJson(value: unknown): void {
  process.stdout.write(`${toJson(value)}\n`)
}

/** One event a line. */
export function printEvent(event: string, fields: object): void {
  process.stdout.write(`${toJson({ event, ...fields })}\n`)
}

export function printLine(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** As it stands, with whatever line ends it has. */
export function printText(text: string): void {
  process.stdout.write(text)
}

export function note(line: string): void {
  process.stderr.write(`${line}\n`)
}

export function warn(line: string): void {
  note(`${pc.yellow('warning:')} ${line}`)
}

/** Bytes for the eye: `12.3 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`
}

/** `1:02:03` or `02:03`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const pad = (part: number): string => String(part).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const rest = `${pad(Math.floor((whole % 3600) / 60))}:${pad(whole % 60)}`
  return hours === 0 ? rest : `${hours}:${rest}`
}
