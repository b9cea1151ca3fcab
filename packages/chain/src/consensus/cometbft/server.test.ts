/** The server over a real Unix socket: order, faults of the peer, and what the mempool's calls do. */

import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { concatBytes, silentLogger } from '@millrace/base'
import { parseEther } from 'viem'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { openNode } from '../../../testing/abci-node.ts'
import { testGenesis, testValidator } from '../../../testing/validator-set.ts'
import { createMempool, retellBlocks } from '../../app/mempool.ts'
import { devAccount } from '../../genesis/accounts.ts'
import { bytesOf } from '../../hex.ts'
import { memoryStore } from '../../store/store.ts'
import { createFrameDecoder, encodeFrame, frameBytesMax } from './frames.ts'
import { request, response } from './messages.ts'
import { decode, encode, type Of } from './proto.ts'
import { type AbciServer, startAbciServer } from './server.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-abci-'))
const path = join(folder, 'abci.sock')
const genesis = testGenesis([testValidator('a')])
let server: AbciServer

const parts = async () => (await openNode({ genesis, store: memoryStore(), signer: testValidator('a').signer })).parts

beforeEach(async () => {
  server = await startAbciServer(await parts(), path, silentLogger)
})
afterEach(() => server.close())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Sends these bytes and reads until as many answers have come, or the server has closed. */
async function exchange(bytes: Uint8Array, count: number): Promise<readonly Of<typeof response>[]> {
  const socket = createConnection(path)
  await once(socket, 'connect')
  const decoder = createFrameDecoder()
  const answers: Of<typeof response>[] = []
  socket.write(bytes)
  for await (const chunk of socket) {
    const frames = decoder.push(chunk)
    if (!frames.ok) throw new Error(frames.error)
    for (const frame of frames.value) {
      const decoded = decode(response, frame)
      if (!decoded.ok) throw new Error(decoded.error)
      answers.push(decoded.value)
    }
    if (answers.length >= count) break
  }
  socket.destroy()
  return answers
}

const frame = (value: Partial<Of<typeof request>>) => encodeFrame(encode(request, value))
const signed = async (nonce: number) => {
  const fee = { maxFeePerGas: 2n * 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n, gas: 21_000n }
  const to = '0x00000000000000000000000000000000000000dd'
  const chainId = genesis.chainId
  return bytesOf(
    await devAccount(1).signTransaction({ type: 'eip1559', chainId, nonce, to, value: parseEther('1'), ...fee }),
  )
}

test('calls that come in one piece are answered in their order', async () => {
  const calls = [
    frame({ echo: { message: 'first' } }),
    frame({ info: { version: '', abciVersion: '' } }),
    frame({ insertTx: { tx: await signed(0) } }),
    frame({ flush: {} }),
    frame({ echo: { message: 'last' } }),
  ]
  const answers = await exchange(concatBytes(calls), 5)
  expect(answers.map((answer) => Object.entries(answer).find(([, value]) => value !== undefined)?.[0])).toEqual([
    'echo',
    'info',
    'insertTx',
    'flush',
    'echo',
  ])
  expect(answers.map(({ echo }) => echo?.message).filter(Boolean)).toEqual(['first', 'last'])
})

test('a call that no state allows, or none at all, is an exception, and the connection ends', async () => {
  const [early] = await exchange(frame({ commit: {} }), 9)
  expect(early?.exception?.error).toMatch(/commit without a finalized block/)
  const [none] = await exchange(encodeFrame(new Uint8Array(0)), 9)
  expect(none?.exception?.error).toMatch(/names no known call/)
  const [two] = await exchange(frame({ flush: {}, commit: {} }), 9)
  expect(two?.exception?.error).toMatch(/or several/)
  const [torn] = await exchange(encodeFrame(Uint8Array.of(0x0a, 0x7f)), 9)
  expect(torn?.exception?.error).toMatch(/malformed/)
  const [huge] = await exchange(Uint8Array.of(0xff, 0xff, 0xff, 0x7f), 9)
  expect(huge?.exception?.error).toBe(`a message of ${2 ** 28 - 1} bytes: expected at most ${frameBytesMax}`)
})

test('another genesis is refused before anything is executed', async () => {
  const call = {
    time: undefined,
    chainId: 'millrace-19990',
    consensusParams: { block: undefined, evidence: undefined, abci: { voteExtensionsEnableHeight: 1n } },
    validators: [],
    appStateBytes: Buffer.from('"0x00"'),
    initialHeight: 1n,
  }
  const answers = await Promise.all([
    exchange(frame({ initChain: call }), 1),
    exchange(frame({ initChain: { ...call, chainId: 'other' } }), 1),
    exchange(frame({ initChain: { ...call, initialHeight: 2n } }), 1),
    exchange(frame({ initChain: { ...call, consensusParams: undefined } }), 1),
  ])
  expect(answers.map(([answer]) => answer?.exception?.error)).toEqual([
    expect.stringContaining('consensus begins with genesis 0x00'),
    expect.stringContaining('chain_id other'),
    expect.stringContaining('initial_height 2'),
    expect.stringContaining('vote extensions from height undefined'),
  ])
})

test('the socket is its owner’s alone, one of a dead node is taken over, one of a live node is not', async () => {
  expect(statSync(path).mode & 0o777).toBe(0o600)
  await expect(startAbciServer(await parts(), path, silentLogger)).rejects.toMatchObject({ code: 'listen-failed' })
  expect((await exchange(frame({ echo: { message: 'still here' } }), 1))[0]?.echo?.message).toBe('still here')
  const stale = join(folder, 'stale.sock')
  writeFileSync(stale, '')
  const other = await startAbciServer(await parts(), stale, silentLogger)
  await other.close()
  await expect(startAbciServer(await parts(), join(folder, 'x'.repeat(120)), silentLogger)).rejects.toThrow(/too long/)
})

test('a transaction is told to peers once, and again only when it has waited long', async () => {
  const { chain } = await openNode({ genesis, store: memoryStore() })
  let head = 5
  const { pool, common, submit } = chain
  const mempool = createMempool({ pool, common, gasLimit: () => 30_000_000n, submit, headNumber: () => head })
  const [zero, one, gap] = await Promise.all([signed(0), signed(1), signed(40)])
  expect((await mempool.insert(one)).kind, 'a gap waits').toBe('taken')
  expect((await mempool.insert(zero)).kind).toBe('taken')
  expect((await mempool.insert(zero)).kind, 'known').toBe('taken')
  expect(mempool.reap(0)).toEqual([one, zero])
  expect(mempool.reap(0)).toEqual([])
  await mempool.insert(gap)
  expect(mempool.reap(10), 'no room').toEqual([])
  expect(mempool.reap(1000)).toEqual([gap])
  head += retellBlocks
  expect(mempool.reap(0), 'a gap is told of once').toEqual([one, zero])
  for (let nonce = 2; nonce < 40; nonce++) await mempool.insert(await signed(nonce))
  expect(mempool.reap(0)[0], 'until it has closed').toEqual(gap)
  expect(await mempool.insert(Uint8Array.of(3, 1))).toMatchObject({ kind: 'never' })
  expect(await mempool.insert(await signed(64))).toMatchObject({
    kind: 'later',
    message: expect.stringContaining('nonce too high'),
  })
})
