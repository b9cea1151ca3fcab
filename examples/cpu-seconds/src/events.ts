/** What the processes of a run print: a JSON object a line. Amounts are decimal strings in base units. */

import type { CustomerView } from './seller.ts'

export interface ListeningEvent {
  readonly event: 'listening'
  readonly port: number
}

/** Each second. */
export interface EpochEvent {
  readonly event: 'epoch'
  readonly pricePerCpuSecond: string
  readonly buyers: readonly CustomerView[]
}

export interface SaleEvent {
  readonly event: 'sale'
  readonly billed: string
  readonly earned: string
  readonly cashed: string
}

export interface ConnectedEvent {
  readonly event: 'connected'
  readonly port: number
}

export interface JobEvent {
  readonly event: 'job'
  readonly end: string
  readonly reason?: string
  readonly rightSteps: number
  readonly wrongSteps: number
  readonly bestBits: number
  /** Hex of the 8 bytes, of the hash with the most zero bits. */
  readonly bestNonce?: string
  readonly paid: string
  readonly billed: string
  readonly vouchers: number
}

export type SellerEvent = ListeningEvent | EpochEvent | SaleEvent
export type BuyerEvent = ConnectedEvent | JobEvent

export function printEvent(event: SellerEvent | BuyerEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`)
}
