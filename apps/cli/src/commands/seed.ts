/** `millrace seed PATH --torrent FILE`: serve until interrupted, and sell speed when told to. */

import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { formatBtt } from '@millrace/base'
import {
  readSource,
  type Sales,
  type SellingOptions,
  type StableAskView,
  startNode,
  TorrentTask,
  type TransferReport,
} from '@millrace/node'
import type { Command } from 'commander'
import { Option } from 'commander'
import { type AskFlags, askOf, withAskFlags } from '../ask-flags.ts'
import { diskWait } from '../disk-wait.ts'
import { UsageError } from '../exit-codes.ts'
import { untilInterrupted } from '../interrupt.ts'
import { terminalLogger } from '../logging.ts'
import { type MoneyFlags, marketOffLine, moneyOf, withMoneyFlags } from '../money-flags.ts'
import { formatBytes, note, outputMode, printEvent, printJson, printLine } from '../output.ts'
import { parsePercent } from '../parse-options.ts'
import { progressLine } from '../progress.ts'
import { reportEvery } from '../report-every.ts'
import { type SwarmFlags, withSwarmFlags } from '../swarm-flags.ts'

interface SeedFlags extends SwarmFlags, MoneyFlags, AskFlags {
  readonly torrent: string
  readonly freeShare: number
  readonly bill: 'faster' | 'always'
}

export function addSeed(program: Command): void {
  const command = program
    .command('seed')
    .summary('serve a torrent')
    .description('Serve the files of a torrent until interrupted.')
    .argument('<path>', 'the file or folder, or the folder that holds it')
    .requiredOption('-t, --torrent <file>', 'its .torrent file')
    .option('--free-share <percent>', 'part of the upload for who does not pay', parsePercent, 150_000)
    .addOption(
      new Option('--bill <when>', 'bill a bid when it buys more than it would get for nothing, or always')
        .choices(['faster', 'always'])
        .default('faster'),
    )
  withMoneyFlags(withSwarmFlags(withAskFlags(command))).action(run)
}

type Report = TransferReport & Partial<Sales> & { readonly stableAsk: StableAskView | undefined }

async function run(path: string, flags: SeedFlags): Promise<void> {
  const source = await readSource(flags.torrent)
  if (source.kind !== 'metainfo') throw new UsageError('--torrent: expected a .torrent file, not a magnet link')
  const contentPath = contentOf(path, source.metainfo.info.name)
  const selling = sellingTerms(flags)
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
  })
  const report = (): Report => ({
    ...task.report(),
    ...node.payments?.sales(),
    stableAsk: node.askKeeper?.view(),
  })
  let stopReporting = (): void => {}
  try {
    await task.start()
    check.end()
    note(`seeding ${source.metainfo.info.name} on port ${node.session.port}, Ctrl-C ends it`)
    if (flags.jsonl === true) printEvent('listening', { port: node.session.port, peerId: node.peerId })
    stopReporting = reportEvery(flags, source.metainfo.info.name, report)
    await Promise.race([untilInterrupted(), task.broken])
  } finally {
    stopReporting()
    await task.close()
    await node.close()
  }
  const result = report()
  const mode = outputMode(flags)
  if (mode === 'json') return printJson(result)
  if (mode === 'jsonl') return printEvent('result', result)
  printLine(`uploaded ${formatBytes(result.uploadedBytes)}`)
  const { billed, earned, cashed } = result
  if (billed === undefined || earned === undefined || cashed === undefined) return
  printLine(`billed ${formatBtt(billed)} BTT, earned ${formatBtt(earned)} BTT, cashed ${formatBtt(cashed)} BTT`)
}

/** `path` is the content itself, or the folder in which it stands under the torrent's name. */
function contentOf(path: string, name: string): string {
  const whole = resolve(path)
  const inside = join(whole, name)
  return basename(whole) !== name && existsSync(inside) ? inside : whole
}

function sellingTerms(flags: SeedFlags): SellingOptions | undefined {
  const ask = flags.market ? askOf(flags, flags.rpc) : undefined
  if (ask === undefined) return undefined
  return { ...ask, freeSharePpm: flags.freeShare, billAlways: flags.bill === 'always' }
}
