import { once } from 'node:events'
import { getAddress, type Hex, keccak256, parseEther } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { connect, quickChain, rpc } from '../../testing/clients.ts'
import type { ChainNode } from '../chain.ts'
import { bodyBytesMax } from './server.ts'
import { receiptHashesMax, subscriptionsMax } from './subscription-methods.ts'

let node: ChainNode
beforeAll(async () => {
  node = await quickChain()
})
afterAll(() => node.close())

type Message = Readonly<Record<string, unknown>>

/** A connection whose messages come out one by one, in order. */
async function dial(url = node.rpcUrl.replace('http', 'ws'), headers: Record<string, string> = {}) {
  const socket = new WebSocket(url, { headers })
  const messages: Message[] = []
  let wake = () => {}
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)))
    wake()
  })
  await once(socket, 'open')
  const next = async (): Promise<Message> => {
    for (;;) {
      const message = messages.shift()
      if (message !== undefined) return message
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  let id = 0
  const ask = async (method: string, ...params: unknown[]): Promise<Message> => {
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params }))
    return next()
  }
  const end = async () => {
    const closed = once(socket, 'close')
    socket.close()
    await closed
  }
  return { socket, next, ask, end }
}

describe('a WebSocket', () => {
  test('answers requests and batches as HTTP does, in their order', async () => {
    const { ask, socket, next, end } = await dial()
    expect(await ask('eth_chainId')).toEqual({ jsonrpc: '2.0', id: 1, result: '0x4e16' })
    for (const id of [7, 8, 9]) socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'net_version' }))
    for (const id of [7, 8, 9]) expect(await next()).toMatchObject({ id, result: '19990' })
    socket.send('[{"jsonrpc":"2.0","id":1,"method":"eth_syncing"},{"jsonrpc":"2.0","id":2,"method":"nothing"}]')
    expect(await next()).toMatchObject([{ result: false }, { error: { code: -32_601 } }])
    socket.send('{')
    expect(await next()).toMatchObject({ id: null, error: { code: -32_700 } })
    await end()
  })

  test('tells of heads, logs and waiting transactions, each under the id that its answer named', async () => {
    const { ask, next, end } = await dial()
    const heads = (await ask('eth_subscribe', 'newHeads')).result
    const pending = (await ask('eth_subscribe', 'newPendingTransactions')).result
    const logs = (await ask('eth_subscribe', 'logs', { address: node.vaultAddress })).result
    const others = (await ask('eth_subscribe', 'logs', { address: `0x${'ab'.repeat(20)}` })).result
    expect(new Set([heads, pending, logs, others]).size).toBe(4)
    const { wallet, account, receipt } = connect(node, 1)
    const data: Hex = `0xaa67c919${account.address.slice(2).padStart(64, '0')}`
    const hash = await wallet.sendTransaction({ to: node.vaultAddress, value: parseEther('1'), data, gas: 100_000n })
    const done = await receipt(hash)
    const told = new Map<unknown, unknown>()
    for (let i = 0; i < 3; i++) {
      const { method, params } = await next()
      expect(method).toBe('eth_subscription')
      const { subscription, result } = params as { subscription: unknown; result: unknown } // eth_subscription's shape
      told.set(subscription, result)
    }
    expect(told.get(pending)).toBe(hash)
    const { result: block } = await rpc(node.rpcUrl, 'eth_getBlockByHash', done.blockHash, false)
    expect(block).toMatchObject(told.get(heads) as object) // a header is an object
    expect(told.get(heads)).toMatchObject({ hash: done.blockHash })
    const { result: stored } = await rpc(node.rpcUrl, 'eth_getLogs', { blockHash: done.blockHash })
    expect([told.get(logs)]).toEqual(stored)
    expect(getAddress((told.get(logs) as { address: Hex }).address)).toBe(node.vaultAddress) // a log
    for (const id of [heads, pending, logs]) expect(await ask('eth_unsubscribe', id)).toMatchObject({ result: true })
    expect(await ask('eth_unsubscribe', heads)).toMatchObject({ error: { code: -32_000 } })
    await receipt(await wallet.sendTransaction({ to: account.address, gas: 21_000n }))
    expect(await ask('eth_chainId'), 'nothing came in between').toMatchObject({ result: '0x4e16' })
    await end()
  })

  test('is told of receipts, a block’s in one notification: of all, or of those named', async () => {
    const { ask, next, end } = await dial()
    const { wallet, account, receipt, reader } = connect(node, 6)
    const gas = 21_000n
    const nonce = await reader.getTransactionCount(account)
    const transfer = { to: account.address, gas, maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n }
    const signed = await wallet.signTransaction({ ...transfer, nonce: nonce + 1, type: 'eip1559' })
    const named = [keccak256(signed), `0x${'00'.repeat(32)}`]
    const all = (await ask('eth_subscribe', 'transactionReceipts')).result
    const some = (await ask('eth_subscribe', 'transactionReceipts', { transactionHashes: named })).result
    const none = (await ask('eth_subscribe', 'transactionReceipts', { transactionHashes: [named[1]] })).result
    const empty = (await ask('eth_subscribe', 'transactionReceipts', { transactionHashes: [] })).result
    expect(new Set([all, some, none, empty]).size).toBe(4)
    // Both wait behind a gap until the first fills it: they come in one block.
    await wallet.sendRawTransaction({ serializedTransaction: signed })
    const first = await wallet.sendTransaction({ ...transfer, nonce })
    const { blockHash } = await receipt(first)
    await receipt(keccak256(signed))
    const { result: stored } = await rpc(node.rpcUrl, 'eth_getBlockReceipts', blockHash)
    expect(stored).toMatchObject([{ transactionHash: first }, { transactionHash: named[0] }])
    const told = new Map<unknown, unknown>()
    for (let i = 0; i < 3; i++) {
      const { params } = await next()
      const { subscription, result } = params as { subscription: unknown; result: unknown } // eth_subscription's shape
      told.set(subscription, result)
    }
    expect(told.get(all)).toEqual(stored)
    expect(told.get(empty)).toEqual(stored)
    expect(told.get(some)).toEqual([(stored as unknown[])[1]]) // a list, as was asserted
    const refused = (transactionHashes: unknown) => ask('eth_subscribe', 'transactionReceipts', { transactionHashes })
    for (const hashes of [3, ['0x12']]) expect(await refused(hashes)).toMatchObject({ error: { code: -32_602 } })
    const tooMany = Array(receiptHashesMax + 1).fill(named[0])
    expect(await refused(tooMany)).toMatchObject({ error: { code: -32_000 } })
    await end()
  })

  test('is told once that a chain that makes its own blocks is not behind', async () => {
    const { ask, next, end } = await dial()
    const { result: subscription } = await ask('eth_subscribe', 'syncing')
    expect(await next()).toMatchObject({ method: 'eth_subscription', params: { subscription, result: false } })
    expect(await ask('eth_unsubscribe', subscription)).toMatchObject({ result: true })
    await end()
  })

  test('has at most so many subscriptions, and forgets them with the connection', async () => {
    const first = await dial()
    for (let i = 0; i < subscriptionsMax; i++) {
      expect((await first.ask('eth_subscribe', 'newPendingTransactions')).result).toMatch(/^0x/)
    }
    expect(await first.ask('eth_subscribe', 'newHeads')).toMatchObject({ error: { code: -32_005 } })
    const second = await dial()
    expect((await second.ask('eth_subscribe', 'newHeads')).result).toMatch(/^0x/)
    expect(await second.ask('eth_subscribe', 'nonsense')).toMatchObject({ error: { code: -32_601 } })
    expect(await second.ask('eth_subscribe', 'logs', { topics: 3 })).toMatchObject({ error: { code: -32_602 } })
    expect(await second.ask('eth_unsubscribe', '0x1')).toMatchObject({ error: { code: -32_000 } })
    await first.end()
    await second.end()
  })

  test('ends when a message is too large, and the server lives', async () => {
    const { socket } = await dial()
    const closed = once(socket, 'close')
    socket.send(' '.repeat(bodyBytesMax + 1))
    expect((await closed)[0]).toBe(1009)
    expect((await rpc(node.rpcUrl, 'eth_chainId')).result).toBe('0x4e16')
  })

  test('subscriptions over HTTP are refused in words', async () => {
    const { error } = await rpc(node.rpcUrl, 'eth_subscribe', 'newHeads')
    expect(error).toMatchObject({ code: -32_601, message: expect.stringMatching(/notifications not supported/) })
  })
})

describe('web pages', () => {
  const post = (origin: string, url = node.rpcUrl, method = 'POST') =>
    fetch(url, {
      method,
      headers: { origin },
      ...(method === 'POST' ? { body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}' } : {}),
    })

  test('may not ask, and wallets’ extensions may', async () => {
    for (const origin of ['https://page.example', 'http://localhost:3000', 'null']) {
      expect((await post(origin)).status).toBe(403)
      const refused = new WebSocket(node.rpcUrl.replace('http', 'ws'), { headers: { origin } })
      const [error] = await once(refused, 'error')
      expect(String(error)).toMatch(/403/)
    }
    const extension = await post('chrome-extension://abcdef')
    expect(extension.status).toBe(200)
    expect(extension.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('may when their origin is listed', async () => {
    const origin = 'https://page.example'
    const open = await quickChain({ rpc: { host: '127.0.0.1', port: 0, origins: [origin] } })
    try {
      expect((await post(origin, open.rpcUrl, 'OPTIONS')).status).toBe(204)
      const answer = await post(origin, open.rpcUrl)
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
      expect(await answer.json()).toMatchObject({ result: '0x4e16' })
      expect((await post('https://other.example', open.rpcUrl)).status).toBe(403)
      const { ask, end } = await dial(open.rpcUrl.replace('http', 'ws'), { origin })
      expect(await ask('eth_chainId')).toMatchObject({ result: '0x4e16' })
      await end()
    } finally {
      await open.close()
    }
  })
})
