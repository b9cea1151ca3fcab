/** What a run's shares are taken from: the time in which everybody wanted the CPU. */

import { maxBig } from '@millrace/base'
import { cpu } from './cpu.ts'
import type { EpochEvent } from './events.ts'

/** Steps that were begun, by class. */
export interface ContendedSteps {
  readonly paidSteps: number
  readonly freeSteps: number
}

export interface Contention {
  readonly seconds: number
  /** The dearest: base units a CPU second. */
  readonly price: bigint
  /** Of each port, in order. */
  readonly steps: readonly ContendedSteps[]
}

/**
 * What was begun for each port in the seconds in which all were connected and every bid was awake.
 *
 * @param payers those of the ports that bid
 */
export function contention(
  epochs: readonly EpochEvent[],
  ports: readonly number[],
  payers: readonly number[],
): Contention {
  const contended = epochs.filter(({ buyers }) =>
    ports.every((port) => {
      const view = buyers.find((buyer) => buyer.port === port)
      return view !== undefined && (view.awake || !payers.includes(port))
    }),
  )
  // In the first of them a bid may just have woken; the last may hold the end of a job.
  const [first, last] = [contended[1], contended.at(-2)]
  const unitsOf = (epoch: EpochEvent | undefined, port: number, kind: 'paidUnits' | 'freeUnits'): number =>
    epoch?.buyers.find((buyer) => buyer.port === port)?.[kind] ?? 0
  const stepsOf = (port: number, kind: 'paidUnits' | 'freeUnits'): number =>
    (unitsOf(last, port, kind) - unitsOf(first, port, kind)) / cpu.stepUnits
  return {
    seconds: Math.max(0, contended.length - 3),
    price: contended.reduce((most, { pricePerCpuSecond }) => maxBig(most, BigInt(pricePerCpuSecond)), 0n),
    steps: ports.map((port) => ({ paidSteps: stepsOf(port, 'paidUnits'), freeSteps: stepsOf(port, 'freeUnits') })),
  }
}
