/** `millrace demo`: the whole market on one machine, in under a minute. */

import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { SourceError } from '@millrace/node'
import type { Command } from 'commander'
import { DemoError } from '../demo/child.ts'
import { contentSize } from '../demo/payload.ts'
import { runDemo } from '../demo/run-demo.ts'
import { demoBytes, planScenario } from '../demo/scenario.ts'
import { openStage } from '../demo/screen.ts'
import { openingLines, summaryLines } from '../demo/summary.ts'
import { Troupe } from '../demo/troupe.ts'
import { openWatch } from '../demo/watch.ts'
import { exitCodes, UsageError } from '../exit-codes.ts'
import { untilInterrupted } from '../interrupt.ts'
import { type OutputFlags, printJson, printLine } from '../output.ts'
import { parseBytes } from '../parse-options.ts'

interface DemoFlags extends OutputFlags {
  readonly file?: string
  readonly data?: string
  readonly uploadLimit?: number
}

const resultHelp = `
Of the result: "contended" is the time in which every leecher wanted bytes and every bid was in force;
"speedupOverFree" compares bytes a second from the seeder in that time with those of the free leecher;
"utilisation" is uploaded bytes over limit x time while anybody wanted bytes.`

export function addDemo(program: Command): void {
  program
    .command('demo')
    .summary('see it all at work on this machine')
    .description(
      'Run a chain, a tracker, a seeder that sells and four leechers on this machine, and show who gets what.',
    )
    .option('--file <path>', 'hand out this file or folder; random bytes when absent')
    .option('--upload-limit <rate>', 'of the seeder, in bytes a second; chosen by size when absent', parseBytes)
    .option('--data <folder>', 'keep everything here; a temporary folder, removed at the end, when absent')
    .option('--json', 'print one JSON object at the end')
    .addHelpText('after', resultHelp)
    .action(run)
}

async function run(flags: DemoFlags): Promise<void> {
  const contentPath = flags.file === undefined ? undefined : resolve(flags.file)
  const totalBytes = contentPath === undefined ? demoBytes : await sizeOf(contentPath)
  const watch = openWatch(planScenario(totalBytes, flags.uploadLimit))
  const dataFolder = await openFolder(flags.data)
  const troupe = new Troupe()
  const isQuiet = flags.json === true
  const stage = isQuiet ? undefined : openStage(watch)
  try {
    for (const line of openingLines(watch.scenario, dataFolder)) stage?.tell(line)
    const played = runDemo(troupe, watch, { dataFolder, contentPath, onStep: (line) => stage?.tell(line) })
    const result = await Promise.race([played, refuseWhenInterrupted()])
    stage?.close()
    if (isQuiet) printJson(result)
    else for (const line of summaryLines(result)) printLine(line)
    if (result.chain.imbalance !== '0') process.exitCode = exitCodes.failed
  } finally {
    stage?.close()
    await troupe.close()
    if (flags.data === undefined) await rm(dataFolder, { recursive: true, force: true })
  }
}

async function sizeOf(path: string): Promise<number> {
  return contentSize(path).catch((cause: unknown) => {
    throw new SourceError('not-found', `cannot read ${path}: expected a file or a folder`, { cause })
  })
}

async function openFolder(named: string | undefined): Promise<string> {
  if (named === undefined) return mkdtemp(join(tmpdir(), 'millrace-demo-'))
  const folder = resolve(named)
  await mkdir(folder, { recursive: true })
  const isEmpty = (await readdir(folder)).length === 0
  if (!isEmpty) throw new UsageError(`--data: ${folder} is not empty; name a new folder, so that no older run counts`)
  return folder
}

async function refuseWhenInterrupted(): Promise<never> {
  await untilInterrupted()
  throw new DemoError('interrupted', 'interrupted: every process is ended')
}
