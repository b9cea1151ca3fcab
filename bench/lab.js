// How long the lab takes: swarms of growing size at the block level and at the piece level, each in its own process.

import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { plotGrowth } from './plot-growth.js'
import { finish, start, writePicture } from './support.js'

const run = fileURLToPath(new URL('lab-run.js', import.meta.url))
const levels = [
  { name: 'block level', blocksPerUnit: 1, peers: [125, 250, 500, 1_000] },
  { name: 'piece level', blocksPerUnit: 64, peers: [1_250, 2_500, 5_000, 10_000] },
]
/**
 * Young objects live as long as a message is on its way: in V8's usual 16 MiB they are copied to the old ones before they
 * die, and cost a tenth of the time.
 */
const heap = ['--max-old-space-size=12288', '--max-semi-space-size=64']
/** What a machine that does other things at the same time may add to a figure of growth. */
const noise = 1.15

/** @param bench `--quick` runs a tenth of the peers */
export async function lab(bench) {
  const runs = []
  for (const { name, blocksPerUnit, peers } of levels) {
    for (const count of peers) {
      const one = await measure(bench, bench.quick ? Math.ceil(count / 10) : count, blocksPerUnit)
      console.log(
        `  ${name} ${one.peers} peers: ${one.seconds} s (${one.cpuSeconds} s of CPU), ${one.memoryMiB} MiB, ${one.events} events`,
      )
      runs.push({ level: name, ...one })
    }
  }
  const last = (name) => runs.filter((one) => one.level === name).at(-1)
  const repeated = await measure(bench, runs[0].peers, 1)
  const block = last('block level')
  const piece = last('piece level')
  if (!bench.quick) writePicture('lab.svg', plotGrowth(runs))
  return {
    contentMiB: 128,
    runs,
    growth: Object.fromEntries(levels.map(({ name }) => [name, growth(runs.filter((one) => one.level === name))])),
    promises: {
      '1,000 peers x 128 MiB at the block level in at most 60 s': block.seconds <= 60,
      '1,000 peers x 128 MiB at the block level in at most 2 GiB': block.memoryMiB <= 2048,
      '10,000 peers at the piece level in at most 5 min': piece.seconds <= 300,
      'CPU time grows no worse than n log n': levels.every(
        ({ name }) => growth(runs.filter((one) => one.level === name)) <= noise,
      ),
      'everybody has the content in the end': runs.every((one) => one.downloadsDone === one.peers - seedsOf(one.peers)),
      'the same seed gives the same bytes': repeated.sha256 === runs[0].sha256,
    },
  }
}

async function measure(bench, peers, blocksPerUnit) {
  const args = [...heap, run, String(peers), String(blocksPerUnit)]
  const it = await finish(start(bench, process.execPath, args, path.join(bench.folder, 'lab')))
  return JSON.parse(it.out)
}

/** CPU time by n log n of the largest swarm, as a multiple of that of one a quarter its size. */
function growth(runs) {
  const [large, middle] = [runs.at(-1), runs.at(-3)]
  const cost = ({ cpuSeconds, peers }) => cpuSeconds / (peers * Math.log(peers))
  return Number((cost(large) / cost(middle)).toFixed(2))
}

function seedsOf(peers) {
  return Math.max(1, Math.round(peers / 100))
}
