/** The result in words and tables, for people. */

import { formatBtt } from '@millrace/base'
import { formatBytes } from '../output.ts'
import { shortBtt, shortPercent, shortRate } from './amounts.ts'
import type { Contended } from './contended.ts'
import { alignedRows } from './grid.ts'
import type { DemoResult, LeecherResult } from './result.ts'
import type { Scenario } from './scenario.ts'

/** What is going to be seen. */
export function openingLines(scenario: Scenario, dataFolder: string): string[] {
  const { leechers, uploadLimit, totalBytes, ask, freeSharePpm } = scenario
  const sold = shortPercent(1 - freeSharePpm / 1e6)
  const bids = leechers.flatMap(({ name, bid }) => (bid > 0n ? `${name} bids ${formatBtt(bid)}` : []))
  return [
    `A seeder uploads at most ${shortRate(uploadLimit)} and sells ${sold} of it, from ${formatBtt(ask)} BTT a MiB.`,
    `Four leechers want ${formatBytes(totalBytes)} each: one pays nothing, ${bids.join(', ')} BTT a second.`,
    `Starting a chain, a tracker, the seeder and the leechers; everything is in ${dataFolder}`,
  ]
}

export function summaryLines(result: DemoResult): string[] {
  return [...bySource(result), '', ...underContention(result), '', ...money(result)]
}

function bySource({ leechers, seeder, utilisation }: DemoResult): string[] {
  const header = [
    'Who got what',
    'bid BTT/s',
    'from seeder',
    'of it paid',
    'from peers',
    'time',
    'billed BTT',
    'BTT/MiB',
  ]
  const rows = leechers.map((leecher) => [
    leecher.name,
    leecher.bidBttPerSecond === '0' ? '-' : leecher.bidBttPerSecond,
    formatBytes(leecher.bytesFromSeeder),
    leecher.paidBytes === 0 ? '-' : formatBytes(leecher.paidBytes),
    formatBytes(leecher.bytes - leecher.bytesFromSeeder),
    `${leecher.seconds.toFixed(1)} s`,
    shortBtt(leecher.billed, 2),
    meanPrice(leecher),
  ])
  const [own] = leechers.map(({ uploadLimit }) => shortRate(uploadLimit))
  return [
    ...alignedRows([header, ...rows]),
    `The seeder used ${shortPercent(utilisation)} of its ${shortRate(seeder.uploadLimit)} while anybody wanted bytes.`,
    `Leechers feed each other too: each uploads at most ${own}, a tenth of its fair share of the seeder.`,
  ]
}

function underContention({ contended, leechers }: DemoResult): string[] {
  if (contended === null) return ['There was no time in which all wanted bytes and all bids were in force.']
  const rows = contended.leechers.map((row, i) => [
    row.name,
    shortPercent((row.paidBytes + row.freeBytes) / Math.max(1, contended.uploadedBytes)),
    shortRate((row.paidBytes + row.freeBytes) / contended.seconds),
    (leechers[i]?.speedupOverFree ?? 0).toFixed(2),
    leechers[i]?.bidBttPerSecond === '0' ? '-' : shortRate(row.freeLevel),
  ])
  const header = ['Under contention', 'of the seeder', 'rate', 'x the free one', 'without its bid']
  return [
    ...alignedRows([header, ...rows]),
    `In the ${contended.seconds.toFixed(1)} s in which all wanted bytes, bids of 1 : 2 : 4 had paid bytes of ${ratios(contended)}.`,
  ]
}

/** Paid bytes as multiples of the first bidder's. */
function ratios({ leechers }: Contended): string {
  const paid = leechers.map(({ paidBytes }) => paidBytes).filter((bytes) => bytes > 0)
  return paid.map((bytes, i) => (i === 0 ? '1' : (bytes / (paid[0] ?? 1)).toFixed(2))).join(' : ')
}

function money({ seeder, leechers, chain }: DemoResult): string[] {
  const vouchers = leechers.reduce((sum, leecher) => sum + BigInt(leecher.vouchers), 0n)
  const count = leechers.reduce((sum, leecher) => sum + leecher.voucherCount, 0)
  const rows = [
    ['Money, in BTT', ''],
    ['the seeder billed', shortBtt(seeder.billed, 4)],
    [`the leechers signed ${count} vouchers for`, shortBtt(vouchers, 4)],
    ['the seeder accepted', shortBtt(seeder.earned, 4)],
    ['and cashed on chain', shortBtt(seeder.cashed, 4)],
  ]
  const sum = `${shortBtt(chain.balances, 4)} balances + ${shortBtt(chain.paidOut, 4)} paid out + ${formatBtt(BigInt(chain.withdrawn))} withdrawn`
  return [
    ...alignedRows(rows),
    `vault: ${shortBtt(chain.deposited, 4)} deposited = ${sum}`,
    chain.imbalance === '0'
      ? 'A separate script recomputed this from the chain and the journals: imbalance 0.'
      : `A separate script recomputed this: IMBALANCE of ${chain.imbalance} base units.`,
  ]
}

function meanPrice({ billed, paidBytes }: LeecherResult): string {
  return paidBytes === 0 ? '-' : shortBtt((BigInt(billed) * 1_048_576n) / BigInt(paidBytes), 2)
}
