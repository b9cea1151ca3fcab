/** A scenario by its name, or out of a file. */

import { readFile } from 'node:fs/promises'
import { MillraceError, messageOf } from '@millrace/base'
import { findScenario, parseScenario, type Scenario } from '@millrace/lab'
import { UsageError } from '../exit-codes.ts'

const scenarioFileBytesMax = 1_048_576

/** @throws LabError `not-found`, UsageError, and what `parseScenario` throws */
export async function chooseScenario(which: string): Promise<Scenario> {
  return findScenario(which) ?? (await readScenario(which))
}

async function readScenario(file: string): Promise<Scenario> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new LabError('not-found', `no scenario and no file ${file}; see millrace lab list`, cause)
  })
  if (text.length > scenarioFileBytesMax) throw new UsageError(`${file} is longer than a scenario may be`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${messageOf(error)}`)
  }
  return parseScenario(value)
}

class LabError extends MillraceError<'not-found'> {
  override readonly name = 'LabError'

  constructor(code: 'not-found', message: string, cause: unknown) {
    super(code, message, { cause })
  }
}
