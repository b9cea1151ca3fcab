/** What a demo's watch would have seen, made up: four leechers known by name, reports of the seller by epoch. */

import type { LeecherReport, SellerProgress } from '../src/demo/events.ts'
import { planScenario } from '../src/demo/scenario.ts'
import { openWatch, type Watch } from '../src/demo/watch.ts'

export interface Epoch {
  readonly at: number
  /** Base units a MiB. */
  readonly price: number
  readonly awake: boolean
  /** Bytes of the paid class to 1x, 2x and 4x so far. */
  readonly paid: readonly [number, number, number]
  /** Bytes of the free class to who does not pay. */
  readonly free: number
}

const names = ['free', '1x', '2x', '4x']

export function watchOf(epochs: readonly Epoch[]): Watch {
  const watch = openWatch(planScenario(1_000, 100))
  watch.sellerPeerId = 'seller'
  for (const leecher of watch.leechers) leecher.peerId = `peer ${leecher.plan.name}`
  watch.sellerReports.push(...epochs.map(sellerReport))
  return watch
}

function sellerReport({ at, price, awake, paid, free }: Epoch): SellerProgress {
  const sent = [free, ...paid]
  const report = {
    event: 'progress',
    at,
    epochs: Math.floor(at / 1_000),
    uploadedBytes: sent.reduce((sum, bytes) => sum + bytes, 0),
    pricePerMiB: String(price),
    sources: names.map((name, id) => ({ id, peerId: `peer ${name}`, uploadedBytes: sent[id] ?? 0 })),
    buyers: names.map((_, peer) => ({
      peer,
      awake: peer > 0 && awake,
      paidBytes: peer > 0 ? (sent[peer] ?? 0) : 0,
      freeBytes: peer > 0 ? 0 : free,
      freeLevel: 7,
    })),
  }
  // The rest of a report is not looked at by what these tests are about.
  return report as unknown as SellerProgress
}

/** The last words of a leecher with what it verified from the seeder, over two connections, and from another. */
export function leecherResult(fromSeeder: number, fromOthers: number, billed: string): LeecherReport {
  const report = {
    bytes: fromSeeder + fromOthers,
    seconds: 9,
    paidBytes: fromSeeder,
    billed,
    paid: billed,
    vouchers: 3,
    sources: [
      { peerId: 'seller', verifiedBytes: fromSeeder - 1 },
      { peerId: 'another', verifiedBytes: fromOthers },
      { peerId: 'seller', verifiedBytes: 1 },
    ],
  }
  // As above.
  return report as unknown as LeecherReport
}
