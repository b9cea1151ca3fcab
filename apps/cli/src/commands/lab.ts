/** `millrace lab`: runs swarms in virtual time, for those who want to see what a market does before they join one. */

import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  findStudies,
  type LabResult,
  parseScenario,
  peersCsv,
  reportHtml,
  resultJson,
  runScenario,
  samplesCsv,
  scenarios,
  studies,
} from '@millrace/lab'
import type { Command } from 'commander'
import { UsageError } from '../exit-codes.ts'
import { formatBytes, note, type OutputFlags, printJson, printLine } from '../output.ts'
import { parseWhole } from '../parse-options.ts'
import { chooseScenario } from './lab-scenario.ts'
import { runStudies } from './lab-studies.ts'
import { addLabSweep } from './lab-sweep.ts'

const progressSeconds = 30

interface RunFlags extends OutputFlags {
  readonly seed?: number
  readonly seeds?: number
  readonly out?: string
}

export function addLab(program: Command): void {
  const lab = program
    .command('lab')
    .summary('simulate swarms')
    .description('Simulate swarms in virtual time over the very policies of this client.')
  lab
    .command('list')
    .summary('name the scenarios')
    .description('Name the scenarios that are built in.')
    .option('--json', 'print one JSON object: {"scenarios": [...], "studies": [...]}')
    .action(list)
  lab
    .command('run')
    .summary('run a scenario')
    .description(
      'Run a scenario and say how it went; a study is a table over many seeds. With --out its result is written as result.json, peers.csv, samples.csv ' +
        'and report.html. The same scenario with the same seed gives the same bytes.',
    )
    .argument('<scenario>', 'a name of `lab list`, or a JSON file')
    .option('--seeds <count>', 'run a study with so many seeds: 1, 2, 3 and on', parseWhole)
    .option('--seed <number>', 'in place of the seed of the scenario', parseWhole)
    .option('--out <folder>', 'where the result is written')
    .option('--json', 'print the result as one JSON object')
    .action(run)
  addLabSweep(lab)
}

function list(flags: OutputFlags): void {
  const known = scenarios.map(({ name, title, classes }) => ({
    name,
    title,
    peers: classes.reduce((sum, { count }) => sum + count, 0),
  }))
  const asked = studies.map(({ name, title }) => ({ name, title }))
  if (flags.json === true) return printJson({ scenarios: known, studies: asked })
  for (const { name, title, peers } of known) printLine(`${name.padEnd(24)} ${title} (${peers} peers)`)
  printLine(`${'attacks'.padEnd(24)} all studies of attacks, one after the other`)
  printLine(`${'published'.padEnd(24)} all studies of published mechanisms, one after the other`)
  printLine(`${'economy'.padEnd(24)} all studies of money and supply, one after the other`)
  for (const { name, title } of asked) printLine(`${name.padEnd(24)} study: ${title}`)
}

async function run(which: string, flags: RunFlags): Promise<void> {
  const asked = findStudies(which)
  if (asked.length > 0) return runStudies(which, asked, flags)
  if (flags.seeds !== undefined) throw new UsageError('--seeds is for studies; a scenario has one seed')
  const found = await chooseScenario(which)
  const scenario = flags.seed === undefined ? found : parseScenario({ ...found, seed: flags.seed })
  const result = runScenario(scenario, {
    onSecond: (swarm, second) => {
      if (second % progressSeconds !== 0) return
      const done = swarm.peers.filter(({ completedMs }) => completedMs !== undefined).length
      note(`${second} s: ${done} downloads done`)
    },
  })
  if (flags.out !== undefined) await writeResult(flags.out, result)
  if (flags.json === true) process.stdout.write(resultJson(result))
  else printSummary(result)
}

async function writeResult(folder: string, result: LabResult): Promise<void> {
  await mkdir(folder, { recursive: true })
  const files = {
    'result.json': resultJson(result),
    'peers.csv': peersCsv(result),
    'samples.csv': samplesCsv(result),
    'report.html': reportHtml(result),
  }
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text)
  note(`written to ${path.join(folder, 'report.html')}`)
}

function printSummary({ scenario, peers, endedSecond }: LabResult): void {
  printLine(`${scenario.title}: ended after ${endedSecond} virtual seconds`)
  for (const { name } of scenario.classes) {
    const all = peers.filter((peer) => peer.class === name)
    const times = all.flatMap(({ downloadSeconds }) => (downloadSeconds === null ? [] : [downloadSeconds]))
    times.sort((a, b) => a - b)
    const median = times[Math.floor(times.length / 2)]
    const speed = median === undefined ? 'no download done' : `${times.length} done, median ${median.toFixed(1)} s`
    const sent = all.reduce((sum, { sentBytes }) => sum + sentBytes, 0)
    printLine(`  ${name.padEnd(16)} ${String(all.length).padStart(6)} peers, ${speed}, sent ${formatBytes(sent)}`)
  }
}
