/** The committed result of `npm run bench lab-validation` as the tables of docs/lab.md. */

import type { Agreement } from './agreement.ts'
import type { Shape } from './shape.ts'

export interface ValidatedShape {
  readonly shape: Shape
  readonly download: Agreement
  readonly sinceStart: Agreement
}

/** What was measured: a hash of its sources (`model-hash.ts`) at a commit. */
export interface MeasuredModel {
  readonly hash: string
  readonly commit: string
}

export interface Validation {
  readonly model?: Partial<MeasuredModel>
  readonly repetitions: number
  readonly labSeeds: number
  readonly shapes: readonly ValidatedShape[]
}

/** What was measured, and two tables: the shapes with how far the lab is off, and every leecher. */
export function validationMarkdown({ shapes, model }: Validation): string {
  const overview = table(
    [
      'shape',
      'leechers',
      'mean of all, s',
      'lab',
      'off, %',
      'last, s',
      'lab',
      'off, %',
      'a leecher off, %',
      'worst, %',
    ],
    shapes.map((it) => [nameOf(it.shape), ...overviewOf(it.download)]),
  )
  const each = table(
    ['shape', 'leecher', 'up, KiB/s', 'down, KiB/s', 'bids, asks/s', 'comes, s', 'real, s', 'lab, s', 'off, %'],
    shapes.flatMap(leecherRows),
  )
  const measured =
    model?.hash === undefined ? '' : `Measured at commit ${model.commit}, model ${model.hash.slice(0, 12)}.\n\n`
  return `${measured}${overview}\n\n${each}`
}

function overviewOf({ leechers, meanError, lastError, leecherError, worstError }: Agreement): string[] {
  const real = leechers.map((it) => it.real)
  const lab = leechers.map((it) => it.lab)
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  return [
    String(leechers.length),
    seconds(mean(real)),
    seconds(mean(lab)),
    percent(meanError),
    seconds(Math.max(...real)),
    seconds(Math.max(...lab)),
    percent(lastError),
    percent(leecherError),
    percent(worstError),
  ]
}

function leecherRows({ shape, download }: ValidatedShape): string[][] {
  const comers = shape.peers.filter(({ has }) => has === 'nothing')
  return comers.map((peer, i) => {
    const it = download.leechers[i]
    const range = it === undefined ? '' : ` (${seconds(it.realMin)} to ${seconds(it.realMax)})`
    return [
      nameOf(shape),
      `${i + 1}${peer.sells ? ', sells' : ''}`,
      String(peer.uploadBytesPerSecond / 1_024),
      String(peer.downloadBytesPerSecond / 1_024),
      peer.bid === 0 ? '-' : peer.bid.toFixed(2),
      peer.arriveSecond.toFixed(1),
      it === undefined ? '-' : `${seconds(it.real)}${range}`,
      it === undefined ? '-' : seconds(it.lab),
      it === undefined ? '-' : percent(it.error),
    ]
  })
}

function nameOf({ seed, hasMarket, leavesWhenDone }: Shape): string {
  return `${seed}: ${hasMarket ? 'market' : 'no market'}, ${leavesWhenDone ? 'leave' : 'stay'}`
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = `|${heads.map((_, i) => (i === 0 ? '---' : '--:')).join('|')}|`
  return [line(heads), rule, ...rows.map(line)].join('\n')
}

function seconds(value: number): string {
  return value.toFixed(1)
}

function percent(part: number): string {
  return (part * 100).toFixed(1)
}
