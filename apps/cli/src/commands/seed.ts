/** `millrace seed PATH --torrent FILE`: serve until interrupted, and sell speed when told to. */

import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { formatBtt } from '@millrace/base'
import { pieceBytesMax, type Schedule } from '@millrace/market'
import type { Info } from '@millrace/metainfo'
import {
  followSchedule,
  type MillraceNode,
  readSource,
  type Sales,
  type StableAskView,
  sellSide,
  startNode,
  TorrentTask,
  type TransferReport,
} from '@millrace/node'
import type { Command } from 'commander'
import { diskWait } from '../disk-wait.ts'
import { UsageError } from '../exit-codes.ts'
import { untilInterrupted } from '../interrupt.ts'
import { terminalLogger } from '../logging.ts'
import { type MoneyFlags, marketOffLine, moneyOf, withMoneyFlags } from '../money-flags.ts'
import { formatBytes, note, outputMode, printEvent, printJson, printLine } from '../output.ts'
import { parseSchedule } from '../parse-schedule.ts'
import { progressLine } from '../progress.ts'
import { reportEvery } from '../report-every.ts'
import { type SellingFlags, sellingTerms, withSellingFlags } from '../selling-flags.ts'
import { type SwarmFlags, withSwarmFlags } from '../swarm-flags.ts'
import { printWhyZero, whyZeroOf } from '../why-zero.ts'

interface SeedFlags extends SwarmFlags, MoneyFlags, SellingFlags {
  readonly torrent: string
  readonly market: boolean
  readonly rpc?: string
  readonly beacon?: boolean
  readonly schedule?: Schedule
}

export function addSeed(program: Command): void {
  const command = program
    .command('seed')
    .summary('serve a torrent')
    .description('Serve the files of a torrent until interrupted.')
    .argument('<path>', 'the file or folder, or the folder that holds it')
    .requiredOption('-t, --torrent <file>', 'its .torrent file')
    .option('--schedule <when>', 'like "22:00-07:00 unlimited, else 1M", within --upload-limit', parseSchedule)
    .option('--beacon', 'show others your price and sales, under your account')
  withMoneyFlags(withSwarmFlags(withSellingFlags(command))).action(run)
}

type Report = TransferReport & Partial<Sales> & { readonly stableAsk: StableAskView | undefined }

async function run(path: string, flags: SeedFlags): Promise<void> {
  const source = await readSource(flags.torrent)
  if (source.kind !== 'metainfo') throw new UsageError('--torrent: expected a .torrent file, not a magnet link')
  if (flags.schedule !== undefined && flags.uploadLimit === undefined)
    throw new UsageError('--schedule moves a limit: give --upload-limit as the most there is')
  const contentPath = contentOf(path, source.metainfo.info.name)
  const selling = await sellingTerms(flags)
  const money = selling && moneyOf(flags)
  if (selling !== undefined && money === undefined) note(marketOffLine)
  const node = await startNode(
    {
      host: flags.host,
      port: flags.port,
      uploadBytesPerSecondMax: flags.uploadLimit,
      downloadBytesPerSecondMax: flags.downloadLimit,
      unchokeSlots: flags.slots,
      selling: money && selling,
      money,
    },
    terminalLogger(flags.verbose === true),
  )
  const check = progressLine('checking', outputMode(flags))
  const task = new TorrentTask(node, {
    source,
    folder: dirname(contentPath),
    contentPath,
    mode: 'seed',
    peers: [],
    onCheck: (checked, total) => check.update(checked / total),
    diskWait,
    beacon: flags.beacon === true ? (peers) => ownBeacon(node, peers) : undefined,
  })
  const stopSchedule = scheduleOf(flags, node)
  const report = (): Report => ({
    ...task.report(),
    ...node.payments?.sales(),
    stableAsk: node.askKeeper?.view(),
  })
  let stopReporting = (): void => {}
  try {
    await task.start()
    check.end()
    const interrupted = untilInterrupted() // before anybody is told that it can be
    note(`seeding ${source.metainfo.info.name} on port ${node.session.port}, Ctrl-C ends it`)
    if (flags.jsonl === true) printEvent('listening', { port: node.session.port, peerId: node.peerId })
    stopReporting = reportEvery(flags, source.metainfo.info.name, report)
    await Promise.race([interrupted, task.broken])
  } finally {
    stopReporting()
    stopSchedule()
    await task.close()
    await node.close()
  }
  printResult(flags, source.metainfo.info, node, report())
}

function printResult(flags: SeedFlags, info: Info, node: MillraceNode, report: Report): void {
  const isSellable = !info.isPrivate && info.pieceLength <= pieceBytesMax
  const whyZero = whyZeroOf({ ...node.saleFacts(), isSellable, isAsked: flags.ask !== undefined }, report.earned)
  const result = { ...report, ...(whyZero === undefined ? {} : { whyZero }) }
  const mode = outputMode(flags)
  if (mode === 'json') return printJson(result)
  if (mode === 'jsonl') return printEvent('result', result)
  printLine(`uploaded ${formatBytes(result.uploadedBytes)}`)
  const { billed, earned, cashed, incentives = 0n } = result
  if (billed !== undefined && earned !== undefined && cashed !== undefined) {
    const added = incentives === 0n ? '' : `, incentives ${formatBtt(incentives)} BTT`
    printLine(
      `billed ${formatBtt(billed)} BTT, earned ${formatBtt(earned)} BTT, cashed ${formatBtt(cashed)} BTT${added}`,
    )
  }
  if (flags.ask !== undefined) printWhyZero(whyZero)
}

/** Follows the schedule; answers how to end that. */
function scheduleOf({ schedule, uploadLimit }: SeedFlags, node: MillraceNode): () => void {
  return schedule === undefined || uploadLimit === undefined
    ? () => {}
    : followSchedule(node.market, schedule, uploadLimit)
}

function ownBeacon({ payments, market }: MillraceNode, peers: readonly number[]) {
  return payments && sellSide(payments, market, peers)
}

/** `path` is the content itself, or the folder in which it stands under the torrent's name. */
function contentOf(path: string, name: string): string {
  const whole = resolve(path)
  const inside = join(whole, name)
  return basename(whole) !== name && existsSync(inside) ? inside : whole
}
