/** A result as JSON: the same bytes for the same run. */

import type { LabResult } from '../result.ts'

export function resultJson(result: LabResult): string {
  return `${JSON.stringify(result)}\n`
}
