/** Draws from a seeded generator: reals, intervals of a Poisson process, amounts that a scenario leaves open. */

import { type Random, seededRandom } from '@millrace/base'
import type { Quantity } from './scenario.ts'

/** A stream of its own for each purpose, so that one more draw here moves nothing there. */
export function streamOf(seed: number, purpose: number): Random {
  return seededRandom((Math.imul(seed, 0x9e3779b1) ^ Math.imul(purpose + 1, 0x85ebca6b)) | 0)
}

/** A real from 0 up to, not including, 1. */
export function unitInterval(random: Random): number {
  return random.below(2 ** 32) / 2 ** 32
}

/** The time to the next event of a Poisson process. */
export function exponential(random: Random, perSecond: number): number {
  return -Math.log(1 - unitInterval(random)) / perSecond
}

export function drawQuantity(quantity: Quantity, random: Random): number {
  if (typeof quantity === 'number') return quantity
  if ('min' in quantity) return quantity.min + (quantity.max - quantity.min) * unitInterval(random)
  const { oneOf } = quantity
  return oneOf[random.below(oneOf.length)] as number // a scenario's list is not empty
}
