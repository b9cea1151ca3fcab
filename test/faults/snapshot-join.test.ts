/** A node joins three real validators by a snapshot: it never sees block 1, follows, votes, and comes back from kill -9. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEther } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { rpc } from '../../packages/chain/testing/clients.ts'
import { millrace } from '../support/millrace.ts'
import { eventually } from '../support/processes.ts'
import {
  canUseCometBft,
  freePorts,
  initValidators,
  stopValidators,
  untilGone,
  Validator,
} from '../support/validators.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-snapshot-'))
const home = { folder }
const to = '0x00000000000000000000000000000000000000ab'
const waitMilliseconds = 240_000
const timeout = 2 * waitMilliseconds
/** Snapshots are taken of each fifth block. */
const everyBlocks = 5

let three: readonly Validator[]
let fourth: Validator
let made: readonly Validator[] = []
let servers: readonly string[]

const hex = (number: number) => `0x${number.toString(16)}`
const cometLog = () => readFileSync(join(fourth.folder, 'cometbft/cometbft.log'), 'utf8')
const ask = (method: string, ...params: unknown[]) => rpc(fourth.ready.rpc, method, ...params)

async function joined(name: string, trusted: readonly string[]) {
  const [first] = three
  const port = String(await freePorts(1))
  const place = ['--data', join(folder, name), '--genesis', join(first?.folder ?? '', 'genesis.json')]
  const peers = three.flatMap(({ peer }) => ['--peer', peer ?? ''])
  return millrace(home, ['chain', 'join', ...place, ...peers, '--peer-port', port, ...trusted])
}

describe.runIf(canUseCometBft())('a node that joins by a snapshot', () => {
  beforeAll(async () => {
    three = await initValidators(home, 3, { epochBlocks: '10' })
    made = three
    const port = await freePorts(6)
    servers = [port + 4, port + 5].map((number) => `127.0.0.1:${number}`)
    const flags = ['--snapshot-every', String(everyBlocks)]
    await Promise.all(
      three.map((validator, index) => {
        const server = servers[index]
        return validator.start(server === undefined ? flags : [...flags, '--consensus-rpc', server])
      }),
    )
    const [first] = three
    await first?.untilHead(2, waitMilliseconds)
    await first?.user(1).wallet.sendTransaction({ to, value: parseEther('1') })
    await Promise.all(three.map((validator) => validator.untilHead(2 * everyBlocks + 4, waitMilliseconds)))
  }, timeout)
  afterAll(async () => {
    await stopValidators(made)
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') for (const { running } of made) console.log(running.printed)
  })

  it('is told what it needs to trust, and nothing is guessed', { timeout }, async () => {
    const [server = ''] = servers
    const told = await joined('guess', ['--snapshot-rpc', server])
    expect((await told.end(1_000)).code).not.toBe(0)
    expect(told.printed).toContain(`chain trusted ${server}`)
    const trust = ['--trust-height', '1', '--trust-hash', 'ab'.repeat(32)]
    expect((await joined('alone', ['--snapshot-rpc', server, ...trust])).printed).toContain('two nodes at least')
    const short = await joined('short', [...servers.flatMap((one) => ['--snapshot-rpc', one]), ...trust.with(3, 'ab')])
    expect(short.printed).toContain('64 hex digits')
    expect((await millrace(home, ['chain', 'trusted', '127.0.0.1:1'])).printed).toContain('--consensus-rpc')
  })

  it('has the head of the others without their first blocks', { timeout }, async () => {
    const [first] = three
    if (first === undefined) throw new Error('three validators')
    const trusted = await millrace(home, ['chain', 'trusted', servers[0] ?? '', '--json'])
    const { height, hash } = trusted.json<{ height: number; hash: string }>()
    const trust = ['--trust-height', String(height), '--trust-hash', hash]
    const done = await joined('fourth', [...servers.flatMap((one) => ['--snapshot-rpc', one]), ...trust])
    expect((await done.end(1_000)).code, done.printed).toBe(0)
    const place = join(folder, 'fourth')
    // Killed when the state is there and the head is not, then when the head is and CometBFT doesn't know: it begins anew.
    for (const point of ['chain.built:2', 'chain.committed']) {
      const torn = new Validator({ ...home, env: { MILLRACE_CRASH_AT: point } }, place)
      await torn.start()
      await eventually('it is killed', waitMilliseconds, () => torn.running.isOver)
      expect((await torn.running.end(1_000)).signal).toBe('SIGKILL')
      await untilGone(torn.ready.consensusPid)
    }
    fourth = new Validator(home, place)
    made = [...three, fourth]
    await fourth.start()
    const { head } = await first.consensus()
    await fourth.untilHead(head + 2, waitMilliseconds)
    expect(cometLog()).toContain('Snapshot restored')
    const { error, result } = await ask('eth_getBlockByNumber', '0x1', false)
    expect({ error, result }).toMatchObject({ error: { code: 4444 }, result: undefined })
    const base = Number(/block (\d+)/.exec(error?.message ?? '')?.[1])
    expect(base % everyBlocks).toBe(0)
    expect(base).toBeGreaterThanOrEqual(everyBlocks)
    for (let number = base; number <= head; number++)
      expect(await fourth.hashOf(number)).toBe(await first.hashOf(number))
    expect(BigInt(String((await ask('eth_getBalance', to, 'latest')).result))).toBe(parseEther('1'))
    const supplies = await Promise.all([first, fourth].map((one) => rpc(one.ready.rpc, 'millrace_supply', hex(head))))
    expect(supplies[1]?.result).toEqual(supplies[0]?.result)
    expect(supplies[0]?.result).toMatchObject({ blockNumber: hex(head) })
  })

  it('does not begin where the header that it trusts is none of this chain', { timeout }, async () => {
    const trust = ['--trust-height', '3', '--trust-hash', 'ab'.repeat(32)]
    await joined('misled', [...servers.flatMap((one) => ['--snapshot-rpc', one]), ...trust])
    const misled = new Validator(home, join(folder, 'misled'))
    await misled.start()
    try {
      const log = join(misled.folder, 'cometbft/cometbft.log')
      await eventually('it finds out', waitMilliseconds, () => readFileSync(log, 'utf8').includes('expected header'))
      expect((await misled.consensus()).head).toBe(0)
    } finally {
      await misled.end()
    }
  })

  it('says of what it has not that it is pruned', { timeout }, async () => {
    const pruned = { error: { code: 4444 } }
    for (const [method, ...params] of [
      ['eth_getBlockReceipts', '0x2'],
      ['eth_getBalance', to, '0x2'],
      ['eth_getLogs', { fromBlock: '0x1' }],
      ['debug_traceBlockByNumber', '0x2'],
      ['debug_traceBlockByNumber', hex(Number(await oldest()))],
      ['eth_call', { to }, '0x2'],
      ['debug_getRawBlock', '0x2'],
    ] as const) {
      expect(await ask(method, ...params), method).toMatchObject(pruned)
    }
    expect((await ask('eth_getLogs', { fromBlock: 'earliest' })).error).toBeUndefined()
    expect((await ask('eth_getBlockByNumber', 'earliest', false)).result).toMatchObject({ number: '0x0' })
    const history = (await ask('eth_feeHistory', '0x400', 'latest', [50])).result
    expect(history).toMatchObject({ oldestBlock: hex(Number(await oldest())) })
  })

  it('comes back after kill -9, becomes a validator, and every block then needs its vote', { timeout }, async () => {
    const [first] = three
    if (first === undefined) throw new Error('three validators')
    const { consensusPid } = fourth.ready
    expect((await fourth.running.stop('SIGKILL')).signal).toBe('SIGKILL')
    await untilGone(consensusPid)
    await fourth.start()
    const stake = ['stake', 'add', '3500000', '--node', fourth.folder, '--dev-account', '3', '--yes', '--json']
    const added = await millrace(home, [...stake, '--rpc', fourth.ready.rpc], waitMilliseconds)
    expect((await added.end(1_000)).code, added.printed).toBe(0)
    await eventually('it is elected', waitMilliseconds, async () => (await first.consensus()).validators.length === 4)
    const { head } = await first.consensus()
    await Promise.all(made.map((validator) => validator.untilHead(head + 4, waitMilliseconds)))
    for (const number of [head, head + 3]) {
      const hashes = await Promise.all(made.map((validator) => validator.hashOf(number)))
      expect(new Set(hashes).size).toBe(1)
    }
  })
})

async function oldest(): Promise<string> {
  const { result } = await ask('eth_capabilities')
  return (result as { blocks: { oldestBlock: string } }).blocks.oldestBlock // its shape
}
