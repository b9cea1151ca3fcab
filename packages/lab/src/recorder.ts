/** Counts a run as it goes, in real bytes, and sums it up. */

import { assert, type Btt } from '@millrace/base'
import type { Content } from './content.ts'
import { type DelayMeter, delayEdgesMs } from './delay-meter.ts'
import type { LabPeer } from './lab-peer.ts'
import type { DelayCount, Flow, LabResult, MoneyResult, PeerResult, Sample } from './result.ts'
import type { Scenario } from './scenario.ts'
import type { Vault } from './vault.ts'

/** What a recorder looks at. */
export interface RunView {
  readonly peers: readonly LabPeer[]
  readonly events: { now(): number; readonly count: number }
  readonly downDelays: DelayMeter
  readonly upDelays: DelayMeter
  readonly vault: Vault
}

interface Count {
  bytes: number
  billedBytes: number
  billed: bigint
}

export class Recorder {
  readonly #scenario: Scenario
  readonly #content: Content
  readonly #flows: Count[][]
  readonly #samples: Sample[] = []
  #sentBefore = 0

  constructor(scenario: Scenario, content: Content) {
    this.#scenario = scenario
    this.#content = content
    this.#flows = scenario.classes.map(() => scenario.classes.map(() => ({ bytes: 0, billedBytes: 0, billed: 0n })))
  }

  onServed(from: number, to: number, bytes: number, billed: Btt): void {
    const count = this.#flows[from]?.[to]
    if (count === undefined) return
    count.bytes += bytes
    if (billed === 0n) return
    count.billedBytes += bytes
    count.billed += billed
  }

  sample(second: number, { peers, downDelays, upDelays }: RunView): void {
    const received = this.#scenario.classes.map(() => 0)
    let [present, complete, capacity, sent, sold, priced] = [0, 0, 0, 0, 0, 0]
    for (const peer of peers) {
      received[peer.classIndex] = (received[peer.classIndex] ?? 0) + peer.receivedBytes
      sent += peer.sentBytes
      if (peer.completedMs !== undefined) complete++
      if (!peer.isPresent) continue
      present++
      capacity += peer.capacityBytesPerSecond
      if (!peer.shop.sells) continue
      sold += peer.capacityBytesPerSecond
      priced += Number(peer.scheduler.pricePerMiB) * peer.capacityBytesPerSecond
    }
    const { scale } = this.#content
    const fresh = sent - this.#sentBefore
    this.#sentBefore = sent
    this.#samples.push({
      second,
      present,
      complete,
      pricePerMiB: sold === 0 ? null : round(priced / sold / scale),
      use: capacity === 0 ? 0 : round(fresh / capacity),
      sentBytes: fresh * scale,
      downlinkDelayMs: round(downDelays.takeMean()),
      uplinkDelayMs: round(upDelays.takeMean()),
      receivedBytes: received.map((bytes) => bytes * scale),
    })
  }

  result(run: RunView): LabResult {
    const { scale } = this.#content
    const peers = run.peers.map((peer) => this.#peer(peer))
    const sum = (of: (peer: LabPeer) => number): number => run.peers.reduce((total, peer) => total + of(peer), 0)
    const inFlight = sum(({ sentBytes }) => sentBytes) - sum(({ receivedBytes }) => receivedBytes)
    assert(inFlight >= 0, 'no byte that nobody sent')
    return {
      format: 'millrace-lab-1',
      scenario: this.#scenario,
      endedSecond: round(run.events.now() / 1000),
      events: run.events.count,
      peers,
      flows: this.#flowResults(),
      samples: this.#samples,
      delays: delayCounts(run),
      money: moneyOf(run.peers, run.vault),
      bytesInFlight: inFlight * scale,
    }
  }

  #peer(peer: LabPeer): PeerResult {
    const { scale } = this.#content
    const { terms, shop, wallet } = peer
    for (const [payer] of shop.unclaimed()) shop.cash(payer)
    return {
      id: peer.id,
      class: terms.plan.name,
      uploadBytesPerSecond: round(terms.uploadBytesPerSecond * scale),
      downloadBytesPerSecond: round(terms.downloadBytesPerSecond * scale),
      arrivedSecond: seconds(peer.arrivedMs),
      completedSecond: seconds(peer.completedMs),
      leftSecond: seconds(peer.leftMs),
      downloadSeconds:
        peer.completedMs === undefined || peer.arrivedMs === undefined
          ? null
          : round((peer.completedMs - peer.arrivedMs) / 1000),
      receivedBytes: peer.receivedBytes * scale,
      wastedBytes: peer.wastedBytes * scale,
      sentBytes: peer.sentBytes * scale,
      spent: String(wallet?.purse.issued ?? 0n),
      revenue: String(shop.revenue),
      cashed: String(shop.cashed),
      lost: String(shop.loss),
      billFaults: wallet?.faults ?? 0,
    }
  }

  #flowResults(): Flow[] {
    const { classes } = this.#scenario
    const { scale } = this.#content
    return classes.flatMap((from, i) =>
      classes.flatMap((to, j) => {
        const count = this.#flows[i]?.[j]
        if (count === undefined || count.bytes === 0) return []
        const { bytes, billedBytes, billed } = count
        const amounts = { bytes: bytes * scale, billedBytes: billedBytes * scale, billed: String(billed) }
        return [{ from: from.name, to: to.name, ...amounts }]
      }),
    )
  }
}

function moneyOf(peers: readonly LabPeer[], vault: Vault): MoneyResult {
  let [spent, accepted, refused] = [0n, 0n, 0n]
  for (const { wallet, shop } of peers) {
    spent += wallet?.purse.issued ?? 0n
    accepted += shop.revenue
    refused += shop.refused
  }
  const { deposited, paidOut, balance, uncovered } = vault.totals()
  assert(accepted === paidOut + uncovered, 'vouchers that were paid or not covered')
  return {
    deposited: String(deposited),
    spent: String(spent),
    accepted: String(accepted),
    refused: String(refused),
    inFlight: String(spent - accepted - refused),
    paidOut: String(paidOut),
    balance: String(balance),
    uncovered: String(uncovered),
  }
}

function delayCounts({ downDelays, upDelays }: RunView): DelayCount[] {
  return Array.from(downDelays.counts, (downlinkBlocks, i) => ({
    upToMs: delayEdgesMs[i] ?? null,
    downlinkBlocks,
    uplinkBlocks: upDelays.counts[i] ?? 0,
  }))
}

function seconds(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : round(milliseconds / 1000)
}

/** Six decimals are enough for anybody who reads. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6
}
