import { expect, it } from 'vitest'
import { scaledDown } from '../../testing/scaled-down.ts'
import { flashCrowd } from '../scenarios/flash-crowd.ts'
import { runScenario } from '../swarm-run.ts'
import { axisTicks, shortNumber } from './axis.ts'
import { peersCsv, samplesCsv } from './csv.ts'
import { figuresOf } from './figures.ts'
import { reportHtml } from './html.ts'
import { gini, jain, lorenz, quantile } from './statistics.ts'

const result = runScenario({ ...scaledDown(flashCrowd), title: 'A <crowd> & more' })

it('the report loads nothing, runs nothing, escapes text and has a table for each picture', () => {
  const html = reportHtml(result)
  expect(html).not.toMatch(/<script|src=|href=|url\(|@import/)
  expect(html).toContain('A &lt;crowd&gt; &amp; more')
  const count = (pattern: RegExp): number => html.match(pattern)?.length ?? 0
  expect(count(/<figure /g)).toBe(9)
  expect(count(/<svg /g)).toBe(9)
  expect(count(/<table>/g)).toBe(9)
  expect(html).not.toMatch(/NaN|undefined|Infinity/)
})

it('the tables say what the result says', () => {
  const [completion] = figuresOf(result)
  const payers = result.peers.filter((peer) => peer.class === 'payer')
  const slowest = Math.max(...payers.map(({ downloadSeconds }) => downloadSeconds ?? 0))
  const row = completion?.rows.find(([name]) => name === 'payer')
  expect(row?.slice(1, 3)).toEqual([payers.length, payers.length])
  expect(row?.at(-1)).toBe(Number(slowest.toFixed(1)))
})

it('a row a peer and a row a second as CSV', () => {
  const peers = peersCsv(result).split('\r\n')
  expect(peers[0]).toContain('id,class,uploadBytesPerSecond')
  expect(peers).toHaveLength(result.peers.length + 2)
  expect(samplesCsv(result).split('\r\n')).toHaveLength(result.samples.length + 2)
  const [first] = result.peers
  const named = { ...result, peers: first === undefined ? [] : [{ ...first, class: 'a "b", c' }] }
  expect(peersCsv(named)).toContain('0,"a ""b"", c",')
})

it('quantiles, Lorenz curves, Gini coefficients and Jain indices of known numbers', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
  expect(quantile([], 0.5)).toBeUndefined()
  expect(lorenz([3, 1])).toEqual([
    [0, 0],
    [0.5, 0.25],
    [1, 1],
  ])
  expect(gini([5, 5, 5, 5])).toBeCloseTo(0)
  expect(gini([0, 0, 0, 1])).toBeCloseTo(0.75)
  expect(jain([5, 5, 5, 5])).toBeCloseTo(1)
  expect(jain([0, 0, 0, 1])).toBeCloseTo(0.25)
})

it('axes end on round numbers', () => {
  expect(axisTicks(0, 117)).toEqual([0, 25, 50, 75, 100, 125])
  expect(axisTicks(0, 0.9)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
  expect([shortNumber(950), shortNumber(12_500), shortNumber(2e9)]).toEqual(['950', '12.5k', '2G'])
})
