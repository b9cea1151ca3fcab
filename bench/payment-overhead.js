// What paying costs: the same transfer without an upload limit, unpaid and paid in turn, on a real chain. The buyer
// prepays 64 MiB; the seller bills every bid, since nothing is scarce here and bids would sleep. A machine's speed
// drifts by more than what is measured, so each paid transfer is held to the unpaid one beside it, first one kind and
// then the other leads, and the median of these ratios counts.

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
  const rounds = { unpaid: [], paid: [] }
  // The first transfer of all finds no memory of its own yet, and is not counted.
  await unpaidTransfer(bench, payload, 'warm-up')
  for (let round = 0; round < bench.rounds; round += 1) {
    const kinds = round % 2 === 0 ? ['unpaid', 'paid'] : ['paid', 'unpaid']
    for (const kind of kinds) {
      const done = kind === 'paid' ? paidTransfer(bench, payload, chain, round) : unpaidTransfer(bench, payload, round)
      rounds[kind].push(await done)
      const { report } = rounds[kind].at(-1)
      console.log(
        `  ${kind.padEnd(7)} ${mebibytes(report.bytesPerSecond)}, buyer ${report.cpuSeconds.toFixed(1)} s of CPU`,
      )
    }
  }
  await stop(chain.running, 'SIGTERM')
  if (!bench.quick) writePicture('payment-overhead.svg', plotTransfer(rounds.paid.at(-1).progress))
  return summary(payload, rounds)
}

async function startChain(bench) {
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

function unpaidTransfer(bench, payload, round) {
  return transfer(bench, payload, [], [], `unpaid-${round}`)
}

function paidTransfer(bench, payload, chain, round) {
  const on = (account) => ['--rpc', chain.rpc, '--vault', chain.vault, '--dev-account', String(account)]
  const budget = String(payload.bytes / bytesPerMiB + prepaidMiB)
  // One BTT a MiB, and a bid above any rate that this machine reaches.
  const terms = ['--bid', '2000', '--max-price', '1', '--budget', budget, '--prepay', String(prepaidMiB), '--yes']
  const buying = [...terms, ...on(2)]
  const selling = ['--ask', '1', '--bill', 'always', '--free-share', '2', ...on(1)]
  return transfer(bench, payload, selling, buying, `paid-${round}`)
}

async function transfer(bench, payload, selling, buying, name) {
  const port = await freePort()
  const seeding = ['seed', payload.content, '--torrent', payload.torrent, '--port', String(port), '--json']
  const seeder = startMillrace(bench, selling.length > 0 ? 'seller' : 'seeder', [...seeding, ...selling])
  await waitForPort(seeder, port)
  const getting = ['get', payload.torrent, '--out', freshOut(bench), '--peer', `127.0.0.1:${port}`]
  const own = ['--port', String(await freePort()), '--jsonl', ...buying]
  const home = buying.length > 0 ? 'buyer' : `leecher-${name}`
  const lines = jsonLines(await finish(startMillrace(bench, home, [...getting, ...own])))
  await stop(seeder, 'SIGINT')
  const progress = lines.filter((line) => line.event === 'progress')
  const report = lines.findLast((line) => line.event === 'result')
  return { report, progress, sale: jsonObject(seeder) }
}

function summary(payload, rounds) {
  const speed = ({ report }) => report.bytesPerSecond
  const rate = (kind) => median(rounds[kind].map(speed))
  const ratios = rounds.paid.map((it, round) => roundedTo3(speed(it) / speed(rounds.unpaid[round])))
  const ratio = roundedTo3(median(ratios))
  const billedShares = rounds.paid.map(billedShare)
  const settled = rounds.paid.every(({ report, sale }) => sale.cashed === sale.earned && sale.earned === report.paid)
  // What one round paid ahead the next one uses up: bills are covered by all that was paid until then.
  const sums = rounds.paid.map((_, last) => sumOf(rounds.paid.slice(0, last + 1)))
  const covered = sums.every(({ paid, billed }) => paid >= billed)
  console.log(`  medians: unpaid ${mebibytes(rate('unpaid'))}, paid ${mebibytes(rate('paid'))}`)
  console.log(`  paid to unpaid by round: ${ratios.join(', ')}; median ${ratio}`)
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
    billedShares,
    reports: { unpaid: rounds.unpaid.map((it) => it.report), paid: rounds.paid.map((it) => it.report) },
    sales: rounds.paid.map((it) => it.sale),
    promises: {
      'paid is at least 97 % as fast as unpaid': ratio >= overheadShareMin,
      'at least 90 % of the bytes after the first 256 MiB are billed': Math.min(...billedShares) >= billedShareMin,
      'what was billed is paid, what was paid is earned, and what was earned is cashed': settled && covered,
    },
  }
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
