// What paying costs: the same transfer without an upload limit, unpaid and paid in turn, on a real chain. The buyer
// prepays 64 MiB; the seller bills every bid, since nothing is scarce here and bids would sleep. A machine's speed
// drifts by more than what is measured, so each paid transfer is held to the unpaid one beside it, first one kind and
// then the other leads, and the median of these ratios counts. A seeder of each kind serves all of its transfers, of
// which the first does not count; who downloads starts anew each time. Speed is noisy on a machine that others use: the CPU
// that buyer and seller spent on each transfer stands beside it.

import { plotTransfer } from './plot.js'
import {
  bytesPerMiB,
  finish,
  freePort,
  freshOut,
  jsonLines,
  jsonObject,
  makePayload,
  mebibytes,
  median,
  processSeconds,
  startMillrace,
  stop,
  waitForPort,
  writePicture,
} from './support.js'

const pieceLength = bytesPerMiB
const prepaidMiB = 64
const warmUpBytes = 256 * bytesPerMiB
const overheadShareMin = 0.97
const billedShareMin = 0.9

export async function paymentOverhead(bench) {
  const payload = await makePayload(bench, (bench.quick ? 512 : 4096) * bytesPerMiB, pieceLength)
  const chain = await startChain(bench)
  const sides = {
    unpaid: { home: 'leecher', buying: [], seeder: await startSeeder(bench, payload, 'seeder', []) },
    paid: {
      home: 'buyer',
      buying: buyingTerms(payload, chain),
      seeder: await startSeeder(bench, payload, 'seller', sellingTerms(chain)),
    },
  }
  const rounds = { unpaid: [], paid: [] }
  const warmUp = {
    unpaid: await transfer(bench, payload, sides.unpaid),
    paid: await transfer(bench, payload, sides.paid),
  }
  for (let round = 0; round < bench.rounds; round += 1) {
    const kinds = round % 2 === 0 ? ['unpaid', 'paid'] : ['paid', 'unpaid']
    for (const kind of kinds) {
      rounds[kind].push(await transfer(bench, payload, sides[kind]))
      const { report, cpuSeconds } = rounds[kind].at(-1)
      const [buyer, seller] = [cpuSeconds.buyer, cpuSeconds.seller].map((seconds) => seconds.toFixed(1))
      console.log(
        `  ${kind.padEnd(7)} ${mebibytes(report.bytesPerSecond)}, buyer ${buyer} s of CPU, seller ${seller} s`,
      )
    }
  }
  await stop(sides.unpaid.seeder.running, 'SIGINT')
  await stop(sides.paid.seeder.running, 'SIGINT')
  await stop(chain.running, 'SIGTERM')
  if (!bench.quick) writePicture('payment-overhead.svg', plotTransfer(rounds.paid.at(-1).progress))
  return summary(payload, rounds, [warmUp.paid, ...rounds.paid], jsonObject(sides.paid.seeder.running))
}

export async function startChain(bench) {
  const port = await freePort()
  const running = startMillrace(bench, 'chain', ['chain', '--port', String(port), '--jsonl'])
  await waitForPort(running, port)
  const ready = await firstLine(running)
  return { running, rpc: ready.rpc, vault: ready.vault }
}

async function firstLine(it) {
  for (;;) {
    const [line] = jsonLines(it)
    if (line !== undefined) return line
    if (it.child.exitCode !== null) throw new Error(`ended early: ${it.command}\n${it.err}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export function onChain(chain, account) {
  return ['--rpc', chain.rpc, '--vault', chain.vault, '--dev-account', String(account)]
}

function sellingTerms(chain) {
  return ['--ask', '1', '--bill', 'always', '--free-share', '2', ...onChain(chain, 1)]
}

function buyingTerms(payload, chain) {
  const budget = String(payload.bytes / bytesPerMiB + prepaidMiB)
  // One BTT a MiB, and a bid above any rate that this machine reaches.
  const terms = ['--bid', '2000', '--max-price', '1', '--budget', budget, '--prepay', String(prepaidMiB), '--yes']
  return [...terms, ...onChain(chain, 2)]
}

export async function startSeeder(bench, payload, home, selling) {
  const port = await freePort()
  const seeding = ['seed', payload.content, '--torrent', payload.torrent, '--port', String(port), '--json']
  const running = startMillrace(bench, home, [...seeding, ...selling])
  await waitForPort(running, port)
  return { running, port }
}

async function transfer(bench, payload, { home, buying, seeder }) {
  const from = ['--peer', `127.0.0.1:${seeder.port}`, '--port', String(await freePort())]
  const getting = ['get', payload.torrent, '--out', freshOut(bench), ...from, '--jsonl', ...buying]
  const { pid } = seeder.running.child
  const before = processSeconds(pid)
  const lines = jsonLines(await finish(startMillrace(bench, home, getting)))
  const progress = lines.filter((line) => line.event === 'progress')
  const report = lines.findLast((line) => line.event === 'result')
  return {
    report,
    progress,
    cpuSeconds: { buyer: report.cpuSeconds, seller: roundedTo3(processSeconds(pid) - before) },
  }
}

function summary(payload, rounds, bought, sale) {
  const speed = ({ report }) => report.bytesPerSecond
  const rate = (kind) => median(rounds[kind].map(speed))
  const ratios = rounds.paid.map((it, round) => roundedTo3(speed(it) / speed(rounds.unpaid[round])))
  const ratio = roundedTo3(median(ratios))
  const cpu = cpuFigures(rounds)
  const billedShares = rounds.paid.map(billedShare)
  // What one transfer paid ahead the next one uses up: bills are covered by all that was paid until then.
  const sums = bought.map((_, last) => sumOf(bought.slice(0, last + 1)))
  const covered = sums.every(({ paid, billed }) => paid >= billed)
  const settled = sale.cashed === sale.earned && BigInt(sale.earned) === sums.at(-1).paid
  console.log(`  medians: unpaid ${mebibytes(rate('unpaid'))}, paid ${mebibytes(rate('paid'))}`)
  console.log(`  paid to unpaid by round: ${ratios.join(', ')}; median ${ratio}`)
  for (const [who, { medians, ratio: share }] of Object.entries(cpu)) {
    const [unpaid, paid] = [medians.unpaid, medians.paid].map((seconds) => seconds.toFixed(2))
    console.log(`  CPU of ${who}: unpaid ${unpaid} s, paid ${paid} s; paid to unpaid, median of the pairs: ${share}`)
  }
  console.log(
    `  billed after the first 256 MiB: ${billedShares.map((share) => `${(share * 100).toFixed(1)} %`).join(', ')}`,
  )
  return {
    bytes: payload.bytes,
    pieceLength,
    prepaidMiB,
    medians: { unpaid: rate('unpaid'), paid: rate('paid') },
    ratios,
    ratio,
    cpuSeconds: cpu,
    billedShares,
    reports: { unpaid: rounds.unpaid.map((it) => it.report), paid: rounds.paid.map((it) => it.report) },
    sale,
    promises: {
      'paid is at least 97 % as fast as unpaid': ratio >= overheadShareMin,
      'at least 90 % of the bytes after the first 256 MiB are billed': Math.min(...billedShares) >= billedShareMin,
      'what was billed is paid, what was paid is earned, and what was earned is cashed': settled && covered,
    },
  }
}

/** CPU seconds a transfer, round by round, of each side and of both. */
function cpuFigures(rounds) {
  const sides = {
    buyer: ({ buyer }) => buyer,
    seller: ({ seller }) => seller,
    both: ({ buyer, seller }) => roundedTo3(buyer + seller),
  }
  return Object.fromEntries(
    Object.entries(sides).map(([who, secondsOf]) => {
      const [unpaid, paid] = [rounds.unpaid, rounds.paid].map((kind) => kind.map((it) => secondsOf(it.cpuSeconds)))
      const ratios = paid.map((seconds, round) => roundedTo3(seconds / unpaid[round]))
      const medians = { unpaid: median(unpaid), paid: median(paid) }
      return [who, { unpaid, paid, medians, ratios, ratio: median(ratios) }]
    }),
  )
}

function roundedTo3(value) {
  return Number(value.toFixed(3))
}

function sumOf(rounds) {
  const sum = (key) => rounds.reduce((total, { report }) => total + BigInt(report[key]), 0n)
  return { paid: sum('paid'), billed: sum('billed') }
}

/**
 * Part of the bytes after the warm-up that was billed, at least: a statement tells what was billed some time before, so
 * all of the warm-up counts as billed.
 */
function billedShare({ report }) {
  return (report.paidBytes - warmUpBytes) / (report.bytes - warmUpBytes)
}
