import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '@millrace/base'
import type { Hex } from 'viem'
import { afterAll, describe, expect, test } from 'vitest'
import { connect } from '../../testing/clients.ts'
import { replayed } from '../../testing/replay.ts'
import { totalSupply } from '../genesis/config.ts'
import { lmdbStore } from './lmdb.ts'
import { type ChainStore, headKey, memoryStore } from './store.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-store-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each([
  ['memory', () => memoryStore()],
  ['lmdb', (name: string) => lmdbStore(join(folder, name))],
] as const)('the %s store', (kind, open) => {
  const head = (byte: number) => ({ table: 'meta' as const, key: headKey, value: Uint8Array.of(byte) })

  test('writes a batch whole, if it was built on the head', async () => {
    const store: ChainStore = open(`${kind}-batch`)
    const node = { table: 'node' as const, key: 'abcd', value: Uint8Array.of(1, 2, 3) }
    await store.write([node, head(1)], undefined)
    expect(store.get('node', 'abcd')).toEqual(expect.objectContaining([1, 2, 3]))
    expect(store.get('header', 'abcd'), 'tables are apart').toBeUndefined()
    const late = { ...node, key: 'ef' }
    await expect(store.write([late, head(2)], undefined)).rejects.toMatchObject({ code: 'store-conflict' })
    expect(store.get('node', 'ef')).toBeUndefined()
    await store.write([late, head(2)], '01')
    expect(store.get('meta', headKey)?.[0]).toBe(2)
    await store.close()
  })
})

test('a folder that can’t be one is named in the error', () => {
  const file = join(folder, 'file')
  writeFileSync(file, 'no folder')
  expect(() => lmdbStore(file)).toThrow(/can't be used/)
})

describe('kill -9 while blocks are made', () => {
  const seed = 7
  const rounds = 5
  const dataFolder = join(folder, 'killed')
  const program = `
    import { startChain } from '@millrace/chain'
    const node = await startChain({
      dataFolder: process.argv[1],
      blockTime: { kind: 'on-demand', leastSeconds: 0.001 },
      rpc: { host: '127.0.0.1', port: 0 },
    })
    console.log(JSON.stringify({ rpcUrl: node.rpcUrl, chainId: node.chainId, head: node.head() }))`

  const children = new Set<ChildProcess>()
  afterAll(() => Promise.all([...children].map(kill)))

  const start = async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, dataFolder], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.add(child)
    child.once('exit', () => children.delete(child))
    let complaint = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text
    })
    const ended = once(child, 'close').then(([code, signal]): never => {
      throw new Error(`the chain ended (${code ?? signal}) before it told its head:\n${complaint}`)
    })
    // Its end by `kill` is nobody's fault.
    ended.catch(() => undefined)
    const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), ended])
    return { child, ...(JSON.parse(line) as { rpcUrl: string; chainId: number; head: { number: number; hash: Hex } }) }
  }
  const kill = async (child: ChildProcess) => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  const title = `loses no block that was told of, and executes again to the same head (seed ${seed})`
  test(title, { timeout: 120_000 }, async () => {
    const random = seededRandom(seed)
    let told: { number: number; hash: Hex } | undefined
    for (let round = 0; round < rounds; round++) {
      const { child, head, ...node } = await start()
      const { account, reader, receipt, wallet } = connect(node, 1)
      if (told !== undefined) {
        expect(head.number).toBeGreaterThanOrEqual(told.number)
        expect((await reader.getBlock({ blockNumber: BigInt(told.number) })).hash).toBe(told.hash)
      }
      const nonce = await reader.getTransactionCount(account)
      const fee = (await reader.getGasPrice()) * 2n
      const fees = { maxFeePerGas: fee, maxPriorityFeePerGas: fee / 2n, gas: 21_000n, type: 'eip1559' } as const
      // The end comes within a few milliseconds of a block that nobody has waited for: where exactly is chance.
      const blocks = 1 + random.below(8)
      for (let i = 0; i <= blocks; i++) {
        const hash = await wallet.sendTransaction({ ...fees, to: account.address, nonce: nonce + i })
        if (i === blocks) break
        const { blockNumber, blockHash } = await receipt(hash)
        told = { number: Number(blockNumber), hash: blockHash }
      }
      await delay(random.below(12))
      await kill(child)
    }
    expect(told?.number).toBeGreaterThan(rounds)
    const store = lmdbStore(dataFolder)
    try {
      const { chain, head, supplies } = await replayed(store)
      expect(head.number).toBeGreaterThanOrEqual(told?.number ?? Number.POSITIVE_INFINITY)
      expect(chain.at(-1)?.hash).toBe(head.hash)
      expect((supplies.at(-1) ?? 0n) + head.burned).toBe(totalSupply)
    } finally {
      await store.close()
    }
  })
})
