/** A swarm whose demand rises tenfold for 20 minutes: one seed, buyers that come all the time, and sellers that may come. */

import type { PeerClass, Scenario } from '../../scenario.ts'
import { amountOf, mib } from '../measuring.ts'

export const rushFromSecond = 900
export const rushUntilSecond = 2_100
export const endSecond = 2_700
export const askBtt = 10
export const earnerClass = 'earner'
export const buyerClasses: readonly string[] = ['buyer', 'rush buyer']
const uploadKib = 256
const secondsABuyer = 100
const rushTimes = 10
const contentMib = 16
/** Who waits gives up with the same chance each second: after so long on average. */
const patienceSeconds = 300
const spendBtt = 3
const capBtt = 4 * askBtt
/** Pays for all of the content at half of the cap. */
const budgetBtt = (contentMib * capBtt) / 2

/** Who may come, and how they choose. */
export interface Pool {
  readonly name: string
  readonly potential: number
  /** How far ahead the earn agent reckons. */
  readonly horizonSeconds: number
  /** Bids for the content as buyers do; the client's earning node fetches for nothing. */
  readonly buys?: true
}

export function rush({ potential, buys }: Pool, seed: number): Scenario {
  const seller = {
    uploadBytesPerSecond: uploadKib * 1_024,
    downloadBytesPerSecond: 2 * mib,
    departure: {},
    sells: { askPerMiB: amountOf(askBtt) },
  }
  const pays = {
    budget: amountOf(budgetBtt),
    spendPerSecond: amountOf(spendBtt),
    priceMaxPerMiB: amountOf(capBtt),
  }
  const comers = (name: string, fromSecond: number, untilSecond: number, perSecond: number): PeerClass => ({
    name,
    count: Math.round((untilSecond - fromSecond) * perSecond),
    uploadBytesPerSecond: 32 * 1_024,
    downloadBytesPerSecond: 2 * mib,
    arrival: { kind: 'flash', fromSecond, overSeconds: untilSecond - fromSecond },
    departure: { seedSeconds: 0, abortsPerSecond: 1 / patienceSeconds },
    has: 'nothing',
    behaviour: { kind: 'taker' },
    pays,
  })
  return {
    name: 'supply-response',
    title: 'Ten times the demand',
    seed,
    secondsMax: endSecond,
    contentBytes: contentMib * mib,
    pieceBytes: mib / 8,
    blocksPerUnit: 2,
    latencyMs: { min: 10, max: 50 },
    connectionsMax: 50,
    unchokeSlots: 6,
    classes: [
      {
        ...seller,
        name: 'seed',
        count: 1,
        arrival: { kind: 'at', second: 0 },
        has: 'all',
        behaviour: { kind: 'seller' },
      },
      comers('buyer', 0, endSecond, 1 / secondsABuyer),
      comers('rush buyer', rushFromSecond, rushUntilSecond, (rushTimes - 1) / secondsABuyer),
      {
        ...seller,
        name: earnerClass,
        count: potential,
        // After the end: who decides to come is called.
        arrival: { kind: 'at', second: endSecond + 1 },
        has: 'nothing',
        behaviour: { kind: 'seller' },
        ...(buys === undefined ? {} : { pays }),
      },
    ],
  }
}
