/** The committed measurement of real processes: the page shows it, and the lab of today is still held to it. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { agreementOf, agrees } from './agreement.ts'
import { modelHash, modelPackages, type SourceFile, shapesOf } from './model-hash.ts'
import { type Completion, predictShape } from './predict.ts'
import { drawShape } from './shape.ts'
import { type ValidatedShape, type Validation, validationMarkdown } from './validation-markdown.ts'

interface Measured extends Validation {
  readonly shapes: readonly (ValidatedShape & {
    readonly runs: readonly { readonly leechers: readonly Completion[] }[]
  })[]
}

const file = new URL('../../../../bench/results/lab-validation.json', import.meta.url)
const page = readFileSync(new URL('../../../../docs/lab.md', import.meta.url), 'utf8')
// Nobody has to be root on a machine with namespaces: without a result there is nothing to hold to.
const isMeasured = existsSync(file)
const againMs = 120_000

function committed(): Measured {
  return JSON.parse(readFileSync(file, 'utf8')) as Measured // written by the bench
}

describe.skipIf(!isMeasured)('the committed validation', () => {
  it('is of shapes that their seeds draw', () => {
    const { shapes } = committed()
    expect(shapes.length).toBeGreaterThanOrEqual(3)
    for (const { shape } of shapes) expect(drawShape(shape.seed, shape.hasMarket)).toEqual(shape)
  })

  it('says of its repetitions what they say', () => {
    const { shapes, repetitions } = committed()
    for (const { runs, download } of shapes) {
      expect(runs.length).toBe(repetitions)
      const rows = runs.map(({ leechers }) => leechers)
      const lab = download.leechers.map((it) => ({ download: it.lab, sinceStart: 0 }))
      expect(agreementOf(rows, lab, 'download')).toEqual(download)
    }
  })

  it('is what the page shows', () => {
    const shown = page.split('<!-- validation -->\n')[1]?.split('\n<!-- /validation -->')[0]
    expect(shown).toBe(validationMarkdown(committed()))
  })

  it('agrees with the real processes, and so does the lab of today', { timeout: againMs }, () => {
    const { shapes, labSeeds } = committed()
    for (const { shape, runs, download } of shapes) {
      expect(agrees(download), `shape ${shape.seed} as measured`).toBe(true)
      const rows = runs.map(({ leechers }) => leechers)
      const today = agreementOf(rows, predictShape(shape, labSeeds), 'download')
      expect(agrees(today), `shape ${shape.seed}: ${JSON.stringify(today)}`).toBe(true)
    }
  })
})

// A result without a hash was made before there was one: `npm run bench lab-validation` makes the next.
describe.skipIf(!isMeasured || committed().model?.hash === undefined)('the shapes of the committed validation', () => {
  it('are those that the hash of the measured sources draws: one with no market, two in which bids compete', () => {
    const { shapes, model } = committed()
    expect(shapes.map(({ shape }) => shape)).toEqual(shapesOf(model?.hash ?? ''))
  })

  it('are those of the sources here, or the page says at which commit others were measured', () => {
    const { model, shapes } = committed()
    const hash = modelHash(sourcesHere())
    if (hash === model?.hash) expect(shapes.map(({ shape }) => shape)).toEqual(shapesOf(hash))
    else expect(page).toContain(`Measured at commit ${model?.commit}, model ${model?.hash?.slice(0, 12)}.`)
  })
})

function sourcesHere(): SourceFile[] {
  const root = fileURLToPath(new URL('../../../../', import.meta.url))
  return modelPackages.flatMap((name) =>
    readdirSync(path.join(root, 'packages', name, 'src'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => ({ path: path.relative(root, file), bytes: readFileSync(file) })),
  )
}
