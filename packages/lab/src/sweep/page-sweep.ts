/** The sweep whose result docs/lab holds. */

import { town } from '../scenarios/town.ts'
import type { SweepPlan } from './sweep.ts'

export const pageSweep: SweepPlan = {
  scenario: town,
  x: { parameter: 'freeShare', values: [0, 15, 30, 50] },
  y: { parameter: 'riders', values: [0, 20, 40, 60] },
  seeds: [1, 2, 3],
  shown: ['weighted', 'contributors', 'payers'],
}
