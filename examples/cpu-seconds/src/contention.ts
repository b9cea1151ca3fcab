/** What a run's shares are taken from: the seconds in which everybody wanted the CPU. */

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

export interface Contest {
  readonly ports: readonly number[]
  /** Those of the ports that bid. */
  readonly payers: readonly number[]
  /** C: what the seller said that it sells. */
  readonly unitsPerSecond: number
}

/** A CPU that does less than this part of C was busy elsewhere: what the market promises is about a C that is there. */
const keptPart = 0.9

/** Adds up the seconds in which all were connected, every bid was awake from the first to the last moment, and C was kept. */
export function contention(epochs: readonly EpochEvent[], { ports, payers, unitsPerSecond }: Contest): Contention {
  const isContended = ({ buyers }: EpochEvent): boolean =>
    ports.every((port) => buyers.some((buyer) => buyer.port === port && (buyer.awake || !payers.includes(port))))
  const steps = ports.map(() => ({ paidSteps: 0, freeSteps: 0 }))
  let [seconds, price] = [0, 0n]
  for (const [i, epoch] of epochs.entries()) {
    const before = epochs[i - 1]
    if (before === undefined || !isContended(before) || !isContended(epoch)) continue
    const begun = ports.map((port) => begunFor(port, before, epoch))
    const all = begun.reduce((sum, { paidSteps, freeSteps }) => sum + paidSteps + freeSteps, 0)
    if (all * cpu.stepUnits < keptPart * unitsPerSecond) continue
    seconds++
    price = maxBig(price, BigInt(epoch.pricePerCpuSecond))
    for (const [port, sum] of steps.entries()) {
      sum.paidSteps += begun[port]?.paidSteps ?? 0
      sum.freeSteps += begun[port]?.freeSteps ?? 0
    }
  }
  return { seconds, price, steps }
}

function begunFor(port: number, before: EpochEvent, after: EpochEvent): ContendedSteps {
  const [from, to] = [before, after].map(({ buyers }) => buyers.find((buyer) => buyer.port === port))
  return {
    paidSteps: ((to?.paidUnits ?? 0) - (from?.paidUnits ?? 0)) / cpu.stepUnits,
    freeSteps: ((to?.freeUnits ?? 0) - (from?.freeUnits ?? 0)) / cpu.stepUnits,
  }
}
