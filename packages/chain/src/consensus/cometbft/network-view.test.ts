/** The view over a real socket, at whose other end a server speaks as CometBFT's RPC does. */

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cometNetwork } from './network-view.ts'
import { consensusRpc, ownRpcName } from './own-rpc.ts'

const now = 1_800_000_000
let folder: string
let server: Server
let answers: Record<string, unknown>
let asked: string[]
let head: { number: number; timestamp: number }

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-own-rpc-'))
  ;[answers, asked, head] = [{}, [], { number: 7, timestamp: now }]
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const result = answers[request.url ?? '']
    response.end(typeof result === 'string' ? result : JSON.stringify({ jsonrpc: '2.0', id: -1, result }))
  })
  server.listen(join(folder, ownRpcName))
  await once(server, 'listening')
})
afterEach(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const open = () =>
  cometNetwork({ ask: consensusRpc(join(folder, 'abci.sock')), head: () => head, wallSeconds: () => now })
const status = (isCatchingUp: boolean) => ({
  sync_info: { latest_block_height: `${head.number}`, catching_up: isCatchingUp },
})
const votingOn = (...heights: number[]) => ({
  peers: heights.map((height) => ({ peer_state: { round_state: { height: `${height}` } } })),
})

test('a node that catches up tells from where to where, and begins anew when it falls behind again', async () => {
  const view = open()
  answers = { '/status': status(true), '/dump_consensus_state': votingOn(31, 42, 0) }
  expect(await view.behind()).toEqual({ starting: 7, current: 7, highest: 41 })
  head = { number: 20, timestamp: now }
  answers = { '/status': status(true), '/dump_consensus_state': votingOn() }
  expect(await view.behind(), 'a peer that is gone was there').toEqual({ starting: 7, current: 20, highest: 41 })
  head = { number: 41, timestamp: now }
  answers = { '/status': status(false) }
  expect(await view.behind()).toBeUndefined()
  answers = { '/status': status(true), '/dump_consensus_state': votingOn(51) }
  expect(await view.behind()).toEqual({ starting: 41, current: 41, highest: 50 })
})

test('one whose head is old is behind when a peer has more, and not when the chain stands', async () => {
  const view = open()
  head = { number: 7, timestamp: now - 11 }
  answers = { '/status': status(false), '/dump_consensus_state': votingOn(8, 9) }
  expect(await view.behind(), 'one block more is on its way').toBeUndefined()
  answers = { '/status': status(false), '/dump_consensus_state': votingOn(8, 10) }
  expect(await view.behind()).toEqual({ starting: 7, current: 7, highest: 9 })
  head = { number: 9, timestamp: now - 10 }
  asked = []
  expect(await view.behind()).toBeUndefined()
  expect(asked, 'a young head needs no look at the peers').toEqual(['/status'])
})

test('peers are those that CometBFT counts', async () => {
  answers = { '/net_info': { listening: true, n_peers: '3', peers: [] } }
  expect(await open().peers()).toBe(3)
})

test('who ask at a time share one answer', async () => {
  answers = { '/net_info': { n_peers: '2' } }
  const view = open()
  expect(await Promise.all(Array.from({ length: 20 }, () => view.peers()))).toEqual(Array(20).fill(2))
  expect(asked).toEqual(['/net_info'])
  expect(await view.peers()).toBe(2)
  expect(asked).toHaveLength(2)
})

test.each(['', 'no JSON', '{"error":{"code":-32603}}', '[]', '{"result":null}', '{"result":{"n_peers":"-1"}}'])(
  'an answer %j is no peers, and behind',
  async (text) => {
    answers = { '/status': text, '/net_info': text, '/dump_consensus_state': text }
    expect(await open().peers()).toBe(0)
    expect(await open().behind()).toEqual({ starting: 7, current: 7, highest: 7 })
  },
)

test('a cometbft that does not listen is no peers, and behind', async () => {
  server.close()
  rmSync(join(folder, ownRpcName), { force: true })
  expect(await open().peers()).toBe(0)
  expect(await open().behind()).toEqual({ starting: 7, current: 7, highest: 7 })
})
