/**
 * The rate at which an ask in another unit is quoted, as a state machine over the readings of feeds. It goes from fresh to the
 * last good quote and then to no price at all, and back; never to a price that too few feeds stand for.
 */

import { assert, type Btt } from '@millrace/base'
import { type ExchangeRate, isApart } from './exchange-rate.ts'
import { type Consensus, consensusOf } from './feed-consensus.ts'
import { askAt, type UnitAsk } from './unit-ask.ts'

export interface StableAskTerms {
  /** How many feeds there are; they are numbered from 0. */
  readonly feeds: number
  /** A reading older than this is stale. */
  readonly ageMsMax: number
  /** A rate further than this from the last accepted one must be seen twice, in millionths. */
  readonly jumpPpmMax: number
  /** The quoted rate stands while the feeds are no further from it, in millionths. */
  readonly tolerancePpm: number
  /** How long the last quote stands when the feeds do not. */
  readonly holdMs: number
}

export interface FeedReading {
  readonly rate: ExchangeRate
  /** When it was true, by the feed's own word. */
  readonly atMs: number
  /** When we heard it. */
  readonly heardMs: number
}

/** The rate that is quoted, and when the feeds last stood behind it. */
export interface QuotedRate {
  readonly rate: ExchangeRate
  readonly backedMs: number
}

/** A rate too far from the quoted one to be believed at first sight. */
export interface RateJump {
  readonly rate: ExchangeRate
  readonly seenMs: number
}

/** Why the feeds do not give a price now. */
export type FeedTrouble =
  /** Too few fresh readings. */
  | { readonly kind: 'missing' }
  /** A feed is missing and the others are further apart than the tolerance. */
  | { readonly kind: 'split' }
  /** They moved by more than the jump limit and have not said so twice. */
  | { readonly kind: 'jump'; readonly jump: RateJump }

export type StableAskPhase =
  | { readonly kind: 'fresh'; readonly quoted: QuotedRate }
  | { readonly kind: 'last-quote'; readonly quoted: QuotedRate; readonly why: FeedTrouble }
  /** Nothing is sold. What was quoted before is kept to know a jump by. */
  | { readonly kind: 'free-only'; readonly quoted: QuotedRate | undefined; readonly why: FeedTrouble }

export interface StableAskState {
  readonly readings: readonly (FeedReading | undefined)[]
  readonly phase: StableAskPhase
}

export type StableAskEvent =
  | { readonly type: 'reading'; readonly feed: number; readonly rate: ExchangeRate; readonly ageMs: number }
  /** Time passed: to be told at least as often as the limits shall be held exactly. */
  | { readonly type: 'tick' }

export function openStableAsk(terms: StableAskTerms): StableAskState {
  assert(terms.feeds > 0 && terms.tolerancePpm <= terms.jumpPpmMax, 'a feed, and a tolerance within the jump limit')
  const readings = Array.from({ length: terms.feeds }, () => undefined)
  return { readings, phase: { kind: 'free-only', quoted: undefined, why: { kind: 'missing' } } }
}

/**
 * @param nowMs of one monotonic clock
 * @example
 * const read = { type: 'reading', feed: 0, rate, ageMs: 0 } as const
 * stepStableAsk(openStableAsk(terms), read, terms, 0).phase // { kind: 'fresh', quoted: { rate, backedMs: 0 } }
 */
export function stepStableAsk(
  state: StableAskState,
  event: StableAskEvent,
  terms: StableAskTerms,
  nowMs: number,
): StableAskState {
  const readings = event.type === 'tick' ? state.readings : withReading(state.readings, event, nowMs)
  return { readings, phase: nextPhase(state.phase, freshOf(readings, terms, nowMs), terms, nowMs) }
}

/** What a MiB is asked for now: base units; undefined while nothing is sold. */
export function quotedAsk(ask: UnitAsk, { phase }: StableAskState): Btt | undefined {
  return phase.kind === 'free-only' ? undefined : askAt(ask, phase.quoted.rate)
}

function withReading(
  readings: StableAskState['readings'],
  { feed, rate, ageMs }: Extract<StableAskEvent, { readonly type: 'reading' }>,
  nowMs: number,
): StableAskState['readings'] {
  assert(feed >= 0 && feed < readings.length && ageMs >= 0, 'a feed that was named, and an age from 0')
  return readings.with(feed, { rate, atMs: nowMs - ageMs, heardMs: nowMs })
}

function freshOf(readings: StableAskState['readings'], terms: StableAskTerms, nowMs: number): FeedReading[] {
  return readings.flatMap((reading) =>
    reading !== undefined && nowMs - reading.atMs <= terms.ageMsMax ? [reading] : [],
  )
}

function nextPhase(
  phase: StableAskPhase,
  fresh: readonly FeedReading[],
  terms: StableAskTerms,
  nowMs: number,
): StableAskPhase {
  const consensus = agree(fresh, terms)
  if (consensus.kind !== 'agreed') return degrade(phase.quoted, consensus, terms, nowMs)
  const { rate } = consensus
  const known = phase.quoted?.rate
  if (known === undefined || !isApart(known, rate, terms.jumpPpmMax)) return settle(known, rate, terms, nowMs)
  const before = phase.kind !== 'fresh' && phase.why.kind === 'jump' ? phase.why.jump : undefined
  const isSame = before !== undefined && !isApart(before.rate, rate, terms.jumpPpmMax)
  const jump = isSame ? before : { rate, seenMs: nowMs }
  // The feeds must say it a second time, as many of them as it takes to believe anything.
  const again = agree(
    fresh.filter(({ heardMs }) => heardMs > jump.seenMs),
    terms,
  )
  const isConfirmed = again.kind === 'agreed' && !isApart(jump.rate, again.rate, terms.jumpPpmMax)
  return isConfirmed ? settle(known, rate, terms, nowMs) : degrade(phase.quoted, { kind: 'jump', jump }, terms, nowMs)
}

function agree(readings: readonly FeedReading[], { feeds, tolerancePpm }: StableAskTerms): Consensus {
  return consensusOf(
    readings.map(({ rate }) => rate),
    feeds,
    tolerancePpm,
  )
}

/** Within the tolerance the quoted rate stands, so that a price which trembles costs no quotes. */
function settle(
  known: ExchangeRate | undefined,
  rate: ExchangeRate,
  { tolerancePpm }: StableAskTerms,
  nowMs: number,
): StableAskPhase {
  const stands = known !== undefined && !isApart(known, rate, tolerancePpm)
  return { kind: 'fresh', quoted: { rate: stands ? known : rate, backedMs: nowMs } }
}

function degrade(
  quoted: QuotedRate | undefined,
  why: FeedTrouble,
  { holdMs }: StableAskTerms,
  nowMs: number,
): StableAskPhase {
  const stands = quoted !== undefined && nowMs - quoted.backedMs <= holdMs
  return stands ? { kind: 'last-quote', quoted, why } : { kind: 'free-only', quoted, why }
}
