/** `millrace get TORRENT|MAGNET --out DIR`: download, and pay for speed when told to. */

import { formatBtt } from '@millrace/base'
import {
  type BuyingTerms,
  buySide,
  type MillraceNode,
  type Purchase,
  readSource,
  type Sales,
  sourceName,
  startNode,
  TorrentTask,
  type TransferReport,
} from '@millrace/node'
import type { Address } from '@millrace/swarm'
import type { Command } from 'commander'
import { type BuyingFlags, buyingTerms, wantsToBuy, withBuyingFlags } from '../buying-flags.ts'
import { buyingSummary } from '../buying-lines.ts'
import { diskWait } from '../disk-wait.ts'
import { exitCodes } from '../exit-codes.ts'
import { untilInterrupted } from '../interrupt.ts'
import { terminalLogger } from '../logging.ts'
import { type MoneyFlags, marketOffLine, moneyOf, withMoneyFlags } from '../money-flags.ts'
import {
  formatBytes,
  formatDuration,
  formatRate,
  note,
  outputMode,
  printEvent,
  printJson,
  printLine,
} from '../output.ts'
import { collectAddress, parseDecimal } from '../parse-options.ts'
import { progressLine } from '../progress.ts'
import { confirm } from '../prompt.ts'
import { reportEvery } from '../report-every.ts'
import { type SellingFlags, sellingTerms, withSellingFlags } from '../selling-flags.ts'
import { type SwarmFlags, withSwarmFlags } from '../swarm-flags.ts'

const noPeers: readonly Address[] = []
/** What a seller gets to bill its last blocks and be paid. */
const settleMillisecondsMax = 4_000

interface GetFlags extends SwarmFlags, MoneyFlags, BuyingFlags, SellingFlags {
  readonly market: boolean
  readonly rpc?: string
  readonly out: string
  readonly stay?: boolean
  readonly seedRatio?: number
  readonly waitDisk?: boolean
  readonly overwrite?: boolean
  readonly preallocate?: boolean
  readonly booksMoved?: boolean
  readonly yes?: boolean
  readonly beacon?: boolean
}

export function addGet(program: Command): void {
  const command = program
    .command('get')
    .summary('download a torrent')
    .description('Download a torrent. Exits 0 when every piece is verified on disk.')
    .argument('<torrent>', '.torrent file or magnet link')
    .requiredOption('-o, --out <folder>', 'where the files go')
    .option('--peer <host:port>', 'a peer to ask; repeatable', collectAddress, noPeers)
    .option('--stay', 'go on seeding until interrupted')
    .option('--seed-ratio <r>', 'go on seeding until so many times the size was uploaded', parseDecimal)
    .option('--wait-disk', 'wait until a disk that fails works again, in place of exit 9; --stay does so, too')
    .option('--overwrite', 'replace existing files that hold nothing of this torrent')
    .option('--preallocate', 'take the whole space before the first byte')
    .option('--beacon', 'show sellers what you want and would pay, under your account')
    .option('--books-moved', 'the books were copied here and are in use nowhere else: sign with them')
    .option('-y, --yes', 'deposit what the budget needs without asking')
  withMoneyFlags(withSwarmFlags(withSellingFlags(withBuyingFlags(command)))).action(run)
}

async function run(torrent: string, flags: GetFlags): Promise<void> {
  const source = await readSource(torrent)
  const buys = flags.market && wantsToBuy(flags)
  const selling = await sellingTerms(flags)
  const trades = buys || selling !== undefined
  const money = trades ? moneyOf(flags) : undefined
  if (trades && money === undefined) note(marketOffLine)
  const terms = money && buys ? buyingTerms(flags) : undefined
  const node = await startNode(
    {
      host: flags.host,
      port: flags.port,
      uploadBytesPerSecondMax: flags.uploadLimit,
      downloadBytesPerSecondMax: flags.downloadLimit,
      unchokeSlots: flags.slots,
      selling: money && selling,
      money: money && {
        ...money,
        buying: terms,
        areBooksMoved: flags.booksMoved,
        confirmDeposit: (amount) => confirmDeposit(amount, flags),
      },
    },
    terminalLogger(flags.verbose === true),
  )
  if (flags.jsonl === true) printEvent('listening', { port: node.session.port, peerId: node.peerId })
  const check = progressLine('checking', outputMode(flags))
  const task = new TorrentTask(node, {
    source,
    folder: flags.out,
    mode: 'leech',
    peers: flags.peer,
    overwrite: flags.overwrite,
    allocation: flags.preallocate === true ? 'full' : 'sparse',
    onCheck: (checked, total) => check.update(checked / total),
    diskWait: flags.stay === true || flags.waitDisk === true ? diskWait : undefined,
    beacon: flags.beacon === true ? () => ownBeacon(node, terms, task) : undefined,
  })
  const report = (): GetReport => ({
    ...task.report(),
    ...node.payments?.purchase(),
    ...(selling === undefined ? {} : { sales: node.payments?.sales() }),
  })
  const stopReporting = reportEvery(flags, sourceName(source), report)
  try {
    await task.start()
    check.end()
    const ended = await Promise.race([task.complete.then(() => 'complete' as const), untilInterrupted()])
    if (ended === 'complete') {
      node.payments?.onComplete()
      await node.payments?.settled(settleMillisecondsMax)
      await Promise.race([staySeeding(flags, report), task.broken])
    } else process.exitCode = exitCodes.interrupted
  } finally {
    stopReporting()
    if (selling !== undefined) await node.payments?.leaveSettled(settleMillisecondsMax)
    await task.close()
    await node.close()
  }
  printResult(flags, report())
}

/** What was sold stands apart: both sides have a `billed`. */
type GetReport = TransferReport & Partial<Purchase> & { readonly sales?: Sales | undefined }

async function staySeeding(flags: GetFlags, report: () => GetReport): Promise<void> {
  if (flags.stay === true) {
    note('complete; seeding until interrupted')
    return untilInterrupted()
  }
  const ratio = flags.seedRatio
  if (ratio === undefined) return
  const isReached = (): boolean => report().uploadedBytes >= ratio * (report().totalBytes ?? 0)
  let timer: NodeJS.Timeout | undefined
  const reached = new Promise<void>((resolve) => {
    timer = setInterval(() => isReached() && resolve(), 250)
  })
  await Promise.race([reached, untilInterrupted()])
  clearInterval(timer)
}

function ownBeacon(node: MillraceNode, terms: BuyingTerms | undefined, task: TorrentTask) {
  return node.payments && terms && buySide(node.payments, terms, task.report().leftBytes ?? 1)
}

async function confirmDeposit(amount: bigint, flags: GetFlags): Promise<boolean> {
  if (flags.yes === true) return true
  return confirm(`Deposit ${formatBtt(amount)} BTT into the vault, from which sellers are paid?`)
}

function printResult(flags: GetFlags, report: GetReport): void {
  const mode = outputMode(flags)
  if (mode === 'json') return printJson(report)
  if (mode === 'jsonl') return printEvent('result', report)
  if (process.exitCode !== undefined) return
  const time = `${formatDuration(report.seconds)} at ${formatRate(report.bytesPerSecond)}`
  printLine(`${report.name ?? report.infoHash}: ${formatBytes(report.bytes)} in ${time}, every piece verified`)
  for (const line of buyingSummary(report)) printLine(line)
  const { sales } = report
  if (sales === undefined) return
  printLine(`billed ${formatBtt(sales.billed)} BTT, earned ${formatBtt(sales.earned)} BTT by vouchers`)
  if (sales.setOff > 0n)
    printLine(`set off ${formatBtt(sales.setOff)} BTT with peers that sold to us: neither side paid it`)
}
