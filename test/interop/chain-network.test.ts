/** What nodes of a network say of their place in it: three real validators, and a fourth node that joins them. */

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromRlp, type Hex, toRlp } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { rpc } from '../../packages/chain/testing/clients.ts'
import { millrace } from '../support/millrace.ts'
import { eventually } from '../support/processes.ts'
import { canUseCometBft, freePorts, initValidators, stopValidators, Validator } from '../support/validators.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-network-'))
const home = { folder }
const timeout = 300_000
/** Blocks that the fourth has to catch up with. */
const aheadBlocks = 8

let three: readonly Validator[]
let fourth: Validator

type Item = Hex | readonly Item[]

interface Progress {
  readonly startingBlock: string
  readonly currentBlock: string
  readonly highestBlock: string
}

const ask = async (node: Validator, method: string) => (await rpc(node.ready.rpc, method)).result
const hasPeers = (node: Validator, count: string) =>
  eventually(`${count} peers`, 60_000, async () => (await ask(node, 'net_peerCount')) === count)
const follows = (node: Validator) =>
  eventually('it follows', 60_000, async () => (await ask(node, 'eth_syncing')) === false)

describe.runIf(canUseCometBft())('a node of a network', () => {
  beforeAll(async () => {
    three = await initValidators(home, 3)
    await Promise.all(three.map((validator) => validator.start()))
    await Promise.all(three.map((validator) => validator.untilHead(aheadBlocks)))
    const port = String(await freePorts(1))
    const genesis = join(three[0]?.folder ?? '', 'genesis.json')
    const peers = three.flatMap(({ peer }) => ['--peer', peer ?? ''])
    const place = ['--data', join(folder, 'fourth'), '--genesis', genesis, '--peer-port', port]
    const made = await millrace(home, ['chain', 'join', ...place, ...peers])
    expect((await made.end(1_000)).code, made.printed).toBe(0)
    fourth = new Validator(home, join(folder, 'fourth'))
  }, timeout)
  afterAll(async () => {
    await stopValidators([...three, fourth])
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') for (const { running } of three) console.log(running.printed)
  })

  it('follows it and counts its peers', { timeout }, async () => {
    for (const validator of three) {
      await hasPeers(validator, '0x2')
      await follows(validator)
    }
  })

  it('traces a block of validators by its bytes as by its number, with what consensus reported', {
    timeout,
  }, async () => {
    const [first] = three
    if (first === undefined) throw new Error('three validators')
    const user = first.user(1)
    const { blockNumber } = await user.receipt(
      await user.wallet.sendTransaction({ to: user.account.address, value: 3n }),
    )
    const number = `0x${blockNumber.toString(16)}`
    const { result: raw } = await rpc(first.ready.rpc, 'debug_getRawBlock', number)
    const config = { tracer: 'callTracer' }
    const traced = await rpc(first.ready.rpc, 'debug_traceBlock', raw, config)
    expect(traced.result).toMatchObject([{ result: { value: '0x3', gasUsed: '0x5208' } }])
    expect(traced).toEqual(await rpc(first.ready.rpc, 'debug_traceBlockByNumber', number, config))
    // Its body changed: the block never was, its report is the one that was.
    const [header = [], , ...rest] = fromRlp(raw as Hex) as Item[] // a block's RLP
    const bare = await rpc(first.ready.rpc, 'debug_traceBlock', toRlp([header, [], ...rest]), config)
    expect(bare).toMatchObject({ result: [] })
  })

  it('is behind when it joins, knows by how much, and says when it is not any more', { timeout }, async () => {
    await fourth.start()
    const socket = new WebSocket(fourth.ready.rpc.replace('http', 'ws'))
    const told: unknown[] = []
    socket.on('message', (data) => {
      const { method, params } = JSON.parse(String(data)) as { method?: string; params?: { result: unknown } }
      if (method === 'eth_subscription') told.push(params?.result)
    })
    await once(socket, 'open')
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['syncing'] }))
    const seen: Progress[] = []
    await eventually('it follows', 120_000, async () => {
      const progress = await ask(fourth, 'eth_syncing')
      if (progress !== false) seen.push(progress as Progress) // the shape that is asserted below
      return progress === false
    })
    expect(seen[0]).toMatchObject({ startingBlock: '0x0' })
    const highest = Math.max(...seen.map(({ highestBlock }) => Number(highestBlock)))
    expect(highest).toBeGreaterThanOrEqual(aheadBlocks)
    for (const { startingBlock, currentBlock, highestBlock } of seen) {
      expect(startingBlock).toBe('0x0')
      expect(Number(highestBlock)).toBeGreaterThanOrEqual(Number(currentBlock))
    }
    expect((await fourth.consensus()).head).toBeGreaterThanOrEqual(aheadBlocks)
    await eventually('the subscriber is told', 30_000, () => told.at(-1) === false)
    expect(told[0]).toMatchObject({ syncing: true, status: { startingBlock: '0x0' } })
    socket.terminate()
    for (const node of [...three, fourth]) await hasPeers(node, '0x3')
  })

  it('whose cometbft is killed has no peers, is not said to follow, and has both again with the next one', {
    timeout,
  }, async () => {
    process.kill(fourth.ready.consensusPid, 'SIGKILL')
    const progress = await eventually('it is behind', 30_000, () => ask(fourth, 'eth_syncing'))
    const { head } = await fourth.consensus()
    expect(Number((progress as Progress).currentBlock)).toBeLessThanOrEqual(head)
    await hasPeers(fourth, '0x3')
    await follows(fourth)
    await fourth.untilHead(head + 2)
  })
})
