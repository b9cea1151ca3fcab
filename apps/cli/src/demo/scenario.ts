/** What the demo plays: how much is wanted, how little is uploaded, who bids what. */

import { type Btt, btt, bytesPerMiB, parseBtt, zeroBtt } from '@millrace/base'

export interface LeecherPlan {
  readonly name: string
  /** Base units a second; 0 for who does not pay. */
  readonly bid: Btt
  readonly budget: Btt
  /** Bytes a second of its own upload: a tenth of its fair share of the seeder. */
  readonly uploadLimit: number
  /** Of the embedded chain's funded accounts; undefined for who does not pay. */
  readonly devAccount: number | undefined
}

export interface Scenario {
  readonly totalBytes: number
  readonly pieceLength: number
  /** Bytes a second. */
  readonly uploadLimit: number
  /** Base units a MiB. */
  readonly ask: Btt
  readonly priceMax: Btt
  readonly freeSharePpm: number
  readonly sellerAccount: number
  readonly leechers: readonly LeecherPlan[]
}

/** Random bytes that the demo makes when it is given nothing. */
export const demoBytes = 56 * bytesPerMiB
/** The seeder alone would take so long to send the content once: four leechers then take about 25 s, half of it all together. */
const secondsForOneCopy = 7
const uploadLimitMin = bytesPerMiB / 2
const uploadLimitMax = 64 * bytesPerMiB
/** Enough pieces that four leechers seldom want the same, few enough that paying for one is cheap. */
const piecesWanted = 256
const pieceLengthMin = 16 * 1024
const pieceLengthMax = 4 * bytesPerMiB
/** A leecher that bids all the time it may need. */
const budgetSeconds = 90n
const ownUploadDivisor = 10
const unitBid = parseBtt('10')
const bidFactors = [1n, 2n, 4n] as const

/**
 * The demo of `totalBytes`. Without a limit of the user's own the seeder is as slow as makes the transfer last about 25 s.
 *
 * @param uploadLimit bytes a second of the seeder
 */
export function planScenario(totalBytes: number, uploadLimit: number = uploadLimitFor(totalBytes)): Scenario {
  const count = bidFactors.length + 1
  const ownLimit = Math.max(1, Math.floor(uploadLimit / count / ownUploadDivisor))
  const free: LeecherPlan = {
    name: 'free',
    bid: zeroBtt,
    budget: zeroBtt,
    uploadLimit: ownLimit,
    devAccount: undefined,
  }
  const paying = bidFactors.map((factor, i): LeecherPlan => {
    const bid = btt(unitBid * factor)
    return { name: `${factor}x`, bid, budget: btt(bid * budgetSeconds), uploadLimit: ownLimit, devAccount: i + 2 }
  })
  return {
    totalBytes,
    pieceLength: pieceLengthFor(totalBytes),
    uploadLimit,
    ask: parseBtt('2'),
    priceMax: parseBtt('1000'),
    freeSharePpm: 150_000,
    sellerAccount: 1,
    leechers: [free, ...paying],
  }
}

function uploadLimitFor(totalBytes: number): number {
  return Math.round(Math.min(uploadLimitMax, Math.max(uploadLimitMin, totalBytes / secondsForOneCopy)))
}

function pieceLengthFor(totalBytes: number): number {
  const wanted = 2 ** Math.round(Math.log2(Math.max(1, totalBytes / piecesWanted)))
  return Math.min(pieceLengthMax, Math.max(pieceLengthMin, wanted))
}
