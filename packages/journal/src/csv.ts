/** Rows of comma-separated values as RFC 4180 has them. */

/** One row with its line end. Fields with a comma, a quote or a line break are quoted, quotes doubled. */
export function csvRow(fields: readonly string[]): string {
  return `${fields.map(quoted).join(',')}\r\n`
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}
