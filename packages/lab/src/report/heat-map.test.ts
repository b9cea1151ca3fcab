import { expect, it } from 'vitest'
import { heatMap } from './heat-map.ts'

const terms = {
  label: 'Time by <a> and b',
  x: { name: 'a', values: ['0', '15'] },
  y: { name: 'b', values: ['1', '2'] },
}
const cell = (value: number) => ({ value, text: value.toFixed(1) })

it('the least is dark, the most is light, and each cell carries its number in words that can be read on it', () => {
  const svg = heatMap(terms, [
    [cell(10), cell(20)],
    [cell(30), cell(40)],
  ])
  expect(svg).toContain('Time by &lt;a&gt; and b')
  const cells = [
    ...svg.matchAll(
      /<rect fill="(#\w+)" x="(\S+)" y="(\S+)" width="\S+" height="41"\/><text [^>]*fill="(\S+)">(\S+)<\/text>/g,
    ),
  ]
  expect(cells.map(([, fill, , , words, text]) => [text, fill, words])).toEqual([
    ['10.0', '#26315c', '#fff'],
    ['20.0', '#007280', '#fff'],
    ['30.0', '#5eb26a', '#1c1f23'],
    ['40.0', '#fae146', '#1c1f23'],
  ])
  // The first value of y is at the bottom.
  expect(Number(cells[0]?.[3])).toBeGreaterThan(Number(cells[2]?.[3]))
  expect(Number(cells[0]?.[2])).toBeLessThan(Number(cells[1]?.[2]))
})

it('a cell without a number is left open, equal numbers have one colour, and nothing at all is no error', () => {
  const svg = heatMap(terms, [
    [null, cell(5)],
    [cell(5), null],
  ])
  expect(svg.match(/class="grid" fill="none"/g)).toHaveLength(2)
  expect(new Set([...svg.matchAll(/<rect fill="(#\w+)"[^>]*height="41"/g)].map(([, fill]) => fill)).size).toBe(1)
  expect(heatMap(terms, [[null, null]])).not.toMatch(/NaN|undefined|Infinity/)
})
