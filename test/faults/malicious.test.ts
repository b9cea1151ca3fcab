import { afterEach, expect, it } from 'vitest'
import { startLiar } from '../support/liar.ts'
import type { GetReport } from '../support/millrace.ts'
import { TestSwarm } from '../support/swarm.ts'

const bytes = 4 << 20
const pieceLength = 1 << 16
const swarm = new TestSwarm('malicious', { bytes, pieceLength, seed: 5 })

afterEach(() => swarm.close())

it('refuses the pieces of a lying seeder, bans it, and completes from an honest one', {
  timeout: 120_000,
}, async () => {
  const liar = await startLiar('127.0.0.2', swarm.infoHash, bytes / pieceLength)
  try {
    // The honest one is slow, so that the liar is asked for much before it is found out.
    const honest = await swarm.seed('honest', ['--upload-limit', String(1 << 20)])
    const getting = await swarm.get('leecher', [liar.address, honest.address], ['--json'])
    expect((await getting.end(90_000)).code, getting.printed).toBe(0)
    expect(swarm.difference('leecher')).toBeUndefined()
    expect(getting.json<GetReport>().bytes).toBe(bytes)
    expect(liar.lies).toBeGreaterThan(0)
    // Banned at its first bad piece: never greeted again, and never asked for a second window of blocks.
    expect(liar.greetings).toBe(1)
    expect(liar.goodbyes).toBe(1)
  } finally {
    await liar.close()
  }
})
