// Runs the studies of the lab again and writes what docs/lab.md quotes: docs/lab/NAME.json, and the tables in the page between
// their marks. All of them, or those that are named: node scripts/lab-results.js [--tables-only] [NAME...]
// The sweep is called sweep; it takes as many threads as there are cores.

import { readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import {
  pageSweep,
  runStudy,
  runSweep,
  seedsOf,
  studies,
  studyJson,
  studyMarkdown,
  sweepJson,
  sweepMarkdown,
} from '../packages/lab/dist/index.js'

const root = new URL('../', import.meta.url)
const page = new URL('docs/lab.md', root)
const names = process.argv.slice(2).filter((name) => name !== '--tables-only')
const tablesOnly = process.argv.includes('--tables-only')

const tasks = [
  ...studies.map((study) => ({
    name: study.name,
    measure: async () => studyJson(runStudy(study, seedsOf(study.seedsDefault))),
    table: studyMarkdown,
  })),
  { name: 'sweep', measure: async () => sweepJson(await runSweep(pageSweep)), table: sweepMarkdown },
]

for (const name of names) if (!tasks.some((task) => task.name === name)) throw new Error(`no study is called ${name}`)
for (const { name, measure, table } of tasks) {
  const file = new URL(`docs/lab/${name}.json`, root)
  if (!tablesOnly && (names.length === 0 || names.includes(name))) {
    const began = performance.now()
    await writeFile(file, await measure())
    console.log(`${name}: ${((performance.now() - began) / 1000).toFixed(0)} s`)
  }
  const result = JSON.parse(await readFile(file, 'utf8'))
  const text = await readFile(page, 'utf8')
  const marks = new RegExp(`(<!-- ${name} -->\\n)[^]*?(\\n<!-- /${name} -->)`)
  if (!marks.test(text)) throw new Error(`docs/lab.md has no <!-- ${name} --> to <!-- /${name} -->`)
  await writeFile(
    page,
    text.replace(marks, (_, open, close) => open + table(result) + close),
  )
}
