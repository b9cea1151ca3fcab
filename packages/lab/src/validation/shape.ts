/**
 * Swarms by which the lab is held to real processes: a seed draws one of a stated family, small enough that the lines and not
 * two processor cores are the limit, and long enough that a second here or there is no tenth of it.
 */

import { assert, bytesPerMiB, type Random } from '@millrace/base'
import { streamOf } from '../draws.ts'

/** One process of a shape. Rates are of payload, bytes a second; times in seconds. */
export interface ShapePeer {
  readonly name: string
  readonly has: 'nothing' | 'all'
  /** What it limits its upload to: 95 % of what its line carries. */
  readonly uploadBytesPerSecond: number
  /** What its line carries the other way. */
  readonly downloadBytesPerSecond: number
  readonly arriveSecond: number
  /** It asks for money, at the shape's ask. */
  readonly sells: boolean
  /** It spends so many asks a second; 0 for one that pays nothing. */
  readonly bid: number
}

export interface Shape {
  readonly seed: number
  readonly hasMarket: boolean
  readonly contentBytes: number
  readonly pieceBytes: number
  readonly unchokeSlots: number
  /** Who is done goes at once; otherwise everybody seeds until all are done. */
  readonly leavesWhenDone: boolean
  readonly peers: readonly ShapePeer[]
}

const kib = 1_024
/** The family: every number is drawn evenly, rates in steps of 16 KiB/s. */
export const shapeFamily = {
  seeds: { min: 1, max: 2 },
  leechers: { min: 3, max: 8 },
  seedUploadKiB: { min: 512, max: 960 },
  leecherUploadKiB: { min: 64, max: 256 },
  downloadKiB: { min: 384, max: 1_536 },
  pieceKiB: [64, 128, 256],
  unchokeSlots: [4, 8],
  /** The first leecher comes when seeds are up, and the next so long after each: a crowd, or comers. */
  firstSecond: 2,
  crowdGapSeconds: { min: 0.5, max: 1 },
  comersGapSeconds: { min: 1, max: 2.5 },
  /** What the swarm takes if no line is ever idle and all come at once. */
  idealSeconds: { min: 20, max: 26 },
  /** What a payer bids: so many times what an equal part of all uplinks costs at the ask. */
  bidsOfEqualPart: [1.5, 2, 3],
} as const
const rateStepKiB = 16

/**
 * @param hasMarket seeds and some leechers sell, and some of the other leechers pay
 * @example
 * drawShape(7, false).peers.filter(({ has }) => has === 'nothing').length // 3 to 8
 */
export function drawShape(seed: number, hasMarket: boolean): Shape {
  const random = streamOf(seed, 0)
  const { seeds, leechers, pieceKiB, unchokeSlots, firstSecond, crowdGapSeconds, comersGapSeconds } = shapeFamily
  const gap = random.below(2) === 1 ? crowdGapSeconds : comersGapSeconds
  const leavesWhenDone = random.below(2) === 1
  const pieceBytes = oneOf(pieceKiB, random) * kib
  const slots = oneOf(unchokeSlots, random)
  const seedCount = whole(seeds, random)
  const leecherCount = whole(leechers, random)
  const first = Array.from({ length: seedCount }, (_, i): ShapePeer => {
    const lines = drawLines(shapeFamily.seedUploadKiB, random)
    return { name: `seed ${i + 1}`, has: 'all', ...lines, arriveSecond: 0, sells: hasMarket, bid: 0 }
  })
  let arriveSecond: number = firstSecond
  const comers = Array.from({ length: leecherCount }, (_, i): ShapePeer => {
    const lines = drawLines(shapeFamily.leecherUploadKiB, random)
    if (i > 0) arriveSecond = Math.round((arriveSecond + tenths(gap, random)) * 10) / 10
    const pays = hasMarket && i % 2 === 1
    const sells = hasMarket && i % 4 === 2
    const bid = pays ? oneOf(shapeFamily.bidsOfEqualPart, random) : 0
    return { name: `leecher ${i + 1}`, has: 'nothing', ...lines, arriveSecond, sells, bid }
  })
  const equalPart = uploadOf([...first, ...comers]) / leecherCount / bytesPerMiB
  const bidders = comers.map((peer) => ({ ...peer, bid: Math.round(peer.bid * equalPart * 100) / 100 }))
  const peers = [...first, ...bidders]
  const seconds = whole(shapeFamily.idealSeconds, random)
  const pieces = Math.max(1, Math.round((seconds * idealBytesPerSecond(peers)) / pieceBytes))
  return {
    seed,
    hasMarket,
    contentBytes: pieces * pieceBytes,
    pieceBytes,
    unchokeSlots: slots,
    leavesWhenDone,
    peers,
  }
}

/** What every leecher could have at once at best: the least of all its lines, the seeds' uplinks and its part of all uplinks. */
function idealBytesPerSecond(peers: readonly ShapePeer[]): number {
  const leechers = peers.filter(({ has }) => has === 'nothing')
  return Math.min(
    ...leechers.map(({ downloadBytesPerSecond }) => downloadBytesPerSecond),
    uploadOf(peers.filter(({ has }) => has === 'all')),
    uploadOf(peers) / leechers.length,
  )
}

function uploadOf(peers: readonly ShapePeer[]): number {
  return peers.reduce((sum, it) => sum + it.uploadBytesPerSecond, 0)
}

function drawLines(
  uploadKiB: { readonly min: number; readonly max: number },
  random: Random,
): Pick<ShapePeer, 'uploadBytesPerSecond' | 'downloadBytesPerSecond'> {
  const rate = ({ min, max }: { readonly min: number; readonly max: number }): number =>
    whole({ min: min / rateStepKiB, max: max / rateStepKiB }, random) * rateStepKiB * kib
  return { uploadBytesPerSecond: rate(uploadKiB), downloadBytesPerSecond: rate(shapeFamily.downloadKiB) }
}

function whole({ min, max }: { readonly min: number; readonly max: number }, random: Random): number {
  return min + random.below(max - min + 1)
}

function tenths({ min, max }: { readonly min: number; readonly max: number }, random: Random): number {
  return whole({ min: min * 10, max: max * 10 }, random) / 10
}

function oneOf<T>(choices: readonly T[], random: Random): T {
  const choice = choices[random.below(choices.length)]
  assert(choice !== undefined, 'choices to draw from')
  return choice
}
