/** The scenarios that `millrace lab list` names. */

import type { Scenario } from '../scenario.ts'
import { flashCrowd, flashCrowdPlain } from './flash-crowd.ts'
import { steadyState } from './steady-state.ts'
import { town } from './town.ts'

export const scenarios: readonly Scenario[] = [flashCrowd, flashCrowdPlain, steadyState, town]

export function findScenario(name: string): Scenario | undefined {
  return scenarios.find((scenario) => scenario.name === name)
}
