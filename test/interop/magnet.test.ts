/** BEP 9: metadata and payload from nothing but a magnet link. */

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { firstDifference, removeFolder, temporaryFolder } from '../support/content.ts'
import { oneHost } from '../support/network.ts'
import { stopAll } from '../support/processes.ts'
import { canUse } from '../support/skips.ts'
import { leechFrom, libtorrent } from './libtorrent.ts'
import { getFrom, ours } from './ours.ts'
import { makePayload, payloadNames } from './payloads.ts'
import type { Peer } from './peer.ts'
import { makeJob } from './transfer.ts'

const finishMillisecondsMax = 120_000
const folder = temporaryFolder('magnet')
const isThere = canUse(libtorrent.name, libtorrent.version !== undefined, libtorrent.remedy)
const name = payloadNames[0] ?? 'small'
const payload = makePayload(name, folder)
const magnet = `magnet:?xt=urn:btih:${payload.infoHash}&dn=${name}`

afterEach(stopAll)
afterAll(() => removeFolder(folder))

describe.skipIf(!isThere)('a magnet link', () => {
  it('with x.pe brings us metadata and payload from libtorrent', { timeout: 150_000 }, async () => {
    await check(libtorrent, 'x.pe', (job, peer) => getFrom({ ...job, peers: [] }, `${magnet}&x.pe=${peer}`))
  })

  it('with --peer brings us metadata and payload from libtorrent', { timeout: 150_000 }, async () => {
    await check(libtorrent, '--peer', (job) => getFrom(job, magnet))
  })

  it('brings libtorrent metadata and payload from us', { timeout: 150_000 }, async () => {
    await check(ours, 'libtorrent', (job) => leechFrom(job, ['--magnet', magnet]))
  })
})

async function check(seeder: Peer, label: string, leech: (...args: LeechArguments) => ReturnType<typeof getFrom>) {
  const scratch = path.join(folder, label)
  mkdirSync(scratch)
  const torrent = path.join(scratch, 'seeder.torrent')
  writeFileSync(torrent, payload.torrent)
  const place = oneHost.ours
  const seedJob = await makeJob({ payload }, place, path.join(scratch, 'seeder'), torrent, [])
  const seeding = await seeder.seed(seedJob)
  const peer = `${place.host}:${seedJob.port}`
  const job = await makeJob({ payload }, place, path.join(scratch, 'leecher'), '', [peer])
  const received = await (await leech(job, peer)).finish(finishMillisecondsMax)
  const sent = await seeding.finish()
  console.log(`interop: magnet, ${seeder.name} ${seeder.version} seeds (${label}): ${sent} sent, ${received} received`)
  expect(firstDifference(payload.content, path.join(job.out, path.basename(payload.content)))).toBeUndefined()
  expect(received).toBeGreaterThanOrEqual(payload.bytes)
  expect(sent).toBeGreaterThanOrEqual(payload.bytes)
}

type LeechArguments = readonly [job: Awaited<ReturnType<typeof makeJob>>, peer: string]
