// One run of the lab in a process of its own, so that its memory can be measured: node lab-run.js PEERS BLOCKS_A_UNIT.

import { createHash } from 'node:crypto'
import { cpuUsage, resourceUsage } from 'node:process'
import { resultJson, runScenario } from '../packages/lab/dist/index.js'
import { bytesPerMiB } from './support.js'

const contentBytes = 128 * bytesPerMiB
const turnMs = 50
const ask = '1000000000000000'

/** A flash crowd on fibre: one seed in a hundred, one leecher in five pays; everybody sells, and seeds until the end. */
function scenarioOf(peers, blocksPerUnit) {
  const seeds = Math.max(1, Math.round(peers / 100))
  const payers = Math.round(peers / 5)
  const common = { behaviour: { kind: 'client' }, departure: {}, sells: { askPerMiB: ask } }
  const leecher = {
    ...common,
    has: 'nothing',
    uploadBytesPerSecond: 8 * bytesPerMiB,
    downloadBytesPerSecond: 16 * bytesPerMiB,
    arrival: { kind: 'flash', fromSecond: 0, overSeconds: 10 },
  }
  const pays = {
    budget: `1${'0'.repeat(20)}`,
    spendPerSecond: `4${'0'.repeat(15)}`,
    priceMaxPerMiB: `2${'0'.repeat(16)}`,
  }
  return {
    name: 'bench',
    title: 'A flash crowd',
    seed: 1,
    secondsMax: 7_200,
    contentBytes,
    pieceBytes: bytesPerMiB,
    blocksPerUnit,
    turnMs,
    latencyMs: { min: 10, max: 50 },
    connectionsMax: 20,
    unchokeSlots: 5,
    classes: [
      {
        ...common,
        name: 'seed',
        count: seeds,
        has: 'all',
        uploadBytesPerSecond: 8 * bytesPerMiB,
        downloadBytesPerSecond: 16 * bytesPerMiB,
        arrival: { kind: 'at', second: 0 },
      },
      { ...leecher, name: 'leecher', count: peers - seeds - payers },
      { ...leecher, name: 'payer', count: payers, pays },
    ],
  }
}

const [peers, blocksPerUnit] = process.argv.slice(2).map(Number)
const start = performance.now()
const result = runScenario(scenarioOf(peers, blocksPerUnit))
const seconds = (performance.now() - start) / 1000
const done = result.peers.filter(({ downloadSeconds }) => downloadSeconds !== null).length
console.log(
  JSON.stringify({
    peers,
    blocksPerUnit,
    seconds: Number(seconds.toFixed(1)),
    cpuSeconds: Number(((cpuUsage().user + cpuUsage().system) / 1e6).toFixed(1)),
    memoryMiB: Math.round(resourceUsage().maxRSS / 1024),
    events: result.events,
    virtualSeconds: result.endedSecond,
    downloadsDone: done,
    sha256: createHash('sha256').update(resultJson(result)).digest('hex'),
  }),
)
