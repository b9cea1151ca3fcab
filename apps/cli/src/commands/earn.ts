/** `millrace earn --folder DIR --tracker URL --disk 10G --upload-limit 5M --ask 1`: seed what pays, from a library. */

import { join } from 'node:path'
import { formatBtt, zeroBtt } from '@millrace/base'
import {
  explorePpmDefault,
  holdSecondsDefault,
  horizonSecondsDefault,
  type Schedule,
  torrentsMaxDefault,
} from '@millrace/market'
import { Earner, type EarnRound, type MillraceNode, startNode } from '@millrace/node'
import { type Command, Option } from 'commander'
import { type AskFlags, askOf, withAskFlags } from '../ask-flags.ts'
import { UsageError } from '../exit-codes.ts'
import { untilInterrupted } from '../interrupt.ts'
import { terminalLogger } from '../logging.ts'
import { type MoneyFlags, moneyOf, withMoneyFlags } from '../money-flags.ts'
import {
  formatBytes,
  formatRate,
  note,
  type OutputFlags,
  outputMode,
  printEvent,
  printJson,
  printLine,
} from '../output.ts'
import { collectText, parseBytes, parsePercent, parsePort, parseWhole } from '../parse-options.ts'
import { parseSchedule } from '../parse-schedule.ts'
import { freeShareTerms } from '../selling-flags.ts'
import { printWhyZero, whyZeroOf } from '../why-zero.ts'

const none: readonly string[] = []
const roundSecondsDefault = 30

interface EarnFlags extends MoneyFlags, OutputFlags, AskFlags {
  readonly folder: readonly string[]
  readonly tracker: readonly string[]
  readonly store?: string
  readonly disk: number
  readonly uploadLimit: number
  readonly downloadLimit?: number
  readonly schedule?: Schedule
  readonly freeShare?: number
  readonly bill: 'faster' | 'always'
  readonly explore: number
  readonly torrents: number
  readonly hold: number
  readonly every: number
  readonly beacon?: boolean
  readonly host: string
  readonly port: number
  readonly verbose?: boolean
}

export function addEarn(program: Command): void {
  const command = program
    .command('earn')
    .summary('seed what pays')
    .description(
      'Choose from a library of torrents by the income that buyers’ beacons promise, fetch what is worth it, and sell it until interrupted.',
    )
    .requiredOption(
      '--folder <folder>',
      'a library: .torrent files, perhaps with their content; repeatable',
      collectText,
      none,
    )
    .requiredOption('--tracker <url>', 'announce URL of a tracker that knows beacons; repeatable', collectText, none)
    .requiredOption('--disk <bytes>', 'room for what is fetched, like 10G', parseBytes)
    .requiredOption('--upload-limit <rate>', 'what there is to sell, like 5M a second', parseBytes)
    .option('--store <folder>', 'where fetched content goes; below --data when absent')
    .option('--download-limit <rate>', 'bytes a second', parseBytes)
    .option('--schedule <when>', 'like "22:00-07:00 unlimited, else 1M", in local time', parseSchedule)
    .option('--free-share <percent>', 'part of the upload for who does not pay', parsePercent)
    .addOption(
      new Option('--bill <when>', 'bill a bid when it buys more than it would get for nothing, or always')
        .choices(['faster', 'always'])
        .default('faster'),
    )
    .option('--explore <percent>', 'part of the disk to try torrents without beacons', parsePercent, explorePpmDefault)
    .option('--torrents <n>', 'seed at most so many at a time', parseWhole, torrentsMaxDefault)
    .option('--hold <seconds>', 'keep what was fetched for so long at least', parseWhole, holdSecondsDefault)
    .option('--every <seconds>', 'look and choose anew so often', parseWhole, roundSecondsDefault)
    .option('--beacon', 'show others your price and sales, under your account')
    .option('--host <address>', 'address to listen on', '0.0.0.0')
    .option('-p, --port <port>', 'port to listen on; 0 takes a free one', parsePort, 0)
    .option('--json', 'print one JSON object at the end')
    .option('--jsonl', 'print events as lines of JSON')
    .option('-v, --verbose', 'say more on stderr')
  withMoneyFlags(withAskFlags(command)).action(run)
}

async function run(flags: EarnFlags): Promise<void> {
  const money = moneyOf(flags)
  if (money === undefined) throw new UsageError('earning needs a chain that settles: name one by --rpc and --vault')
  if (flags.every === 0) throw new UsageError('--every: expected at least 1 second')
  const ask = askOf(flags, flags.rpc)
  if (ask === undefined) throw new UsageError('earning needs a price: --ask')
  const selling = {
    ...ask,
    ...(await freeShareTerms(flags)),
    billAlways: flags.bill === 'always',
  }
  const node = await startNode(
    {
      host: flags.host,
      port: flags.port,
      uploadBytesPerSecondMax: flags.uploadLimit,
      downloadBytesPerSecondMax: flags.downloadLimit,
      selling,
      money,
    },
    terminalLogger(flags.verbose === true),
  )
  const tell = teller(flags)
  const earner = new Earner(node, {
    folders: flags.folder,
    managedFolder: flags.store ?? join(flags.data, 'earn'),
    trackers: flags.tracker,
    uploadBytesPerSecondMax: flags.uploadLimit,
    schedule: flags.schedule,
    terms: {
      diskBytes: flags.disk,
      explorePpm: flags.explore,
      torrentsMax: flags.torrents,
      holdSeconds: flags.hold,
      horizonSeconds: horizonSecondsDefault,
    },
    hasBeacon: flags.beacon === true,
    roundSeconds: flags.every,
    onRound: (round) => tell(earner, round),
  })
  if (flags.jsonl === true) printEvent('listening', { port: node.session.port, peerId: node.peerId })
  try {
    const interrupted = untilInterrupted()
    await earner.start()
    note(`earning on port ${node.session.port}, Ctrl-C ends it`)
    await interrupted
  } finally {
    await earner.close()
    await node.close()
  }
  printResult(flags, node, earner)
}

/** Says what changed: each choice that differs from the last. */
function teller(flags: EarnFlags): (earner: Earner, round: EarnRound) => void {
  const told = new Map<string, string>()
  let limit = 0
  return (earner, { choices, beacons, uploadBytesPerSecond }) => {
    if (limit !== uploadBytesPerSecond) note(`upload for sale: ${formatRate(uploadBytesPerSecond)}`)
    limit = uploadBytesPerSecond
    const names = new Map(earner.torrents.map(({ choice, name }) => [choice?.torrent, name]))
    for (const choice of choices) {
      const words = `${choice.action} ${choice.reason.code}`
      if (told.get(choice.torrent) === words) continue
      told.set(choice.torrent, words)
      const name = names.get(choice.torrent) ?? choice.torrent
      if (flags.jsonl === true) printEvent('choice', { name, beacons, ...choice })
      else note(`${name}: ${words}, about ${formatBtt(choice.income)} BTT an hour`)
    }
  }
}

function printResult(flags: EarnFlags, node: MillraceNode, earner: Earner): void {
  const sales = node.payments?.sales()
  const earned = sales?.earned ?? zeroBtt
  const torrents = earner.torrents.map(({ name, choice, record, transfer }) => ({
    name,
    ...choice,
    record,
    bytes: transfer?.bytes ?? 0,
    uploadedBytes: transfer?.uploadedBytes ?? 0,
  }))
  const isSellable = torrents.length > 0
  const whyZero = whyZeroOf({ ...node.saleFacts(), isSellable, isAsked: true }, earned)
  const result = { ...sales, torrents, ...(whyZero === undefined ? {} : { whyZero }) }
  const mode = outputMode(flags)
  if (mode === 'json') return printJson(result)
  if (mode === 'jsonl') return printEvent('result', result)
  const uploaded = torrents.reduce((sum, { uploadedBytes }) => sum + uploadedBytes, 0)
  printLine(`uploaded ${formatBytes(uploaded)}, earned ${formatBtt(earned)} BTT`)
  if (sales !== undefined) {
    const added = sales.incentives === 0n ? '' : `, incentives ${formatBtt(sales.incentives)} BTT`
    printLine(`billed ${formatBtt(sales.billed)} BTT, cashed ${formatBtt(sales.cashed)} BTT${added}`)
  }
  printWhyZero(whyZero)
}
