/** Whatever arrives on a socket, who listens there goes on serving everybody else. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rpcCall, startChain, type TestChain } from '../support/economy.ts'
import { httpGarbage, hurl, peerGarbage } from '../support/garbage.ts'
import { freePort, waitForListener } from '../support/network.ts'
import type { Running } from '../support/processes.ts'
import { type Seeder, TestSwarm } from '../support/swarm.ts'

const swarm = new TestSwarm('garbage', { bytes: 1 << 20, pieceLength: 1 << 15, seed: 6 })
const trackerPort = await freePort()
let seeder: Seeder
let tracker: Running
let chain: TestChain

beforeAll(async () => {
  seeder = await swarm.seed('seeder')
  tracker = swarm.start('tracker', ['tracker', '--port', String(trackerPort)])
  await waitForListener(tracker, trackerPort)
  chain = await startChain(swarm.home('chain').folder)
})
afterAll(() => swarm.close())

describe('a seeder', () => {
  it.each(peerGarbage(swarm.infoHash))('survives %s', async (_what, bytes) => {
    await hurl('127.0.0.1', seeder.port, bytes)
    expect(seeder.running.isOver, seeder.running.printed).toBe(false)
  })

  it('still serves every byte afterwards', async () => {
    const getting = await swarm.get('after', [seeder.address], ['--json'])
    expect((await getting.end(60_000)).code, getting.printed).toBe(0)
    expect(swarm.difference('after')).toBeUndefined()
  })
})

describe('a tracker', () => {
  it.each(httpGarbage)('survives %s', async (_what, bytes) => {
    await hurl('127.0.0.1', trackerPort, bytes)
    expect(tracker.isOver, tracker.printed).toBe(false)
  })

  it('still answers afterwards, and refuses a bad announce with a reason', async () => {
    const url = `http://127.0.0.1:${trackerPort}/announce`
    const good = `info_hash=${'%aa'.repeat(20)}&peer_id=${'b'.repeat(20)}&port=1234&uploaded=0&downloaded=0&left=0`
    expect(await (await fetch(`${url}?${good}`)).text()).toContain('8:interval')
    expect(await (await fetch(`${url}?info_hash=short`)).text()).toContain('14:failure reason')
  })
})

describe('the RPC of a chain', () => {
  it.each(httpGarbage)('survives %s', async (_what, bytes) => {
    await hurl('127.0.0.1', chain.port, bytes)
    expect(chain.running.isOver, chain.running.printed).toBe(false)
  })

  it('answers nonsense with the errors of JSON-RPC and goes on', async () => {
    const ask = async (body: string): Promise<unknown> => {
      const response = await fetch(chain.rpc, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
      return response.json()
    }
    expect(await ask('{"jsonrpc":"2.0","id":1,"method":"eth_fly"}')).toMatchObject({ id: 1, error: { code: -32601 } })
    expect(await ask('{{{{')).toMatchObject({ error: { code: -32700 } })
    expect(await ask('{"jsonrpc":"2.0","id":2,"method":"eth_sendRawTransaction","params":["0x01"]}')).toMatchObject({
      id: 2,
      error: { code: expect.any(Number) },
    })
    expect(BigInt(String(await rpcCall(chain.rpc, 'eth_chainId')))).toBe(19_990n)
  })
})
