/** The main job from its first process to its result: a chain, a tracker, a seeder that sells, leechers that bid. */

import { join } from 'node:path'
import { createTorrentFile } from '@millrace/node'
import { auditMoney } from './audit.ts'
import { chainArgs, leecherArgs, type Stage, seederArgs, trackerArgs } from './cast.ts'
import { type Child, DemoError } from './child.ts'
import type { LeecherEvent, ListeningEvent, ReadyEvent, SellerEvent } from './events.ts'
import { writePayload } from './payload.ts'
import { type DemoResult, resultOf } from './result.ts'
import type { Troupe } from './troupe.ts'
import { type LeecherWatch, noteLeecher, noteResult, type Watch } from './watch.ts'

export interface DemoOptions {
  readonly dataFolder: string
  /** The user's own file or folder; random bytes when absent. */
  readonly contentPath: string | undefined
  /** A step was reached: a line for people. */
  readonly onStep: (line: string) => void
}

/** No piece for so long: something is broken. */
const stalledMilliseconds = 30_000
/** The last vouchers, a transaction for them, its block. */
const cashMilliseconds = 20_000

/**
 * Plays the scenario of `watch`, which learns all that happens. Everything it starts is the troupe's.
 *
 * @throws DemoError; CreateError when the content cannot be read
 */
export function runDemo(troupe: Troupe, watch: Watch, options: DemoOptions): Promise<DemoResult> {
  return Promise.race([play(troupe, watch, options), troupe.failed])
}

async function play(troupe: Troupe, watch: Watch, options: DemoOptions): Promise<DemoResult> {
  const { dataFolder, onStep } = options
  const chain = troupe.start<ReadyEvent>({ name: 'chain', args: chainArgs(dataFolder) })
  const tracker = troupe.start<ListeningEvent>({ name: 'tracker', args: trackerArgs() })
  const stage = await setStage(chain, tracker, watch, options)
  onStep(`chain ${stage.chain.rpc}, tracker ${stage.tracker}`)
  const seeder = startSeeder(troupe, stage, watch)
  const leechers = await startLeechers(troupe, stage, watch)
  await untilEnded(leechers, watch)
  onStep('all have everything; the seeder cashes its vouchers')
  await troupe.end(seeder, cashMilliseconds)
  const audit = await auditMoney(troupe, stage.chain, dataFolder)
  await Promise.all([troupe.end(tracker), troupe.end(chain)])
  return resultOf(watch, audit)
}

async function setStage(
  chain: Child<ReadyEvent>,
  tracker: Child<ListeningEvent>,
  { scenario }: Watch,
  { dataFolder, contentPath: own }: DemoOptions,
): Promise<Stage & { readonly tracker: string }> {
  const ready = chain.next('ready')
  const listening = tracker.next('listening')
  const contentPath = own ?? join(dataFolder, 'source', 'millrace-demo.bin')
  if (own === undefined) await writePayload(contentPath, scenario.totalBytes)
  const { url = '' } = await listening
  const torrent = join(dataFolder, 'demo.torrent')
  const { pieceLength } = scenario
  await createTorrentFile({ path: contentPath, out: torrent, pieceLength, trackers: [[url]], overwrite: true })
  return { scenario, dataFolder, contentPath, torrent, chain: await ready, tracker: url }
}

function startSeeder(troupe: Troupe, stage: Stage, watch: Watch): Child<SellerEvent> {
  const onEvent = (event: SellerEvent): void => {
    if (event.event === 'listening') watch.sellerPeerId = event.peerId
    else if (event.event === 'progress') watch.sellerReports.push(event)
    else if (event.event === 'result') watch.sellerResult = event
  }
  return troupe.start({ name: 'seeder', args: seederArgs(stage), onEvent })
}

/** Who does not pay starts sooner, since it opens no money: it waits for the others, so that all begin together. */
async function startLeechers(
  troupe: Troupe,
  stage: Stage,
  { leechers }: Watch,
): Promise<readonly Child<LeecherEvent>[]> {
  const paying = leechers.filter(({ plan }) => plan.bid > 0n)
  const free = leechers.filter(({ plan }) => plan.bid === 0n)
  const first = paying.map((leecher) => startLeecher(troupe, stage, leecher))
  await Promise.race(first.map((child) => child.next('listening')))
  return [...first, ...free.map((leecher) => startLeecher(troupe, stage, leecher))]
}

function startLeecher(troupe: Troupe, stage: Stage, leecher: LeecherWatch): Child<LeecherEvent> {
  const onEvent = (event: LeecherEvent): void => {
    if (event.event === 'listening') leecher.peerId = event.peerId
    else if (event.event === 'progress') noteLeecher(leecher, event)
    else if (event.event === 'result') noteResult(leecher, event, wallClock())
  }
  return troupe.run({ name: leecher.plan.name, args: leecherArgs(stage, leecher.plan), onEvent })
}

/** The time that reports bear: milliseconds since 1970. */
function wallClock(): number {
  return performance.timeOrigin + performance.now()
}

/** @throws DemoError when no piece comes for too long */
async function untilEnded(leechers: readonly Child<LeecherEvent>[], watch: Watch): Promise<void> {
  let pieces = -1
  let timer: NodeJS.Timeout | undefined
  const stalled = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      const now = watch.leechers.reduce((sum, { newest }) => sum + (newest?.pieces ?? 0), 0)
      const seconds = stalledMilliseconds / 1000
      if (now === pieces)
        reject(new DemoError('stalled', `no piece arrived anywhere for ${seconds} s: please report it`))
      pieces = now
    }, stalledMilliseconds)
  })
  try {
    await Promise.race([Promise.all(leechers.map((child) => child.ended)), stalled])
  } finally {
    clearInterval(timer)
  }
}
