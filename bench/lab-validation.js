// Whether the lab is to be believed: shapes that nobody chose, run by real processes on shaped lines and in the lab. A hash of the
// sources of the lab and the policies that it runs draws the shapes: who changes the model gets others. Needs root (ip netns, tc).

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  agreementOf,
  agrees,
  modelHash,
  modelPackages,
  predictShape,
  shapesOf,
  validationMarkdown,
} from '../packages/lab/dist/index.js'
import { congestionControl } from './shaped-net.js'
import { runShape, trackerUrl } from './shaped-swarm.js'
import { makePayload } from './support.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = path.join(root, 'docs/lab.md')
const repetitions = 5
const labSeeds = 15
/** A repetition in which a timer or a start was later than this measured the machine: it is made again, so often at most in all. */
const stoodStillMsMax = 500
const againMax = 8

/** @param bench `--quick` runs each shape once, and on seeds of its own */
export async function labValidation(bench) {
  const model = modelOf()
  console.log(`  the model is ${model.hash}${model.isCommitted ? '' : ' WITH CHANGES THAT ARE NOT COMMITTED'}`)
  const room = { again: againMax }
  const shapes = []
  for (const shape of shapesOf(bench.quick ? 'quick' : model.hash)) shapes.push(await validate(bench, shape, room))
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

/** The sources as they lie here, and whether git knows them so. */
function modelOf() {
  const folders = modelPackages.map((name) => `packages/${name}/src`)
  const files = folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => ({ path: path.relative(root, file), bytes: readFileSync(file) })),
  )
  const git = (...args) => spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' }).stdout.trim()
  return {
    hash: modelHash(files),
    commit: git('rev-parse', '--short', 'HEAD'),
    isCommitted: git('status', '--porcelain', '--', ...folders) === '',
  }
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
