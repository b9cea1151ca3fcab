import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger, systemClock } from '@millrace/base'
import type { Hex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, quickChain, rpc } from '../../testing/clients.ts'
import type { ChainNode } from '../chain.ts'
import { defaultGenesis, resolveGenesis } from '../genesis/config.ts'
import type { RpcError } from '../rpc/errors.ts'
import { openReaders, readerThreads, silenceMsMax, threadJobsMax, waitingJobsMax } from './readers.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-readers-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** JUMPDEST PUSH0 JUMP: burns whatever gas it is given. */
const endless = '0x5b5f56'
const at = '0x00000000000000000000000000000000000000ee'

describe('a chain on disk', () => {
  let node: ChainNode
  beforeAll(async () => {
    node = await quickChain({
      dataFolder: join(folder, 'disk'),
      genesis: { ...defaultGenesis, gasLimit: 50_000_000 },
    })
  })
  afterAll(() => node?.close())

  const burn = () => rpc(node.rpcUrl, 'eth_call', { to: at, gas: '0x2faf080' }, 'latest', { [at]: { code: endless } })

  test('makes blocks and answers while calls burn 50 M gas each', async () => {
    let isOver = false
    const long = Promise.all(Array.from({ length: 20 }, burn)).then((answers) => {
      isOver = true
      return answers
    })
    const { account, wallet, receipt } = connect(node, 1)
    const fees = { maxFeePerGas: 10n ** 13n, maxPriorityFeePerGas: 10n ** 12n, gas: 21_000n, type: 'eip1559' } as const
    const { blockNumber } = await receipt(await wallet.sendTransaction({ ...fees, to: account.address }))
    expect(Number(blockNumber)).toBe(node.head().number)
    expect((await rpc(node.rpcUrl, 'eth_call', { to: at, data: '0x' }, 'latest')).result).toBe('0x')
    expect(isOver, 'a block and a short call come before the long ones are done').toBe(false)
    // Out of gas, or out of time on a machine that has much else to do.
    for (const { error } of await long) expect(error?.code).toBe(-32_000)
  })

  test('threads see the block that was made just now, and no other', async () => {
    const { account, wallet, receipt, reader } = connect(node, 2)
    const to: Hex = '0x00000000000000000000000000000000000000dd'
    for (let i = 1n; i <= 5n; i++) {
      const { blockNumber } = await receipt(await wallet.sendTransaction({ to, value: 1n }))
      // BALANCE of that account, returned.
      const code = `0x73${to.slice(2)}315f5260205ff3` as const
      const call = (block: Hex | 'latest') => rpc(node.rpcUrl, 'eth_call', { to: at }, block, { [at]: { code } })
      expect(BigInt(String((await call('latest')).result))).toBe(i)
      expect(BigInt(String((await call(`0x${(blockNumber - 1n).toString(16)}`)).result))).toBe(i - 1n)
      const trace = await rpc(node.rpcUrl, 'debug_traceBlockByNumber', `0x${blockNumber.toString(16)}`)
      expect(trace.result).toMatchObject([{ result: { gas: 21_000, failed: false } }])
    }
    expect(await reader.getTransactionCount(account)).toBe(5)
    expect((await rpc(node.rpcUrl, 'eth_call', { to: at }, '0xffffff')).error?.message).toBe('header not found')
  })

  test('a revert keeps its code and its data across threads, a wrong parameter its message', async () => {
    // Reverts with one word, 42.
    const code = '0x602a5f5260205ffd'
    const { error } = await rpc(node.rpcUrl, 'eth_call', { to: at }, 'latest', { [at]: { code } })
    expect(error).toMatchObject({ code: 3, data: `0x${'2a'.padStart(64, '0')}` })
    expect((await rpc(node.rpcUrl, 'eth_call', { to: 7 })).error?.code).toBe(-32_602)
  })

  const resolved = resolveGenesis({ ...defaultGenesis, gasLimit: 50_000_000 }, 1, new Uint8Array(16))
  const job = (overrides: object) => ({
    method: 'eth_call',
    params: [{ to: at, gas: '0x2faf080' }, 'latest', overrides],
    head: 1,
    finalized: 1,
    nextTimestamp: 2 ** 32,
  })
  const options = { folder: join(folder, 'disk'), genesis: resolved, logger: silentLogger }

  test('what waits beyond the limit is refused at once, all else is answered', async () => {
    const readers = openReaders({ ...options, clock: systemClock })
    const room = readerThreads * threadJobsMax + waitingJobsMax
    const answers = Array.from({ length: room + 3 }, () => readers.run(job({})).catch((error: RpcError) => error))
    const ended = await Promise.all(answers)
    expect(ended.slice(room)).toMatchObject([{ code: -32_005 }, { code: -32_005 }, { code: -32_005 }])
    for (const answer of ended.slice(0, room)) expect(answer).toMatchObject({ text: '"0x"' })
    await readers.close()
    await expect(readers.run(job({})), 'closed').rejects.toMatchObject({ code: -32_005 })
  })

  test('a thread that is silent for too long is ended with its jobs, and the next job is answered', async () => {
    let now = 0
    const readers = openReaders({ ...options, clock: { now: () => now } })
    expect(await readers.run(job({}))).toMatchObject({ text: '"0x"' })
    const stuck = readers.run(job({ [at]: { code: endless } }))
    now += silenceMsMax + 1
    await expect(stuck).rejects.toMatchObject({ code: -32_000 })
    expect(await readers.run(job({}))).toMatchObject({ text: '"0x"' })
    await readers.close()
  })
})
