/** The solo driver: one process makes every block, on demand or at an interval. It decides when; the chain does the rest. */

import { type Clock, type Logger, messageOf } from '@millrace/base'
import type { App } from '../app/app.ts'
import { ChainError } from '../errors.ts'

/**
 * `on-demand`: a block when a transaction can be in one, the next no sooner than `leastSeconds` later.
 * `interval`: a block every `seconds`, empty or not.
 *
 * A header's timestamp is whole seconds above its parent's. From 1 s upward a block waits until the wall clock allows
 * that, so the chain's time never runs ahead. An on-demand chain with `leastSeconds` below 1 is for tests: its blocks
 * don't wait, and under load its time runs ahead by up to a second a block.
 */
export type BlockTime =
  | { readonly kind: 'on-demand'; readonly leastSeconds: number }
  | { readonly kind: 'interval'; readonly seconds: number }

export interface SoloParts {
  readonly clock: Clock
  /** Unix seconds, fractions allowed. */
  readonly wallSeconds: () => number
  readonly logger: Logger
  /** Timestamp of the head. */
  readonly headTimestamp: () => number
  readonly wantsBlock: () => boolean
  /** Builds, executes and commits one block. */
  readonly makeBlock: (timestamp: number) => Promise<void>
}

export interface Solo {
  /** Something may have become executable. */
  wake(): void
  /** The timestamp that a block made now would carry. */
  nextTimestamp(): number
  /** Makes no further block and waits for the one in progress. */
  stop(): Promise<void>
}

/** @throws ChainError bad-option */
export function checkBlockTime(blockTime: BlockTime): void {
  const seconds = blockTime.kind === 'interval' ? blockTime.seconds : blockTime.leastSeconds
  const least = blockTime.kind === 'interval' ? 1 : 0
  if (Number.isFinite(seconds) && seconds >= least) return
  const message = `block time of ${seconds} s: expected at least ${least} s for ${blockTime.kind} blocks`
  throw new ChainError('bad-option', message)
}

/** The same limit as a block of CometBFT's, so that a transaction that one driver takes the other takes too. */
const soloBytesMax = 4_194_304

/** One block by the calls that CometBFT makes, in its order; nobody else votes. */
export async function makeSoloBlock(app: App, timestamp: number): Promise<void> {
  const place = { height: app.head().number + 1, seconds: timestamp }
  const items = await app.prepareProposal({ ...place, bytesMax: soloBytesMax, votes: [] })
  await app.finalizeBlock({ ...place, items, lastCommit: [] })
  await app.commit()
}

const retrySeconds = 1
/** setTimeout's own resolution: shorter waits would spin. */
const leastWaitMs = 1
/** Then the wall clock is read again: it may have been set. */
const longestWaitMs = 60_000

export function startSolo(blockTime: BlockTime, parts: SoloParts): Solo {
  let timer: NodeJS.Timeout | undefined
  let working: Promise<void> | undefined
  let stopped = false
  let lastMadeMs = Number.NEGATIVE_INFINITY

  const waitMs = (): number => {
    const everySeconds = blockTime.kind === 'interval' ? blockTime.seconds : blockTime.leastSeconds
    const sinceLast = everySeconds * 1000 - (parts.clock.now() - lastMadeMs)
    if (everySeconds < 1) return sinceLast
    const untilAllowed = (parts.headTimestamp() + 1 - parts.wallSeconds()) * 1000
    return Math.max(sinceLast, untilAllowed)
  }

  const schedule = (ms: number): void => {
    if (stopped || timer !== undefined) return
    timer = setTimeout(tick, Math.min(longestWaitMs, Math.max(leastWaitMs, Math.ceil(ms))))
  }

  const tick = (): void => {
    timer = undefined
    if (stopped || working !== undefined || !wanted()) return
    const ms = waitMs()
    if (ms > 0) return schedule(ms)
    working = make().then((failed) => {
      working = undefined
      if (wanted()) schedule(failed ? retrySeconds * 1000 : waitMs())
    })
  }

  const make = async (): Promise<boolean> => {
    try {
      await parts.makeBlock(nextTimestamp())
      lastMadeMs = parts.clock.now()
      return false
    } catch (thrown) {
      parts.logger.log('error', 'no block was made', { cause: messageOf(thrown) })
      return true
    }
  }

  const wanted = (): boolean => blockTime.kind === 'interval' || parts.wantsBlock()
  const nextTimestamp = () => Math.max(Math.floor(parts.wallSeconds()), parts.headTimestamp() + 1)

  if (wanted()) schedule(waitMs())
  return {
    wake() {
      if (working === undefined && wanted()) schedule(waitMs())
    },
    nextTimestamp,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await working
    },
  }
}
