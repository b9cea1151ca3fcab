/** When the peers of a class come: milliseconds, in order of the peers. */

import type { Random } from '@millrace/base'
import { exponential, unitInterval } from './draws.ts'
import type { Arrival } from './scenario.ts'

export function arrivalTimes(arrival: Arrival, count: number, random: Random): number[] {
  const times: number[] = []
  let timeMs = arrival.kind === 'at' ? arrival.second * 1000 : arrival.fromSecond * 1000
  for (let i = 0; i < count; i++) {
    switch (arrival.kind) {
      case 'at':
        times.push(timeMs)
        break
      case 'flash':
        times.push(timeMs + unitInterval(random) * arrival.overSeconds * 1000)
        break
      case 'poisson':
        timeMs += exponential(random, arrival.perSecond) * 1000
        times.push(timeMs)
        break
    }
  }
  return times
}
