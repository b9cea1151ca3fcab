/** The token's price halves and doubles within a virtual hour: what that does to an ask in dollars, an ask in BTT and buyers. */

import type { Plot, Study } from '../study.ts'
import { runHour } from './hour.ts'
import { tokenPaths } from './token-price.ts'
import { measures, readHour, windowKeys, windowMinutes } from './volatility-readings.ts'

export const volatility: Study = {
  name: 'volatility',
  title: 'Volatility: the token halves and doubles within an hour, an ask in dollars beside one in BTT',
  source: "the stable ask with the client's defaults",
  arms: tokenPaths.map(({ name }) => name),
  measures,
  headline: 'stableLow',
  plots: tokenPaths.map(({ name }) => pricePlot(name)),
  seedsDefault: 3,
  run: (seed) => Object.fromEntries(tokenPaths.map((path) => [path.name, readHour(runHour(path, seed))])),
}

function pricePlot(arm: string): Plot {
  const line = (name: string, kind: string): Plot['lines'][number] => ({
    name,
    points: windowKeys(kind).map((y, i) => ({ arm, x: (i + 1) * windowMinutes, y })),
  })
  return {
    title: `A billed GiB: ${arm}`,
    note: 'The mean of each five minutes; a straight line bridges the time in which nothing was sold.',
    x: 'minutes',
    y: 'USD a GiB',
    lines: [line('asks in dollars', 'stable'), line('asks in BTT', 'fixed')],
  }
}
