/** `millrace lab sweep`: one scenario over a grid of two of its parameters, in as many threads as there are cores. */

import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  runSweep,
  type SweepAxis,
  type SweepResult,
  seedsOf,
  sweepCsv,
  sweepHtml,
  sweepJson,
  sweepMeasures,
  sweepParameters,
  sweepText,
} from '@millrace/lab'
import { type Command, InvalidArgumentError } from 'commander'
import { UsageError } from '../exit-codes.ts'
import { note, type OutputFlags, printLine } from '../output.ts'
import { collectText, parseWhole } from '../parse-options.ts'
import { chooseScenario } from './lab-scenario.ts'

const seedsDefault = 3
const seedsMax = 1_000
const none: readonly string[] = []
const progressParts = 10

interface SweepFlags extends OutputFlags {
  readonly x: SweepAxis
  readonly y: SweepAxis
  readonly measure: readonly string[]
  readonly seeds: number
  readonly workers?: number
  readonly out?: string
}

export function addLabSweep(lab: Command): void {
  const parameters = sweepParameters.map(({ name, title, unit }) => `${name} (${named(title, unit)})`).join(', ')
  const measures = sweepMeasures.map(({ key, title, unit }) => `${key} (${named(title, unit)})`).join(', ')
  lab
    .command('sweep')
    .summary('run a scenario over a grid of two parameters')
    .description(
      'Run a scenario for each pair of values of two parameters and with each seed. With --out the result is written as ' +
        'sweep.json, sweep.csv and heat-map.html; it is the same to the byte for any number of workers. ' +
        `Parameters: ${parameters}. Measures: ${measures}.`,
    )
    .argument('<scenario>', 'a name of `lab list`, or a JSON file')
    .requiredOption('--x <axis>', 'a parameter and its values, like freeShare=0,15,30', parseAxis)
    .requiredOption('--y <axis>', 'another, like riders=0,20,40', parseAxis)
    .option('--measure <name>', 'show this one; repeatable, time weighted by value when absent', collectText, none)
    .option('--seeds <count>', 'run each cell with so many seeds: 1, 2, 3 and on', parseWhole, seedsDefault)
    .option('--workers <count>', 'threads; one a core when absent', parseWhole)
    .option('--out <folder>', 'where the result is written')
    .option('--json', 'print the result as one JSON object')
    .action(sweep)
}

async function sweep(which: string, flags: SweepFlags): Promise<void> {
  const { x, y, measure, seeds, workers, out } = flags
  if (seeds < 1 || seeds > seedsMax) throw new UsageError(`--seeds: 1 to ${seedsMax}`)
  const scenario = await chooseScenario(which)
  const shown = measure.length === 0 ? ['weighted'] : measure
  const result = await runSweep(
    { scenario, x, y, seeds: seedsOf(seeds), shown },
    { onRun: noteProgress, ...(workers === undefined ? {} : { workers }) },
  )
  if (out !== undefined) await writeSweep(out, result)
  if (flags.json === true) process.stdout.write(sweepJson(result))
  else printLine(sweepText(result))
}

function noteProgress(done: number, of: number): void {
  if (done % Math.ceil(of / progressParts) === 0 || done === of) note(`${done} of ${of} runs`)
}

async function writeSweep(folder: string, result: SweepResult): Promise<void> {
  await mkdir(folder, { recursive: true })
  const files = { 'sweep.json': sweepJson(result), 'sweep.csv': sweepCsv(result), 'heat-map.html': sweepHtml(result) }
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text)
  note(`written to ${path.join(folder, 'heat-map.html')}`)
}

/** `NAME=1,2.5,3`. */
function parseAxis(text: string): SweepAxis {
  const match = /^([A-Za-z]+)=(\d+(?:\.\d+)?(?:,\d+(?:\.\d+)?)*)$/.exec(text)
  const [, parameter, values] = match ?? []
  if (parameter === undefined || values === undefined) {
    throw new InvalidArgumentError('Expected a parameter and its values, like freeShare=0,15,30.')
  }
  return { parameter, values: values.split(',').map(Number) }
}

function named(title: string, unit: string | undefined): string {
  return unit === undefined ? title : `${title}, ${unit}`
}
