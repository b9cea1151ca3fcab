/** Riders with a large view, from none to three in five of the swarm: who is faster, they or those who comply? */

import { meanSeconds, percent, ratio } from '../measuring.ts'
import type { Reading, Study } from '../study.ts'
import { type Cast, runArena } from './arena.ts'

const leechers = 30
const parts = [0, 10, 20, 30, 40, 50, 60] as const

export const largeView: Study = {
  name: 'large-view',
  title: 'Large View: riders that know everybody, as a part of the swarm; in the market those who comply sell and pay',
  source: 'Sirivianos et al., Free-riding in BitTorrent Networks with the Large View Exploit, IPTPS 2007',
  arms: parts.flatMap((part) => [armOf(part, false), armOf(part, true)]),
  measures: [
    { key: 'riderSeconds', title: 'riders done after', unit: 's' },
    { key: 'compliantSeconds', title: 'compliant done after', unit: 's' },
    { key: 'gain', title: 'profit: time that cheating saves', unit: '%' },
    { key: 'compliantCost', title: 'a compliant peer pays less earns', unit: 'BTT', digits: 2 },
    { key: 'done', title: 'compliant done', unit: '%', digits: 0 },
  ],
  headline: 'gain',
  seedsDefault: 4,
  run: (seed) =>
    Object.fromEntries(
      parts.flatMap((part) => [
        [armOf(part, false), read(seed, false, part)],
        [armOf(part, true), read(seed, true, part)],
      ]),
    ),
}

function armOf(part: number, isMarket: boolean): string {
  return `${part} % ${isMarket ? 'market' : 'plain'}`
}

function read(seed: number, isMarket: boolean, part: number): Reading {
  const riders = Math.round((leechers * part) / 100)
  const cast: readonly Cast[] = [
    { name: 'seed', count: 1, upload: 384, has: 'all' },
    { name: 'compliant', count: leechers - riders, spend: 2 },
    { name: 'rider', count: riders, ask: null, behaviour: { kind: 'thief' } },
  ]
  const result = runArena({ seed, isMarket, cast, connectionsMax: 12 })
  const [riderSeconds, compliantSeconds] = [meanSeconds(result, 'rider'), meanSeconds(result, 'compliant')]
  const compliant = result.peers.filter((peer) => peer.class === 'compliant')
  const paid = compliant.reduce((sum, { spent, revenue }) => sum + Number(spent) - Number(revenue), 0) / 1e18
  const speed = ratio(riderSeconds, compliantSeconds)
  return {
    riderSeconds,
    compliantSeconds,
    gain: speed === null ? null : 100 - 100 * speed,
    compliantCost: isMarket ? paid / compliant.length : null,
    done: percent(compliant.filter(({ downloadSeconds }) => downloadSeconds !== null).length, compliant.length),
  }
}
