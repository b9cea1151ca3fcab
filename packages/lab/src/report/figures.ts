/** The pictures of a report, each with the table that it was drawn from. */

import { bytesPerMiB } from '@millrace/base'
import { delayEdgesMs } from '../delay-meter.ts'
import type { LabResult, PeerResult } from '../result.ts'
import { barChart, dotChart, lineChart, type Series } from './chart.ts'
import { gini, lorenz, mean, quantile } from './statistics.ts'

const baseUnitsPerBtt = 1e18

export interface Figure {
  readonly id: string
  readonly title: string
  /** One sentence: what to look at. */
  readonly note: string
  readonly svg: string
  readonly legend: readonly { readonly name: string; readonly style: number }[]
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number | null)[])[]
}

/** Amounts are numbers from here on: for the eye only. */
export function figuresOf(result: LabResult): readonly Figure[] {
  return [
    completion(result),
    use(result),
    price(result),
    fairness(result),
    speedAndSpend(result),
    revenue(result),
    delay(result),
    delayOverTime(result),
    waste(result),
  ]
}

interface Group {
  readonly name: string
  readonly style: number
  readonly peers: readonly PeerResult[]
}

function groupsOf({ scenario, peers }: LabResult): readonly Group[] {
  return scenario.classes.map(({ name }, style) => ({ name, style, peers: peers.filter((it) => it.class === name) }))
}

/** Those that came for the content. */
function leechers(result: LabResult): readonly Group[] {
  const came = new Set(result.scenario.classes.filter(({ has }) => has === 'nothing').map(({ name }) => name))
  return groupsOf(result).filter(({ name }) => came.has(name))
}

function completion(result: LabResult): Figure {
  const groups = leechers(result)
  const series = groups.map(({ name, style, peers }) => {
    const times = doneTimes(peers).sort((a, b) => a - b)
    const points = times.map((time, i): [number, number] => [time, (100 * (i + 1)) / peers.length])
    return { name, style, points: points.length === 0 ? [] : [[points[0]?.[0] ?? 0, 0] as const, ...points] }
  })
  const axes = { x: { name: 'seconds from arrival to completion' }, y: { name: 'done', min: 0, max: 100, unit: ' %' } }
  return {
    id: 'completion',
    title: 'How long downloads took',
    note: 'The part of each class that was done after so long. Further left is faster; a line that ends below 100 % left peers without the content.',
    svg: lineChart({ label: 'Completion times by class', ...axes }, series),
    legend: series,
    columns: ['class', 'peers', 'done', 'mean s', 'median s', '95 % s', 'slowest s'],
    rows: groups.map(({ name, peers }) => {
      const times = doneTimes(peers)
      const figures = [mean(times), quantile(times, 0.5), quantile(times, 0.95), quantile(times, 1)]
      return [name, peers.length, times.length, ...figures.map((it) => tenths(it))]
    }),
  }
}

function use(result: LabResult): Figure {
  const points = result.samples.map(({ second, use: part }): [number, number] => [second, part * 100])
  const series = [{ name: 'use of all uplinks', style: 0, points }]
  const axes = { x: { name: 'seconds' }, y: { name: 'sent of capacity', min: 0, unit: ' %' } }
  return {
    id: 'use',
    title: 'Use of the upload capacity',
    note: 'What was sent of what all who were there could have sent. Low at first while few have anything to send.',
    svg: lineChart({ label: 'Use of upload capacity over time', ...axes }, series),
    legend: series,
    columns: ['second', 'present', 'complete', 'use %', 'sent MiB'],
    rows: everyTenth(result).map((it) => [
      it.second,
      it.present,
      it.complete,
      tenths(it.use * 100),
      mebibytes(it.sentBytes),
    ]),
  }
}

function price(result: LabResult): Figure {
  const rows = result.samples.flatMap(({ second, pricePerMiB }) =>
    pricePerMiB === null ? [] : [[second, (pricePerMiB / baseUnitsPerBtt) * 1024] as const],
  )
  const series = [{ name: 'mean price', style: 1, points: rows }]
  const axes = { x: { name: 'seconds' }, y: { name: 'BTT a GiB', min: 0 } }
  const table = everyTenth(result).flatMap(({ second, pricePerMiB }) =>
    pricePerMiB === null ? [] : [[second, significant((pricePerMiB / baseUnitsPerBtt) * 1024)]],
  )
  return {
    id: 'price',
    title: 'Price over time',
    note: 'The mean over all who sell, weighted by their capacity. It stands at the ask while bids fit and rises with them.',
    svg: lineChart({ label: 'Price over time', ...axes }, series),
    legend: series,
    columns: ['second', 'BTT a GiB'],
    rows: table,
  }
}

function fairness(result: LabResult): Figure {
  const groups = leechers(result)
  const everybody = groups.flatMap(({ peers }) => peers)
  const all = { name: 'all leechers', style: result.scenario.classes.length, speeds: everybody.map(speedOf) }
  const lines = [...groups.map(({ name, style, peers }) => ({ name, style, speeds: peers.map(speedOf) })), all]
  const series = lines.map(({ name, style, speeds }) => ({
    name,
    style,
    points: lorenz(speeds).map(([x, y]): [number, number] => [x * 100, y * 100]),
  }))
  const axes = {
    x: { name: 'part of the peers, slowest first', min: 0, max: 100, unit: ' %' },
    y: { name: 'part of the speed', min: 0, max: 100, unit: ' %' },
  }
  return {
    id: 'fairness',
    title: 'How evenly speed was spread',
    note: "Lorenz curves of the download speeds: a straight diagonal is equality. Gini's coefficient is 0 there and near 1 when one has all.",
    svg: lineChart({ label: 'Lorenz curves of download speed', ...axes }, series),
    legend: series,
    columns: ['class', 'peers', 'Gini', 'mean KiB/s'],
    rows: lines.map(({ name, speeds }) => [
      name,
      speeds.length,
      Number(gini(speeds).toFixed(3)),
      tenths((mean(speeds) ?? 0) / 1024),
    ]),
  }
}

function speedAndSpend(result: LabResult): Figure {
  const series = leechers(result).map(({ name, style, peers }) => ({
    name,
    style,
    points: peers.map((it): [number, number] => [amountOf(it.spent), speedOf(it) / bytesPerMiB]),
  }))
  const axes = { x: { name: 'BTT spent' }, y: { name: 'MiB a second', min: 0 } }
  return {
    id: 'spend',
    title: 'Speed against spend',
    note: 'A dot a leecher. Those at the left edge paid nothing.',
    svg: dotChart({ label: 'Download speed against money spent', ...axes }, series),
    legend: series,
    columns: ['class', 'spent BTT, mean', 'MiB/s, mean', 'MiB/s, slowest', 'MiB/s, fastest'],
    rows: series.map(({ name, points }) => {
      const speeds = points.map(([, speed]) => speed)
      const spent = significant(mean(points.map(([amount]) => amount)))
      return [name, spent, ...[mean(speeds), quantile(speeds, 0), quantile(speeds, 1)].map(significant)]
    }),
  }
}

function revenue(result: LabResult): Figure {
  const groups = groupsOf(result)
  const series = groups.map(({ name, style, peers }) => ({
    name,
    style,
    points: peers.map((it): [number, number] => [it.uploadBytesPerSecond / bytesPerMiB, amountOf(it.revenue)]),
  }))
  const axes = { x: { name: 'upload capacity, MiB a second' }, y: { name: 'BTT earned', min: 0 } }
  return {
    id: 'revenue',
    title: 'Revenue by capacity',
    note: 'A dot a peer: what its accepted vouchers promise it.',
    svg: dotChart({ label: 'Revenue against upload capacity', ...axes }, series),
    legend: series,
    columns: ['class', 'peers', 'earned BTT, all', 'sent MiB', 'BTT a GiB sent', 'lost BTT'],
    rows: groups.map(({ name, peers }) => {
      const earned = sum(peers.map((it) => amountOf(it.revenue)))
      const sent = sum(peers.map((it) => it.sentBytes))
      const perGiB = sent === 0 ? 0 : (earned / sent) * bytesPerMiB * 1024
      const lost = sum(peers.map((it) => amountOf(it.lost)))
      return [name, peers.length, significant(earned), mebibytes(sent), significant(perGiB), significant(lost)]
    }),
  }
}

function delay({ delays: counts }: LabResult): Figure {
  const delays = counts.slice(0, counts.findLastIndex((it) => it.downlinkBlocks + it.uplinkBlocks > 0) + 1)
  const names = delays.map(({ upToMs }) => (upToMs === null ? `> ${delayEdgesMs.at(-1)}` : String(upToMs)))
  const all = { down: sum(delays.map((it) => it.downlinkBlocks)), up: sum(delays.map((it) => it.uplinkBlocks)) }
  const part = (count: number, total: number): number => (total === 0 ? 0 : (100 * count) / total)
  const series: Series[] = [
    { name: 'download lines', style: 0, points: delays.map((it, i) => [i, part(it.downlinkBlocks, all.down)]) },
    { name: 'upload lines', style: 1, points: delays.map((it, i) => [i, part(it.uplinkBlocks, all.up)]) },
  ]
  const axes = { x: { name: 'waited at most, milliseconds' }, y: { name: 'blocks', min: 0, unit: ' %' } }
  return {
    id: 'delay',
    title: 'Queue delay at the bottleneck',
    note: 'How long blocks waited in the queue of a line, behind other blocks.',
    svg: barChart({ label: 'Queue delay of blocks', ...axes }, names, series),
    legend: series,
    columns: ['at most ms', 'blocks at download lines', 'blocks at upload lines'],
    rows: delays.map((it, i) => [names[i] ?? '', it.downlinkBlocks, it.uplinkBlocks]),
  }
}

function delayOverTime(result: LabResult): Figure {
  const { samples } = result
  const series: Series[] = [
    { name: 'download lines', style: 0, points: samples.map((it) => [it.second, it.downlinkDelayMs]) },
    { name: 'upload lines', style: 1, points: samples.map((it) => [it.second, it.uplinkDelayMs]) },
  ]
  const axes = { x: { name: 'seconds' }, y: { name: 'mean wait', min: 0, unit: ' ms' } }
  return {
    id: 'delay-over-time',
    title: 'Queue delay over time',
    note: 'The mean wait of the blocks of each second.',
    svg: lineChart({ label: 'Mean queue delay over time', ...axes }, series),
    legend: series,
    columns: ['second', 'download lines ms', 'upload lines ms'],
    rows: everyTenth(result).map((it) => [it.second, tenths(it.downlinkDelayMs), tenths(it.uplinkDelayMs)]),
  }
}

function waste(result: LabResult): Figure {
  const groups = leechers(result)
  const parts = groups.map(({ peers }) => {
    const received = sum(peers.map((it) => it.receivedBytes))
    const wasted = sum(peers.map((it) => it.wastedBytes))
    return { received, wasted, percent: received === 0 ? 0 : (100 * wasted) / received }
  })
  const series: Series[] = [{ name: 'wasted', style: 1, points: parts.map(({ percent }, i) => [i, percent]) }]
  const names = groups.map(({ name }) => name)
  return {
    id: 'waste',
    title: 'Wasted bytes',
    note: 'Received twice or too late, of all that was received.',
    svg: barChart(
      { label: 'Wasted bytes by class', x: { name: 'class' }, y: { name: 'wasted', min: 0, unit: ' %' } },
      names,
      series,
    ),
    legend: [],
    columns: ['class', 'received MiB', 'wasted MiB', 'wasted %'],
    rows: parts.map(({ received, wasted, percent }, i) => [
      names[i] ?? '',
      mebibytes(received),
      mebibytes(wasted),
      Number(percent.toFixed(2)),
    ]),
  }
}

function doneTimes(peers: readonly PeerResult[]): number[] {
  return peers.flatMap(({ downloadSeconds }) => (downloadSeconds === null ? [] : [downloadSeconds]))
}

/** Bytes a second while it downloaded; of one that was not done, until it left. */
function speedOf({ receivedBytes, wastedBytes, downloadSeconds, arrivedSecond, leftSecond }: PeerResult): number {
  const seconds = downloadSeconds ?? (leftSecond !== null && arrivedSecond !== null ? leftSecond - arrivedSecond : null)
  return seconds === null || seconds <= 0 ? 0 : (receivedBytes - wastedBytes) / seconds
}

function everyTenth({ samples }: LabResult): LabResult['samples'] {
  return samples.filter(({ second }, i) => second % 10 === 0 || i === samples.length - 1)
}

function amountOf(baseUnits: string): number {
  return Number(baseUnits) / baseUnitsPerBtt
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function mebibytes(bytes: number): number {
  return Number((bytes / bytesPerMiB).toFixed(1))
}

function tenths(value: number | undefined): number | null {
  return value === undefined ? null : Number(value.toFixed(1))
}

function significant(value: number | undefined): number | null {
  return value === undefined ? null : Number(value.toPrecision(4))
}
