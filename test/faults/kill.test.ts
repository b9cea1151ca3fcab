/** kill -9 in the middle of a download: each goes on from what it had written. */

import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type GetReport, untilBytes } from '../support/millrace.ts'
import { stopAll } from '../support/processes.ts'
import { TestSwarm } from '../support/swarm.ts'

const bytes = 16 << 20
const pieceLength = 1 << 18
const half = bytes / 2
const slow = ['--upload-limit', String(4 << 20)]
const swarm = new TestSwarm('kill', { bytes, pieceLength, seed: 7 })

afterEach(stopAll)
afterAll(() => swarm.close())

describe('kill -9 of', () => {
  it('a leecher keeps what was verified and gets only the rest', { timeout: 120_000 }, async () => {
    const seeder = await swarm.seed('seeder-1', slow)
    const first = await swarm.get('leecher', [seeder.address], ['--jsonl'])
    await untilBytes(first, half)
    expect((await first.stop('SIGKILL')).signal).toBe('SIGKILL')
    const second = await swarm.get('leecher', [seeder.address], ['--json'])
    expect((await second.end(90_000)).code, second.printed).toBe(0)
    expect(swarm.difference('leecher')).toBeUndefined()
    expect(second.json<GetReport>().bytes).toBeLessThan(bytes - half / 2)
  })

  it('a leecher while it writes its last pieces loses nothing that it does not get again', {
    timeout: 120_000,
  }, async () => {
    const seeder = await swarm.seed('seeder-2')
    const first = await swarm.get('twice', [seeder.address], ['--jsonl'])
    await untilBytes(first, bytes - 4 * pieceLength).catch(() => undefined)
    await first.stop('SIGKILL')
    const second = await swarm.get('twice', [seeder.address], ['--json'])
    expect((await second.end(90_000)).code, second.printed).toBe(0)
    expect(swarm.difference('twice')).toBeUndefined()
  })

  it('a seeder lets the leecher go on when it is back', { timeout: 150_000 }, async () => {
    const seeder = await swarm.seed('seeder-3', slow)
    const getting = await swarm.get('patient', [seeder.address], ['--jsonl'])
    await untilBytes(getting, half)
    await seeder.running.stop('SIGKILL')
    expect(getting.isOver).toBe(false)
    await swarm.seed('seeder-3', slow, seeder.port)
    expect((await getting.end(120_000)).code, getting.printed).toBe(0)
    expect(swarm.difference('patient')).toBeUndefined()
  })
})
