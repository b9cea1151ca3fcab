import type { PeerClass, Scenario } from '../scenario.ts'

const mib = 1_048_576
const ask = '1000000000000000'
const guest = {
  downloadBytesPerSecond: 4 * mib,
  departure: { seedSeconds: 20, abortsPerSecond: 0.0005 },
  has: 'nothing',
} as const

const classes: readonly PeerClass[] = [
  {
    name: 'seed',
    count: 3,
    uploadBytesPerSecond: 2 * mib,
    downloadBytesPerSecond: 4 * mib,
    arrival: { kind: 'at', second: 0 },
    departure: {},
    has: 'all',
    behaviour: { kind: 'client' },
    sells: { askPerMiB: ask },
  },
  {
    ...guest,
    name: 'leecher',
    count: 120,
    uploadBytesPerSecond: { oneOf: [mib / 8, mib / 2, mib] },
    arrival: { kind: 'poisson', fromSecond: 0, perSecond: 0.5 },
    behaviour: { kind: 'client' },
    sells: { askPerMiB: ask },
  },
  {
    ...guest,
    name: 'payer',
    count: 40,
    uploadBytesPerSecond: mib / 8,
    arrival: { kind: 'poisson', fromSecond: 0, perSecond: 0.17 },
    behaviour: { kind: 'client' },
    sells: { askPerMiB: ask },
    pays: { budget: '1000000000000000000', spendPerSecond: '2000000000000000', priceMaxPerMiB: '20000000000000000' },
  },
  {
    ...guest,
    name: 'free rider',
    count: 40,
    uploadBytesPerSecond: mib / 2,
    arrival: { kind: 'poisson', fromSecond: 0, perSecond: 0.17 },
    behaviour: { kind: 'free-rider' },
  },
]

/** Peers come and go; some pay, some only take. */
export const steadyState: Scenario = {
  name: 'steady-state',
  title: 'Comers and goers: leechers, payers and free riders',
  seed: 1,
  secondsMax: 1_200,
  contentBytes: 64 * mib,
  pieceBytes: mib / 4,
  blocksPerUnit: 1,
  latencyMs: { min: 10, max: 60 },
  connectionsMax: 40,
  unchokeSlots: 8,
  classes,
}
