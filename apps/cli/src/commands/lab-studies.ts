/** `millrace lab run` of a study: many runs, one table. */

import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  runStudy,
  type Study,
  type StudyResult,
  seedsOf,
  studiesHtml,
  studyCsv,
  studyJson,
  studyText,
} from '@millrace/lab'
import { UsageError } from '../exit-codes.ts'
import { note, type OutputFlags, printJson, printLine } from '../output.ts'

const seedsMax = 1_000

interface StudyFlags extends OutputFlags {
  readonly seed?: number
  readonly seeds?: number
  readonly out?: string
}

/** Runs each, prints its table as soon as it is there, and writes NAME.json, NAME.csv and report.html. */
export async function runStudies(which: string, asked: readonly Study[], flags: StudyFlags): Promise<void> {
  const { seed, seeds, out } = flags
  if (seed !== undefined && seeds !== undefined) throw new UsageError('either --seed or --seeds')
  if (seeds !== undefined && (seeds < 1 || seeds > seedsMax)) throw new UsageError(`--seeds: 1 to ${seedsMax}`)
  const results: StudyResult[] = []
  for (const study of asked) {
    const chosen = seed === undefined ? seedsOf(seeds ?? study.seedsDefault) : [seed]
    const result = runStudy(study, chosen, (current) => note(`${study.name}: seed ${current}`))
    results.push(result)
    if (flags.json !== true) printLine(studyText(result))
  }
  if (out !== undefined) await writeStudies(out, which, results)
  if (flags.json === true) printJson({ results })
}

async function writeStudies(folder: string, which: string, results: readonly StudyResult[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const result of results) {
    await writeFile(path.join(folder, `${result.name}.json`), studyJson(result))
    await writeFile(path.join(folder, `${result.name}.csv`), studyCsv(result))
  }
  const report = path.join(folder, 'report.html')
  await writeFile(report, studiesHtml(`millrace lab: ${which}`, results))
  note(`written to ${report}`)
}
