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
/** A newcomer's demand is learnt for so long. */
const learningSeconds = 4

/**
 * Adds up the seconds in which every port was served and every bid awake. Those in which the market still learns what a
 * newcomer takes do not count, nor the last, in which a job may have ended, nor those in which C was not there and what
 * follows such a one.
 */
export function contention(epochs: readonly EpochEvent[], contest: Contest): Contention {
  const contended = epochs.filter((epoch) => isContended(epoch, contest)).slice(learningSeconds, -1)
  const steps = contest.ports.map(() => ({ paidSteps: 0, freeSteps: 0 }))
  let [seconds, price] = [0, 0n]
  for (const [i, epoch] of contended.entries()) {
    const [earlier, before] = [contended[i - 2], contended[i - 1]]
    if (earlier === undefined || before === undefined) continue
    if (!isKept(earlier, before, contest) || !isKept(before, epoch, contest)) continue
    seconds++
    price = maxBig(price, BigInt(epoch.pricePerCpuSecond))
    for (const [i, port] of contest.ports.entries()) {
      const [sum, begun] = [steps[i], begunFor(port, before, epoch)]
      if (sum === undefined) continue
      sum.paidSteps += begun.paidSteps
      sum.freeSteps += begun.freeSteps
    }
  }
  return { seconds, price, steps }
}

function isContended({ buyers }: EpochEvent, { ports, payers }: Contest): boolean {
  return ports.every((port) => buyers.some((buyer) => buyer.port === port && (buyer.awake || !payers.includes(port))))
}

function isKept(before: EpochEvent, after: EpochEvent, { ports, unitsPerSecond }: Contest): boolean {
  const all = ports.map((port) => begunFor(port, before, after))
  const steps = all.reduce((sum, { paidSteps, freeSteps }) => sum + paidSteps + freeSteps, 0)
  return steps * cpu.stepUnits >= keptPart * unitsPerSecond
}

function begunFor(port: number, before: EpochEvent, after: EpochEvent): ContendedSteps {
  const [from, to] = [before, after].map(({ buyers }) => buyers.find((buyer) => buyer.port === port))
  return {
    paidSteps: ((to?.paidUnits ?? 0) - (from?.paidUnits ?? 0)) / cpu.stepUnits,
    freeSteps: ((to?.freeUnits ?? 0) - (from?.freeUnits ?? 0)) / cpu.stepUnits,
  }
}
