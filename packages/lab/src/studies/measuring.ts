/** Small sums over a run that several studies print. Seconds, bytes and BTT as plain numbers: for the eye only. */

import { delayEdgesMs } from '../delay-meter.ts'
import { mean } from '../report/statistics.ts'
import type { LabResult, PeerResult } from '../result.ts'

export const mib = 1_048_576
const baseUnitsPerBtt = 1e18

/** Base units as decimal digits, in BTT. */
export function bttOf(baseUnits: string | bigint): number {
  return Number(baseUnits) / baseUnitsPerBtt
}

/** So many BTT in base units, as a scenario writes it; to the thousandth. */
export function amountOf(btt: number): string {
  return String(BigInt(Math.round(btt * 1_000)) * 10n ** 15n)
}

export function peersOf({ peers }: LabResult, ...classes: readonly string[]): readonly PeerResult[] {
  return peers.filter((peer) => classes.includes(peer.class))
}

/** Seconds from arrival to completion; who is not done counts with the time it had. */
export function secondsOf(result: LabResult, peers: readonly PeerResult[]): number[] {
  return peers.map((peer) => peer.downloadSeconds ?? result.endedSecond - (peer.arrivedSecond ?? 0))
}

export function meanSeconds(result: LabResult, ...classes: readonly string[]): number | null {
  return mean(secondsOf(result, peersOf(result, ...classes))) ?? null
}

export function sumOf(peers: readonly PeerResult[], of: (peer: PeerResult) => number): number {
  return peers.reduce((sum, peer) => sum + of(peer), 0)
}

/** Bytes that went from some classes to others. */
export function flowBytes(
  { flows }: LabResult,
  from: (name: string) => boolean,
  to: (name: string) => boolean,
): number {
  return flows.reduce((sum, flow) => (from(flow.from) && to(flow.to) ? sum + flow.bytes : sum), 0)
}

/** The wait below which a part `q` of all blocks stayed, milliseconds: the upper edge of its class. */
export function delayQuantileMs({ delays }: LabResult, line: 'downlinkBlocks' | 'uplinkBlocks', q: number): number {
  const total = delays.reduce((sum, count) => sum + count[line], 0)
  let seen = 0
  for (const count of delays) {
    seen += count[line]
    if (seen >= q * total) return count.upToMs ?? Number.POSITIVE_INFINITY
  }
  return delayEdgesMs.at(-1) ?? 0
}

export function percent(part: number, whole: number): number | null {
  return whole === 0 ? null : (100 * part) / whole
}

export function ratio(a: number | null, b: number | null): number | null {
  return a === null || b === null || b === 0 ? null : a / b
}
