// What the market and its vouchers cost the loop: block decisions, an epoch of many bids, vouchers beside a busy loop, and
// what one hostile message takes of it. Judged by CPU time where nothing is waited for. `--against DIR` measures another checkout's market in the same run, for ratios.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { decisionRates } from './market-decisions.js'
import { epochTimes } from './market-epochs.js'
import { hostileSocketFigures } from './market-hostile.js'
import { voucherFigures } from './market-vouchers.js'

const decisionsMin = 1_000_000
const clearingMillisecondsMax = 5
const vouchersMin = 2_000
const hostileMillisecondsMax = 1

export async function market(bench) {
  const own = await marketOf('packages/market/dist')
  const decisions = decisionRates(own, bench.quick ? 50_000 : 2_000_000)
  for (const { payers, perSecond, perCpuSecond } of decisions) {
    const [rate, cpuRate] = [perSecond, perCpuSecond].map((value) => value.toLocaleString('en'))
    console.log(`  ${payers} payers, 4 free: ${rate} decisions a second, ${cpuRate} a second of CPU`)
  }
  const bids = bench.quick ? 1_000 : 10_000
  const epochs = epochTimes(own, bids, bench.quick ? 5 : 40)
  for (const { book, clearing, epoch } of epochs) {
    console.log(`  ${bids} bids, ${book}: price and shares ${timesOf(clearing)}; with who is awake ${timesOf(epoch)}`)
  }
  const before = bench.against === undefined ? undefined : await compared(bench, decisions)
  const vouchers = await voucherFigures(bench)
  console.log(
    `  vouchers beside a busy loop: ${vouchers.acceptedPerSecond} a second, loop delay p99 ${vouchers.loopDelayP99Ms} ms`,
  )
  console.log(
    `  a hostile message: ${vouchers.hostileP50Ms} ms of the loop in the median, ${vouchers.hostileP99Ms} ms p99, ${vouchers.hostileMaxMs} at most`,
  )
  const hostileOverSocket = await hostileSocketFigures(bench)
  if (hostileOverSocket !== undefined) {
    const { p50Ms, p99Ms, maxMs } = hostileOverSocket
    console.log(
      `  over a socket, with one more that is answered: ${p50Ms} ms in the median, ${p99Ms} ms p99, ${maxMs} at most`,
    )
  }
  const thousand = decisions.find(({ payers }) => payers === 1_000)
  return {
    decisions,
    epochs: { bids, books: epochs },
    before,
    vouchers,
    hostileOverSocket,
    promises: {
      'a million block decisions a second of CPU with 1,000 payers': thousand.perCpuSecond >= decisionsMin,
      'price and shares of 10,000 bids in 5 ms of CPU, in the median of each kind of book':
        Math.max(...epochs.map(({ clearing }) => clearing.median)) <= clearingMillisecondsMax,
      '2,000 vouchers a second are accepted beside the loop': vouchers.acceptedPerSecond >= vouchersMin,
      'promise 10: a hostile message costs the loop less than 1 ms (p99)':
        vouchers.hostileP99Ms < hostileMillisecondsMax,
      'promise 10: over a socket too, with a second message (p99)':
        hostileOverSocket === undefined || hostileOverSocket.p99Ms < hostileMillisecondsMax,
    },
  }
}

function timesOf({ median, max, wallMedian }) {
  const [cpu, most, wall] = [median, max, wallMedian].map((value) => value.toFixed(1))
  return `${cpu} ms of CPU in the median, ${most} at most (${wall} ms)`
}

/** The parts of one build: of this checkout, or of another one. */
async function marketOf(folder) {
  const load = (file) => import(pathToFileURL(path.resolve(folder, file)).href)
  const files = ['index.js', 'price-epoch.js', 'clearing-price.js']
  const [{ UploadMarket }, { decideEpoch }, { clear }] = await Promise.all(files.map(load))
  return { UploadMarket, decideEpoch, clear }
}

async function compared(bench, decisions) {
  const folder = path.join(bench.against, 'packages/market/dist')
  if (!existsSync(folder)) throw new Error(`no build in ${folder}: run \`npm run build\` there`)
  const other = await marketOf(folder)
  const rates = decisionRates(other, bench.quick ? 10_000 : 100_000)
  // Small books: the older market takes seconds for large ones.
  const [bids, rounds] = [100, 5]
  const epochs = epochTimes(other, bids, rounds)
  const own = epochTimes(await marketOf('packages/market/dist'), bids, rounds)
  const ratios = Object.fromEntries(
    decisions.map(({ payers, perSecond }, i) => [
      `${payers} payers`,
      Number((perSecond / rates[i].perSecond).toFixed(1)),
    ]),
  )
  for (const [name, ratio] of Object.entries(ratios))
    console.log(`  against ${bench.against}, ${name}: ${ratio} times the decisions`)
  for (const [i, { book, epoch }] of epochs.entries()) {
    console.log(`  against it, ${bids} bids, ${book}: ${(epoch.median / own[i].epoch.median).toFixed(1)} times as fast`)
  }
  return { decisions: rates, decisionRatios: ratios, epochs: { bids, books: epochs, own } }
}
