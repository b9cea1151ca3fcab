/** A scenario with a quarter of its peers and 8 MiB of content, so that a test of it is short. */

import type { Scenario } from '../src/scenario.ts'

export function scaledDown(scenario: Scenario): Scenario {
  const classes = scenario.classes.map((plan) => ({ ...plan, count: Math.ceil(plan.count / 4) }))
  return { ...scenario, classes, contentBytes: 8 * 1_048_576, secondsMax: 600 }
}
