/** One transfer between two clients, from start to the comparison of every byte. */

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import { firstDifference, withTracker } from '../support/content.ts'
import { startMillrace } from '../support/millrace.ts'
import { freePort, type Place, waitForListener } from '../support/network.ts'
import { eventually, stopAll } from '../support/processes.ts'
import { request } from '../support/request.ts'
import type { Payload } from './payloads.ts'
import type { Job, Leeching, Peer } from './peer.ts'

/** Shorter than the minute after which clients try again somebody who hung up on them: a retry is a failure here. */
const smallMillisecondsMax = 90_000
const largeMillisecondsMax = 150_000
const smallBytesMax = 1 << 20

export interface Transfer {
  readonly seeder: Peer
  readonly leecher: Peer
  readonly seederPlace: Place
  readonly leecherPlace: Place
  readonly payload: Payload
  readonly folder: string
}

/** Runs it, logs it as one line, and fails on a wrong byte or on none at all. */
export async function transfer(it: Transfer): Promise<void> {
  const scratch = mkdtempSync(path.join(it.folder, 'transfer-'))
  try {
    const tracker = it.leecher.findsBy === 'tracker' ? await startTracker(it.seederPlace, scratch) : undefined
    const torrent = path.join(scratch, `${it.payload.name}.torrent`)
    writeFileSync(torrent, tracker === undefined ? it.payload.torrent : withTracker(it.payload.torrent, tracker))
    const seedJob = await makeJob(it, it.seederPlace, path.join(scratch, 'seeder'), torrent, [])
    const seeding = await it.seeder.seed(seedJob)
    if (tracker !== undefined) await waitForAnnounce(it, tracker)
    const peers = [`${it.seederPlace.host}:${seedJob.port}`]
    const leechJob = await makeJob(it, it.leecherPlace, path.join(scratch, 'leecher'), torrent, peers)
    const leeching = await it.leecher.leech(leechJob)
    await finish(it, seeding, leeching, leechJob)
  } finally {
    await stopAll()
  }
}

async function finish(
  it: Transfer,
  seeding: { finish(): Promise<number> },
  leeching: Leeching,
  job: Job,
): Promise<void> {
  const received = await leeching.finish(it.payload.bytes > smallBytesMax ? largeMillisecondsMax : smallMillisecondsMax)
  const sent = await seeding.finish()
  console.log(
    `interop: ${it.seeder.name} ${it.seeder.version} -> ${it.leecher.name} ${it.leecher.version}: ` +
      `${it.payload.name}: ${sent} bytes sent, ${received} received`,
  )
  expect(firstDifference(it.payload.content, path.join(job.out, path.basename(it.payload.content)))).toBeUndefined()
  expect(received).toBeGreaterThanOrEqual(it.payload.bytes)
  expect(sent).toBeGreaterThanOrEqual(it.payload.bytes)
}

/** The job of one side. Both work on the same payload; the leecher only in `out`. */
export async function makeJob(
  it: Pick<Transfer, 'payload'>,
  place: Place,
  scratch: string,
  torrent: string,
  peers: readonly string[],
): Promise<Job> {
  const out = path.join(scratch, 'out')
  mkdirSync(out, { recursive: true })
  return { torrent, content: it.payload.content, out, scratch, place, port: await freePort(), peers }
}

/** Our own tracker, beside the seeder. */
async function startTracker(place: Place, scratch: string): Promise<string> {
  const port = await freePort()
  const home = path.join(scratch, 'tracker')
  mkdirSync(home, { recursive: true })
  const args = ['tracker', '--port', String(port), '--host', place.host, '--interval', '10']
  await waitForListener(startMillrace({ folder: home }, args, place), port)
  return `http://${place.host}:${port}/announce`
}

/** Waits until the tracker knows the seeder, asking it as a leecher would. */
async function waitForAnnounce(it: Transfer, tracker: string): Promise<void> {
  const hash = it.payload.infoHash.replace(/../g, '%$&')
  const self = `peer_id=-XX0000-000000000000&port=1&uploaded=0&downloaded=0&left=1&compact=1`
  await eventually('the seeder has announced', 30_000, async () => {
    const answer = await request(it.seederPlace, `${tracker}?info_hash=${hash}&${self}`)
    return /8:completei[1-9]/.test(answer)
  })
}
