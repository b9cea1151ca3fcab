/** What a market sells: a resource that is counted in whole units, priced by the lot, and served a step at a time. */

import { blockBytes, bytesPerMiB } from './units.ts'

/**
 * A resource by its units. Upload was the first, and gave names that stayed: where market and vouchers say byte, MiB and block,
 * they mean the resource's unit, lot and step. What they hold beyond that (how much credit, how large a trial) is counted in
 * steps, so that it fits every resource.
 *
 * @example
 * const cpu: Resource = { name: 'cpu', unit: 'hash', lot: 'CPU second', stepUnits: 4_096 }
 */
export interface Resource {
  readonly name: string
  /** What is counted and billed, in whole numbers. */
  readonly unit: string
  /** What a price is for: always 2^20 units (`lotUnits`), so that the unit follows from what a person prices. */
  readonly lot: string
  /** What leaves at once and can be verified at the earliest: units. */
  readonly stepUnits: number
}

/** One for all resources: an amount is a sum of units x price, shifted by 20, and so is what the wire says of it. */
export const lotUnits = bytesPerMiB

/** Bytes, by the MiB, in blocks of BEP 3. */
export const upload: Resource = { name: 'upload', unit: 'byte', lot: 'MiB', stepUnits: blockBytes }
