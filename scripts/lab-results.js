// Runs the studies of the lab again and writes what docs/lab.md quotes: docs/lab/NAME.json, and the tables in the page between
// their marks. All of them, or those that are named: node scripts/lab-results.js [--tables-only] [NAME...]

import { readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { runStudy, seedsOf, studies, studyJson, studyMarkdown } from '../packages/lab/dist/index.js'

const root = new URL('../', import.meta.url)
const page = new URL('docs/lab.md', root)
const names = process.argv.slice(2).filter((name) => name !== '--tables-only')
const tablesOnly = process.argv.includes('--tables-only')

for (const name of names)
  if (!studies.some((study) => study.name === name)) throw new Error(`no study is called ${name}`)
for (const study of studies) {
  const file = new URL(`docs/lab/${study.name}.json`, root)
  if (!tablesOnly && (names.length === 0 || names.includes(study.name))) {
    const began = performance.now()
    await writeFile(file, studyJson(runStudy(study, seedsOf(study.seedsDefault))))
    console.log(`${study.name}: ${((performance.now() - began) / 1000).toFixed(0)} s`)
  }
  const result = JSON.parse(await readFile(file, 'utf8'))
  const text = await readFile(page, 'utf8')
  const marks = new RegExp(`(<!-- ${study.name} -->\\n)[^]*?(\\n<!-- /${study.name} -->)`)
  if (!marks.test(text)) throw new Error(`docs/lab.md has no <!-- ${study.name} --> to <!-- /${study.name} -->`)
  await writeFile(
    page,
    text.replace(marks, (_, open, close) => open + studyMarkdown(result) + close),
  )
}
