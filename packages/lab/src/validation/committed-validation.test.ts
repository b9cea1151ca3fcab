/** The committed measurement of real processes: the page shows it, and the lab of today is still held to it. */

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { agreementOf, agrees } from './agreement.ts'
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

  it('holds for the lab of today: within a tenth of the real processes wherever it was', { timeout: againMs }, () => {
    const { shapes, labSeeds } = committed()
    for (const { shape, runs, download } of shapes) {
      const rows = runs.map(({ leechers }) => leechers)
      const today = agreementOf(rows, predictShape(shape, labSeeds), 'download')
      expect(agrees(today), `shape ${shape.seed}: ${JSON.stringify(today)}`).toBe(agrees(download))
    }
  })
})
