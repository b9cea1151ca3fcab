/**
 * The seller's agent: which torrents to seed with the disk and the upload there is, by the income each is expected to
 * bring. Demand calls supply; what is held is not given up for a little more elsewhere. Pure: every input is an argument.
 */

import { type Btt, btt, maxBig, minBig, zeroBtt } from '@millrace/base'
import type { EarnRecord } from './earn-record.ts'
import { type Demand, type ExpectedIncome, expectedIncome, type OwnOffer, type Rival } from './expected-income.ts'

export interface EarnCandidate {
  /** Hex info-hash. */
  readonly torrent: string
  readonly sizeBytes: number
  /** `own`: the owner's files, never deleted and no part of the budget. `held`: fetched by us, whole or in part. */
  readonly place: 'absent' | 'held' | 'own'
  /** Since it was taken in; for `held`. */
  readonly heldSeconds: number
  readonly seeders: number
  readonly leechers: number
  readonly demands: readonly Demand[]
  readonly rivals: readonly Rival[]
  readonly record: EarnRecord
}

export interface EarnTerms {
  readonly diskBytes: number
  readonly offer: OwnOffer
  /** Millionths of the disk for torrents of which nobody said anything yet. */
  readonly explorePpm: number
  /** Seeded at a time. */
  readonly torrentsMax: number
  /** What was fetched stays for so long at least: less would be paid twice in traffic. */
  readonly holdSeconds: number
}

export type EarnAction = 'seed' | 'fetch' | 'drop' | 'leave'

export type EarnReason =
  /** Chosen for what its buyers would pay. */
  | { readonly code: 'demand'; readonly buyers: number; readonly rivals: number; readonly pricePerMiB: Btt }
  /** Chosen for what it earns, whatever beacons say. */
  | { readonly code: 'earns' }
  /** Here anyway, and nobody else needs its room. */
  | { readonly code: 'room-to-spare' }
  /** Held for too short a time to be given up. */
  | { readonly code: 'young'; readonly heldSeconds: number }
  /** Chosen to find out: leechers wait and nothing else is known. */
  | { readonly code: 'exploring'; readonly leechers: number; readonly seeders: number }
  | { readonly code: 'no-demand'; readonly leechers: number }
  | { readonly code: 'caps-below-ask'; readonly buyers: number; readonly highestCapPerMiB: Btt }
  | { readonly code: 'no-room-on-disk'; readonly sizeBytes: number }
  | { readonly code: 'upload-used-up' }
  | { readonly code: 'too-many-torrents'; readonly torrentsMax: number }

export interface EarnChoice {
  readonly torrent: string
  readonly action: EarnAction
  /** Base units over the horizon, rounded down; what it would bring had it all the upload to itself. */
  readonly income: Btt
  /** The same a GiB of disk, and a GiB of upload; 0 where nothing is used. */
  readonly perGiBDisk: Btt
  readonly perGiBUpload: Btt
  readonly reason: EarnReason
}

/** What is held is worth so many thousandths of itself against what is not: it costs nothing more to fetch. */
const heldPerMille = 1_250n
/** This much of what was expected is believed before anything is known of how it turned out. */
const trustSeconds = 600
const bytesPerGiB = 2n ** 30n
const scoreScale = 10n ** 9n
export const explorePpmDefault = 100_000
export const torrentsMaxDefault = 16
export const holdSecondsDefault = 600
export const horizonSecondsDefault = 3_600

/**
 * Decides for every candidate, in the order of its worth. The disk holds what is chosen; once those that were chosen sell
 * the whole upload, nothing more is fetched.
 *
 * @example
 * chooseTorrents(candidates, terms).filter((choice) => choice.action === 'fetch')
 */
export function chooseTorrents(candidates: readonly EarnCandidate[], terms: EarnTerms): readonly EarnChoice[] {
  const room = new Room(terms)
  const valued = candidates.map((candidate) => appraise(candidate, terms))
  const ranked = [...valued].sort((a, b) => order(a, b))
  const choices = new Map<string, EarnChoice>()
  const choose = (value: Value, action: EarnAction, reason: EarnReason): void => {
    choices.set(value.candidate.torrent, choiceOf(value, action, reason))
  }
  for (const value of ranked.filter(({ candidate }) => isYoung(candidate, terms))) {
    // Its room first, or nothing would ever be held for long.
    const { heldSeconds } = value.candidate
    if (room.take(value) !== undefined) continue
    choose(value, 'seed', value.income > 0n ? reasonFor(value) : { code: 'young', heldSeconds })
  }
  for (const value of ranked) {
    if (choices.has(value.candidate.torrent) || value.income === 0n) continue
    const refusal = room.take(value)
    if (refusal === undefined) choose(value, actionOf(value.candidate), reasonFor(value))
    else choose(value, value.candidate.place === 'held' ? 'drop' : 'leave', refusal)
  }
  for (const value of ranked.filter(({ candidate }) => !choices.has(candidate.torrent))) {
    const { candidate } = value
    const { place } = candidate
    const isHere = place !== 'absent' && room.take(value) === undefined
    if (isHere) choose(value, 'seed', { code: 'room-to-spare' })
    else choose(value, place === 'held' ? 'drop' : 'leave', idleReason(candidate))
  }
  const explored = room.isFull ? undefined : worthExploring(candidates, room, terms)
  const value = valued.find(({ candidate }) => candidate === explored)
  if (value !== undefined) {
    const { leechers, seeders } = value.candidate
    choose(value, 'fetch', { code: 'exploring', leechers, seeders })
  }
  return ranked.flatMap(({ candidate }) => choices.get(candidate.torrent) ?? [])
}

interface Value {
  readonly candidate: EarnCandidate
  readonly stated: ExpectedIncome
  readonly income: Btt
  /** Income by the part of the scarce things that it takes. */
  readonly score: bigint
}

function appraise(candidate: EarnCandidate, terms: EarnTerms): Value {
  const { offer, diskBytes } = terms
  const stated = expectedIncome(candidate.demands, candidate.rivals, offer)
  const income = believed(stated.income, candidate.record, offer.horizonSeconds)
  const disk = candidate.place === 'own' ? 0 : candidate.sizeBytes / Math.max(1, diskBytes)
  const upload = stated.soldBytes / Math.max(1, offer.paidBytesPerSecond * offer.horizonSeconds)
  const cost = BigInt(Math.max(1, Math.round((disk + upload) * Number(scoreScale))))
  const weight = candidate.place === 'absent' ? 1_000n : heldPerMille
  return { candidate, stated, income, score: (income * weight * scoreScale) / cost }
}

/**
 * Stated income, less by as much as it turned out less before; or what was earned, where that is more: buyers need not
 * light a beacon. All rounded down.
 */
function believed(stated: Btt, { seconds, expected, earned }: EarnRecord, horizonSeconds: number): Btt {
  const prior = (stated * BigInt(trustSeconds)) / BigInt(horizonSeconds)
  const whole = prior + expected
  const trusted = whole === 0n ? 0n : (stated * (prior + minBig(earned, expected))) / whole
  const measured = seconds < 1 ? 0n : (earned * BigInt(horizonSeconds)) / BigInt(Math.ceil(seconds + trustSeconds))
  return btt(maxBig(trusted, measured))
}

/** What is left of the disk, the upload and the number of torrents while choices are made. */
class Room {
  readonly #terms: EarnTerms
  diskBytes: number
  #uploadBytes: number
  #torrents = 0

  constructor(terms: EarnTerms) {
    this.#terms = terms
    this.diskBytes = terms.diskBytes
    this.#uploadBytes = terms.offer.paidBytesPerSecond * terms.offer.horizonSeconds
  }

  get isFull(): boolean {
    return this.#torrents >= this.#terms.torrentsMax
  }

  /** Takes what the torrent needs, or says why it cannot. */
  take({ candidate, stated }: Value): EarnReason | undefined {
    const { sizeBytes, place } = candidate
    const diskBytes = place === 'own' ? 0 : sizeBytes
    if (diskBytes > this.diskBytes) return { code: 'no-room-on-disk', sizeBytes }
    if (this.isFull) return { code: 'too-many-torrents', torrentsMax: this.#terms.torrentsMax }
    if (place === 'absent' && stated.soldBytes > 0 && this.#uploadBytes <= 0) return { code: 'upload-used-up' }
    this.diskBytes -= diskBytes
    this.#uploadBytes -= stated.soldBytes
    this.#torrents += 1
    return undefined
  }
}

/** At most one at a time, within its part of the disk: the torrent with most leechers for each seeder. */
function worthExploring(
  candidates: readonly EarnCandidate[],
  room: Room,
  { diskBytes, explorePpm }: EarnTerms,
): EarnCandidate | undefined {
  const sizeMax = Math.min(room.diskBytes, (diskBytes * explorePpm) / 1e6)
  const need = ({ leechers, seeders }: EarnCandidate): number => leechers / (seeders + 1)
  return candidates
    .filter((it) => it.place === 'absent' && it.leechers > 0 && it.demands.length === 0 && it.record.seconds === 0)
    .filter((it) => it.sizeBytes <= sizeMax)
    .sort((a, b) => need(b) - need(a) || compareText(a.torrent, b.torrent))[0]
}

function order(a: Value, b: Value): number {
  if (a.score !== b.score) return a.score > b.score ? -1 : 1
  return compareText(a.candidate.torrent, b.candidate.torrent)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function isYoung({ place, heldSeconds }: EarnCandidate, { holdSeconds }: EarnTerms): boolean {
  return place === 'held' && heldSeconds < holdSeconds
}

function actionOf({ place }: EarnCandidate): EarnAction {
  return place === 'absent' ? 'fetch' : 'seed'
}

function reasonFor({ stated }: Value): EarnReason {
  const { buyers, rivals, pricePerMiB, income } = stated
  return income === 0n ? { code: 'earns' } : { code: 'demand', buyers, rivals, pricePerMiB }
}

function idleReason({ demands, leechers }: EarnCandidate): EarnReason {
  if (demands.length === 0) return { code: 'no-demand', leechers }
  const highest = demands.reduce((most, { priceMaxPerMiB }) => maxBig(most, priceMaxPerMiB), zeroBtt)
  return { code: 'caps-below-ask', buyers: demands.length, highestCapPerMiB: highest }
}

function choiceOf({ candidate, stated, income }: Value, action: EarnAction, reason: EarnReason): EarnChoice {
  const size = BigInt(candidate.sizeBytes)
  const sold = BigInt(stated.soldBytes)
  return {
    torrent: candidate.torrent,
    action,
    income,
    perGiBDisk: size === 0n ? zeroBtt : btt((income * bytesPerGiB) / size),
    perGiBUpload: sold === 0n ? zeroBtt : btt((income * bytesPerGiB) / sold),
    reason,
  }
}
