/** What a run found: plain data, the same to the byte for the same scenario. Amounts are decimal strings in base units. */

import type { Scenario } from './scenario.ts'

export interface PeerResult {
  readonly id: number
  readonly class: string
  readonly uploadBytesPerSecond: number
  readonly downloadBytesPerSecond: number
  readonly arrivedSecond: number | null
  readonly completedSecond: number | null
  readonly leftSecond: number | null
  /** From arrival to completion. */
  readonly downloadSeconds: number | null
  readonly receivedBytes: number
  /** Of those: blocks that came twice or too late. */
  readonly wastedBytes: number
  readonly sentBytes: number
  /** Vouchers signed; of them, what no seller accepted before the end. */
  readonly spent: string
  readonly revenue: string
  /** Of the revenue, what the vault paid when it was cashed. */
  readonly cashed: string
  /** Billed and never paid, at this seller. */
  readonly lost: string
  /** Statements that its own check refused. */
  readonly billFaults: number
}

/** Bytes that one class had of another. */
export interface Flow {
  readonly from: string
  readonly to: string
  readonly bytes: number
  /** Of those: billed. */
  readonly billedBytes: number
  readonly billed: string
}

/** One second of the run. */
export interface Sample {
  readonly second: number
  readonly present: number
  readonly complete: number
  /** Base units a MiB, mean of sellers weighted by capacity; absent without any. */
  readonly pricePerMiB: number | null
  /** Sent of what all uplinks together could send, and of those with somebody to serve. */
  readonly use: number
  readonly sentBytes: number
  /** Mean wait of blocks at download lines and at upload lines, milliseconds. */
  readonly downlinkDelayMs: number
  readonly uplinkDelayMs: number
  /** Bytes received by class, since the start. */
  readonly receivedBytes: readonly number[]
}

export interface DelayCount {
  /** Waited at most so long; the last has no bound. */
  readonly upToMs: number | null
  readonly downlinkBlocks: number
  readonly uplinkBlocks: number
}

export interface MoneyResult {
  readonly deposited: string
  readonly spent: string
  readonly accepted: string
  readonly refused: string
  /** Signed and still on its way when the run ended. */
  readonly inFlight: string
  readonly paidOut: string
  readonly balance: string
  /** Accepted, and not covered when it was cashed. */
  readonly uncovered: string
}

export interface LabResult {
  readonly format: 'millrace-lab-1'
  readonly scenario: Scenario
  readonly endedSecond: number
  readonly events: number
  readonly peers: readonly PeerResult[]
  readonly flows: readonly Flow[]
  readonly samples: readonly Sample[]
  readonly delays: readonly DelayCount[]
  readonly money: MoneyResult
  /** Bytes sent and neither received nor thrown away: still on their way. */
  readonly bytesInFlight: number
}
