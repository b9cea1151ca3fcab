#!/usr/bin/env node
// All checks this machine can run, in the order in which a failure is cheapest to learn of. A failing stage does not
// stop the later ones. `--only NAME[,NAME]` runs some stages; CI=true turns what would be skipped into failures.

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const outputTailLines = 80
const failureLinesMax = 400
/** Of each stage: where its time went. */
const slowestFiles = 4
/** Folders of test/ that start processes and real peers, each its own stage: how many files run at a time. */
const slowFolders = { interop: 1, e2e: 3, faults: 2, promises: 1 }

const scratch = mkdtempSync(path.join(tmpdir(), 'millrace-test-'))
const skipFile = path.join(scratch, 'skips.jsonl')

const stages = [
  { name: 'lint', run: () => commands(['biome', 'check', '.']) },
  { name: 'types', run: () => commands(['tsc', '-b'], ['tsc', '-p', 'tsconfig.tests.json']), before: compileContracts },
  { name: 'unit', run: () => vitest('unit', ['packages', 'apps', 'examples', ...quickTests()]) },
  ...Object.keys(slowFolders).map((folder) => ({ name: folder, run: () => vitest(folder, [`test/${folder}/`]) })),
  { name: 'knip', run: () => commands(['knip', '--no-config-hints']) },
]

process.exitCode = await main()

async function main() {
  const chosen = chooseStages()
  if (chosen === undefined) return 2
  const results = []
  try {
    for (const stage of chosen) {
      const began = process.hrtime.bigint()
      const result = await runStage(stage)
      const seconds = Number((process.hrtime.bigint() - began) / 1_000_000n) / 1000
      results.push({ ...result, name: stage.name })
      const verdict = result.failed === 0 ? 'ok  ' : 'FAIL'
      console.log(`${verdict} ${stage.name.padEnd(8)} ${seconds.toFixed(1).padStart(7)} s  ${describeCounts(result)}`)
      for (const { name, seconds } of result.slowest ?? []) console.log(`${seconds.toFixed(1).padStart(20)} s  ${name}`)
    }
    return summarise(results)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function chooseStages() {
  const { values } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: false })
  if (values.only === undefined) return stages
  const names = values.only.split(',')
  const unknown = names.filter((name) => !stages.some((stage) => stage.name === name))
  if (unknown.length === 0) return stages.filter((stage) => names.includes(stage.name))
  console.error(`no stage ${unknown.join(', ')}; there are: ${stages.map((stage) => stage.name).join(', ')}`)
  return undefined
}

/** A stage that breaks instead of answering counts as one failure. */
async function runStage(stage) {
  try {
    await stage.before?.()
    return await stage.run()
  } catch (error) {
    console.log(String(error?.stack ?? error))
    return { passed: 0, failed: 1, skipped: [] }
  }
}

function describeCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`
}

function summarise(results) {
  const passed = results.reduce((sum, result) => sum + result.passed, 0)
  const failed = results.reduce((sum, result) => sum + result.failed, 0)
  reportSkips(results.flatMap((result) => result.skipped.map((test) => `${result.name}: ${test}`)))
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

/** Says what was skipped: first the reasons with their remedy, then each test by name. */
function reportSkips(tests) {
  const reasons = existsSync(skipFile)
    ? readFileSync(skipFile, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
        .map(({ what, remedy }) => `  ${what}: ${remedy}`)
    : []
  if (tests.length === 0 && reasons.length === 0) {
    console.log('nothing was skipped')
    return
  }
  console.log('\nskipped here, and how to get it:')
  for (const line of new Set(reasons)) console.log(line)
  for (const test of tests) console.log(`  - ${test}`)
}

async function commands(...list) {
  let failed = 0
  for (const [tool, ...args] of list) {
    const { code, output } = await run(path.join(root, 'node_modules/.bin', tool), args)
    if (code === 0) continue
    failed = 1
    console.log(tail(output))
  }
  return { passed: 1 - failed, failed, skipped: [] }
}

async function compileContracts() {
  const { code, output } = await run(process.execPath, ['scripts/compile-contracts.js'])
  if (code !== 0) throw new Error(`the contracts do not compile:\n${tail(output)}`)
}

/** Everything in test/ that is quick: tidy rules, conformance, contract suites. */
function quickTests() {
  return readdirSync(path.join(root, 'test'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !(entry.name in slowFolders))
    .map((entry) => `test/${entry.name}/`)
}

async function vitest(name, filters) {
  const outputFile = path.join(scratch, `${name}.json`)
  const files = slowFolders[name]
  // Quick tests share what they import, a third of their time otherwise; those that start processes are alone in theirs.
  const workers = files === undefined ? ['--no-isolate'] : [`--maxWorkers=${files}`]
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${outputFile}`]
  const args = ['run', ...filters, ...workers, ...reporters, '--passWithNoTests']
  const bin = path.join(root, 'node_modules/.bin/vitest')
  const { code, output } = await run(bin, args, { MILLRACE_SKIP_FILE: skipFile })
  for (const line of output.split('\n')) if (/^(interop|contest): /.test(line)) console.log(`     ${line}`)
  if (!existsSync(outputFile)) throw new Error(`vitest ended with ${code} and no report:\n${tail(output)}`)
  return readReport(JSON.parse(readFileSync(outputFile, 'utf8')), code, output)
}

function readReport(report, code, output) {
  const tests = report.testResults.flatMap((file) =>
    file.assertionResults.map((test) => ({ ...test, title: `${path.relative(root, file.name)}: ${test.fullName}` })),
  )
  // A file that does not load, or whose hook fails, has a failed verdict and maybe no failed test.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  )
  const passed = tests.filter((test) => test.status === 'passed').length
  const failed = tests.filter((test) => test.status === 'failed').length + broken.length
  const skipped = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed').map((test) => test.title)
  if (code !== 0) console.log(failures(output))
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed, skipped, slowest: slowestOf(report) }
}

function slowestOf({ testResults }) {
  const files = testResults.map(({ name, startTime, endTime }) => {
    return { name: path.relative(root, name), seconds: (endTime - startTime) / 1000 }
  })
  return files.toSorted((one, other) => other.seconds - one.seconds).slice(0, slowestFiles)
}

/** The part of vitest's own words that tells the failures. */
function failures(output) {
  const lines = output.trimEnd().split('\n')
  const start = lines.findIndex((line) => /⎯ (Failed|Unhandled)/.test(line))
  return start === -1 ? tail(output) : lines.slice(start, start + failureLinesMax).join('\n')
}

/** Runs to the end and gives what it printed. */
function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env, NO_COLOR: '1', npm_config_loglevel: 'error' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (text) => {
        output += text
      })
    }
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

function tail(text) {
  const lines = text.trimEnd().split('\n')
  return lines.slice(-outputTailLines).join('\n')
}
