import type { PeerClass, Scenario } from '../scenario.ts'

const mib = 1_048_576
const ask = '1000000000000000'
const leecher = {
  arrival: { kind: 'flash', fromSecond: 0, overSeconds: 20 },
  departure: { seedSeconds: 30 },
  has: 'nothing',
  behaviour: { kind: 'client' },
  sells: { askPerMiB: ask },
} as const

const classes: readonly PeerClass[] = [
  {
    name: 'seed',
    count: 2,
    uploadBytesPerSecond: 4 * mib,
    downloadBytesPerSecond: 8 * mib,
    arrival: { kind: 'at', second: 0 },
    departure: {},
    has: 'all',
    behaviour: { kind: 'client' },
    sells: { askPerMiB: ask },
  },
  { ...leecher, name: 'slow', count: 40, uploadBytesPerSecond: mib / 4, downloadBytesPerSecond: 2 * mib },
  { ...leecher, name: 'fast', count: 40, uploadBytesPerSecond: 2 * mib, downloadBytesPerSecond: 12 * mib },
  {
    ...leecher,
    name: 'payer',
    count: 20,
    uploadBytesPerSecond: mib / 4,
    downloadBytesPerSecond: 8 * mib,
    pays: {
      budget: '1000000000000000000',
      spendPerSecond: '4000000000000000',
      priceMaxPerMiB: '20000000000000000',
    },
  },
]

/** A hundred leechers come within 20 s; one in five pays. */
export const flashCrowd: Scenario = {
  name: 'flash-crowd',
  title: 'A flash crowd of mixed lines, one in five pays',
  seed: 1,
  secondsMax: 1_800,
  contentBytes: 64 * mib,
  pieceBytes: mib / 4,
  blocksPerUnit: 1,
  latencyMs: { min: 10, max: 50 },
  connectionsMax: 50,
  unchokeSlots: 8,
  classes,
}

/** The same swarm without a market: tit-for-tat and an optimistic slot alone. */
export const flashCrowdPlain: Scenario = {
  ...flashCrowd,
  name: 'flash-crowd-plain',
  title: 'The same flash crowd as plain BitTorrent',
  classes: classes.map(({ sells: _, pays: __, ...plan }) => plan),
}
