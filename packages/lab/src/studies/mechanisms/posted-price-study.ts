/** A posted price, as in Dandelion: nothing without credit, as fast as plain BitTorrent, and faster when paid seeds stay. */

import { CreditBank } from '../../mechanisms/credit-bank.ts'
import { postedPrice, rotatingSeed } from '../../mechanisms/mechanisms.ts'
import { askBtt, type Cast, runArena } from '../attacks/arena.ts'
import { amountOf, meanSeconds, mib, peersOf, percent, sumOf } from '../measuring.ts'
import type { Reading, Study } from '../study.ts'

const contentMib = 16
const leecherCount = 24
const riderCount = 8
/** They come one after the other, so that who is done has somebody to serve. */
const spreadSeconds = 120
const atOnceSeconds = 20
/** How long who is done goes on earning. */
const staySeconds = 60
/** Blocks that come twice in the end game cost twice. */
const endGameCredit = 1.1

interface Arm {
  readonly name: string
  readonly isPosted: boolean
  readonly riders?: number
  readonly seedSeconds?: number
  readonly arrivalSeconds?: number
}

const arms: readonly Arm[] = [
  { name: 'plain', isPosted: false },
  { name: 'posted', isPosted: true },
  { name: 'plain, riders', isPosted: false, riders: riderCount },
  { name: 'posted, riders', isPosted: true, riders: riderCount },
  { name: 'posted, paid seeds stay', isPosted: true, seedSeconds: staySeconds },
  { name: 'posted, all come at once', isPosted: true, arrivalSeconds: atOnceSeconds },
  {
    name: 'posted, paid seeds stay, all come at once',
    isPosted: true,
    seedSeconds: staySeconds,
    arrivalSeconds: atOnceSeconds,
  },
]

export const postedPriceStudy: Study = {
  name: 'posted-price',
  title: 'A posted price: everybody brings the credit for the content and earns more, riders bring none',
  source: 'Sirivianos, Park, Yang and Jarecki, Dandelion, USENIX ATC 2007',
  arms: arms.map(({ name }) => name),
  measures: [
    { key: 'leecherSeconds', title: 'who uploads, done after', unit: 's' },
    { key: 'riderBytes', title: 'riders had', unit: '% of the content' },
    { key: 'earned', title: 'who uploads earned', unit: '% of what it paid' },
  ],
  headline: 'leecherSeconds',
  seedsDefault: 4,
  run: (seed) => Object.fromEntries(arms.map((arm) => [arm.name, read(seed, arm)])),
}

function read(seed: number, arm: Arm): Reading {
  const { isPosted, riders = 0, seedSeconds = 0, arrivalSeconds = spreadSeconds } = arm
  const bank = new CreditBank()
  const behaviour = isPosted
    ? { kind: 'posted-price', pricePerMiB: amountOf(askBtt), budget: amountOf(askBtt * contentMib * endGameCredit) }
    : { kind: 'client' }
  const seedKind = isPosted ? behaviour : { kind: 'rotating-seed' }
  const cast: readonly Cast[] = [
    { name: 'seed', count: 2, upload: 256, has: 'all', behaviour: seedKind },
    { name: 'leecher', count: leecherCount, behaviour, seedSeconds },
    { name: 'rider', count: riders, behaviour: { kind: 'free-rider' } },
  ]
  const behaviours = { 'posted-price': postedPrice(bank), 'rotating-seed': rotatingSeed }
  const result = runArena({ seed, isMarket: false, contentMib, cast, behaviours, arrivalSeconds, secondsMax: 600 })
  const of = (ledger: (owner: number) => bigint): number =>
    sumOf(peersOf(result, 'leecher'), ({ id }) => Number(ledger(id)))
  const riderBytes = sumOf(peersOf(result, 'rider'), ({ receivedBytes, wastedBytes }) => receivedBytes - wastedBytes)
  const earned = percent(
    of((id) => bank.earnedBy(id)),
    of((id) => bank.spentBy(id)),
  )
  return {
    leecherSeconds: meanSeconds(result, 'leecher'),
    riderBytes: riders === 0 ? null : percent(riderBytes, riders * contentMib * mib),
    earned: isPosted ? earned : null,
  }
}
