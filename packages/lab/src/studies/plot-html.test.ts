import { expect, it } from 'vitest'
import { plotHtml } from './plot-html.ts'
import type { Plot, StudyResult } from './study.ts'
import { studiesHtml } from './study-html.ts'
import { gridOf } from './study-text.ts'

const plot: Plot = {
  title: 'Speed <against> fairness',
  note: 'A point an arm.',
  x: 'fairness',
  y: 'speed',
  lines: [
    {
      name: 'a line',
      points: [
        { arm: 'first', x: 'fair', y: 'fast', label: '10 %' },
        { arm: 'second', x: 'fair', y: 'fast', label: '20 %' },
        { arm: 'third', x: 'fair', y: 'fast', label: '30 %' },
      ],
    },
  ],
}
const result: StudyResult = {
  format: 'millrace-study-1',
  name: 'knob',
  title: 'A knob',
  source: 'nothing',
  measures: [
    { key: 'fair', title: 'fairness' },
    { key: 'fast', title: 'speed' },
    { key: 'minute 1', title: 'speed in minute 1', isPlotted: true },
  ],
  headline: 'fast',
  plots: [plot],
  seeds: [1, 2],
  arms: {
    first: { fair: [1, 3], fast: [4, 6], 'minute 1': [7, 7] },
    second: { fair: [4, 4], fast: [2, null] },
    third: {},
  },
}

it('a marked line goes through the means that were measured, with a word beside each', () => {
  const html = plotHtml(plot, result)
  expect(html).toContain('Speed &lt;against&gt; fairness')
  expect(html).toContain('10 %')
  expect(html).not.toContain('30 %')
  const points = /points="(\S+),(\S+) (\S+),(\S+)"/.exec(html)?.slice(1).map(Number) ?? []
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = points
  // From (2, 5) to (4, 2), and 12 % of room on every side of a frame from 64 to 612 and from 256 up to 12.
  const [width, height] = [548, 244]
  expect([x1, x2]).toEqual([64 + (0.12 / 1.24) * width, 64 + (1.12 / 1.24) * width].map((at) => Number(at.toFixed(1))))
  expect([y1, y2]).toEqual(
    [256 - (1.12 / 1.24) * height, 256 - (0.12 / 1.24) * height].map((at) => Number(at.toFixed(1))),
  )
})

it('what is only plotted stays out of the table, and the page is whole without a measured point', () => {
  expect(gridOf(result).head).not.toContain('speed in minute 1')
  const html = studiesHtml('a page', [{ ...result, arms: { first: {} } }])
  expect(html).not.toMatch(/<script|src=|href=|NaN|undefined|Infinity/)
  expect(studiesHtml('a page', [result])).toContain('<h3>')
})
