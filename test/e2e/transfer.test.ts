import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { GetReport } from '../support/millrace.ts'
import { untilBytes } from '../support/millrace.ts'
import { freePort, waitForListener } from '../support/network.ts'
import { stopAll } from '../support/processes.ts'
import { TestSwarm } from '../support/swarm.ts'

const bytes = (3 << 20) + 12_345
const trackerPort = await freePort()
const tracker = `http://127.0.0.1:${trackerPort}/announce`
const swarm = new TestSwarm('transfer', { bytes, pieceLength: 1 << 16, seed: 3, tracker })

afterEach(stopAll)
afterAll(() => swarm.close())

describe('seed and get', () => {
  it('move every byte and report it as numbers', async () => {
    const seeder = await swarm.seed('seeder', ['--no-market'])
    const getting = await swarm.get('plain', [seeder.address], ['--json', '--no-market'])
    expect((await getting.end(60_000)).code, getting.printed).toBe(0)
    expect(swarm.difference('plain')).toBeUndefined()
    const report = getting.json<GetReport>()
    expect(report.bytes).toBe(bytes)
    for (const value of [report.seconds, report.bytesPerSecond, report.cpuSeconds, report.rssKiB]) {
      expect(value).toBeGreaterThan(0)
    }
    const ended = await seeder.running.stop('SIGINT')
    expect(ended.signal).toBeNull()
    expect([0, 130]).toContain(ended.code)
    expect(seeder.running.json<{ uploadedBytes: number }>().uploadedBytes).toBe(bytes)
  })

  it('find the payload whether PATH is it or its folder', async () => {
    const port = await freePort()
    const folder = path.dirname(swarm.content)
    const running = swarm.start('parent', ['seed', folder, '--torrent', swarm.torrent, '--port', String(port)])
    await waitForListener(running, port)
    const getting = await swarm.get('from-folder', [`127.0.0.1:${port}`], ['--json'])
    expect((await getting.end(60_000)).code, getting.printed).toBe(0)
    expect(swarm.difference('from-folder')).toBeUndefined()
  })

  it('find each other by our tracker', async () => {
    const home = swarm.home('tracker')
    mkdirSync(home.folder, { recursive: true })
    await waitForListener(swarm.start('tracker', ['tracker', '--port', String(trackerPort)]), trackerPort)
    await swarm.seed('announcing')
    const getting = await swarm.get('tracked', [], ['--json'])
    expect((await getting.end(60_000)).code, getting.printed).toBe(0)
    expect(swarm.difference('tracked')).toBeUndefined()
  })

  it('go on where an interrupt stopped them: 130, then only the rest', async () => {
    const seeder = await swarm.seed('slow', ['--upload-limit', String(1 << 20)])
    const first = await swarm.get('interrupted', [seeder.address], ['--jsonl'])
    await untilBytes(first, 1 << 20)
    expect((await first.stop('SIGINT')).code, first.printed).toBe(130)
    const second = await swarm.get('interrupted', [seeder.address], ['--json'])
    expect((await second.end(60_000)).code, second.printed).toBe(0)
    expect(swarm.difference('interrupted')).toBeUndefined()
    expect(second.json<GetReport>().bytes).toBeLessThan(bytes)
  })

  it('keep under the upload limit', async () => {
    const limit = 2 << 20
    const seeder = await swarm.seed('limited', ['--upload-limit', String(limit)])
    const getting = await swarm.get('limited', [seeder.address], ['--json'])
    expect((await getting.end(60_000)).code, getting.printed).toBe(0)
    // A bucket may give its burst at once; beyond a quarter of a second's worth it is no limit.
    expect(getting.json<GetReport>().seconds).toBeGreaterThan((bytes - limit / 4) / limit - 0.25)
  })
})
