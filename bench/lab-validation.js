// Whether the lab is to be believed: shapes that nobody chose, run by real processes on shaped lines and in the lab. The seeds of
// the shapes are a hash of the lab's sources as committed: who changes the model gets other shapes. Needs root (ip netns, tc).

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { agreementOf, agrees, drawShape, predictShape, validationMarkdown } from '../packages/lab/dist/index.js'
import { congestionControl } from './shaped-net.js'
import { runShape, trackerUrl } from './shaped-swarm.js'
import { makePayload } from './support.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = path.join(root, 'docs/lab.md')
const shapesCount = 3
const repetitions = 5
const labSeeds = 15
/** A repetition in which a timer or a start was later than this measured the machine: it is made again, so often at most in all. */
const stoodStillMsMax = 500
const againMax = 8

/** @param bench `--quick` runs each shape once, and on seeds of its own */
export async function labValidation(bench) {
  const model = modelHash()
  const seeds = Array.from({ length: shapesCount }, (_, i) => seedOf(bench.quick ? 'quick' : model.tree, i))
  console.log(`  packages/lab/src is ${model.tree}${model.isCommitted ? '' : ' WITH CHANGES THAT ARE NOT COMMITTED'}`)
  const room = { again: againMax }
  const shapes = []
  for (const [i, seed] of seeds.entries()) {
    // One without a market and one with it at least.
    const shape = drawShape(seed, i === 0 ? false : i === 1 ? true : seed % 2 === 1)
    shapes.push(await validate(bench, shape, room))
  }
  const result = { model, repetitions, labSeeds, congestionControl: congestionControl(), stoodStillMsMax, shapes }
  if (!bench.quick) writeTables(result)
  return {
    ...result,
    promises: {
      'the model is as committed': model.isCommitted,
      ...Object.fromEntries(
        shapes.map(({ shape, download }) => [
          `shape ${shape.seed}: mean, last and each leecher's time on average within 10 %`,
          agrees(download),
        ]),
      ),
    },
  }
}

async function validate(bench, shape, room) {
  const payload = await makePayload(bench, shape.contentBytes, shape.pieceBytes, trackerUrl)
  const runs = []
  const discarded = []
  const wanted = bench.quick ? 1 : repetitions
  while (runs.length < wanted) {
    const run = await runShape(bench, shape, payload, `${shape.seed}-${runs.length}-${room.again}`)
    const isDisturbed = run.stoodStillMs > stoodStillMsMax && room.again > 0
    if (isDisturbed) room.again -= 1
    const kept = isDisturbed ? discarded : runs
    kept.push(run)
    console.log(
      `  ${shape.seed} real${isDisturbed ? ', not counted' : ''}: ${times(run.leechers)} (late ${run.stoodStillMs} ms)`,
    )
  }
  const lab = predictShape(shape, labSeeds)
  console.log(`  ${shape.seed} lab:  ${times(lab)}`)
  const real = runs.map(({ leechers }) => leechers)
  const [download, sinceStart] = ['download', 'sinceStart'].map((of) => agreementOf(real, lab, of))
  console.log(
    `  ${shape.seed} lab / real - 1: mean ${percent(download.meanError)}, last ${percent(download.lastError)}, a leecher ${percent(download.leecherError)}, worst ${percent(download.worstError)}; since start: mean ${percent(sinceStart.meanError)}`,
  )
  return { shape, download, sinceStart, runs, discarded }
}

/** The lab's sources as git knows them. */
function modelHash() {
  const git = (...args) => spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' }).stdout.trim()
  return {
    tree: git('rev-parse', 'HEAD:packages/lab/src'),
    isCommitted: git('status', '--porcelain', '--', 'packages/lab/src') === '',
  }
}

function seedOf(text, index) {
  return createHash('sha256').update(`${text} ${index}`).digest().readUInt32BE(0) % 1_000_000
}

function writeTables(result) {
  const text = readFileSync(page, 'utf8')
  const marks = /(<!-- validation -->\n)[\s\S]*?(<!-- \/validation -->)/
  if (!marks.test(text)) throw new Error('docs/lab.md has no <!-- validation --> to <!-- /validation -->')
  writeFileSync(
    page,
    text.replace(marks, (_, open, close) => `${open}${validationMarkdown(result)}\n${close}`),
  )
}

function times(leechers) {
  return leechers.map(({ download }) => download.toFixed(1).padStart(5)).join(' ')
}

function percent(part) {
  return `${(part * 100).toFixed(1)} %`
}
