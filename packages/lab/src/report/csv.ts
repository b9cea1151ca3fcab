/** A result as tables that a spreadsheet reads (RFC 4180). */

import type { LabResult } from '../result.ts'

/** One row a peer. */
export function peersCsv({ peers }: LabResult): string {
  const [first] = peers
  if (first === undefined) return ''
  const names = Object.keys(first)
  return csvTable(
    names,
    peers.map((peer) => Object.values(peer)),
  )
}

/** One row a second; bytes received by each class at the end of the row. */
export function samplesCsv({ samples, scenario }: LabResult): string {
  const names = ['second', 'present', 'complete', 'pricePerMiB', 'use', 'sentBytes', 'downlinkDelayMs', 'uplinkDelayMs']
  const rows = samples.map((it) => [
    it.second,
    it.present,
    it.complete,
    it.pricePerMiB,
    it.use,
    it.sentBytes,
    it.downlinkDelayMs,
    it.uplinkDelayMs,
    ...it.receivedBytes,
  ])
  return csvTable([...names, ...scenario.classes.map(({ name }) => `received ${name}`)], rows)
}

/** Rows under their names. */
export function csvTable(names: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return [names, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

function cell(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
