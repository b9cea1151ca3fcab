import fc from 'fast-check'
import { toHex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { quickChain, rpc } from '../../testing/clients.ts'
import type { ChainNode } from '../chain.ts'
import { bodyBytesMax } from './server.ts'

let node: ChainNode
beforeAll(async () => {
  node = await quickChain()
})
afterAll(() => node.close())

const post = async (body: string | Uint8Array<ArrayBuffer>) => {
  const response = await fetch(node.rpcUrl, { method: 'POST', body })
  const text = await response.text()
  return { status: response.status, answer: text === '' ? undefined : JSON.parse(text) }
}
const alive = async () => expect((await rpc(node.rpcUrl, 'eth_chainId')).result).toBe(toHex(19_990))

const methods = [
  ...['blockNumber', 'getBlockByNumber', 'getBlockByHash', 'getBalance', 'getTransactionCount', 'estimateGas', 'call'],
  ...[
    'sendRawTransaction',
    'getTransactionByHash',
    'getTransactionReceipt',
    'getBlockReceipts',
    'getLogs',
    'newFilter',
  ],
  ...['getFilterChanges', 'getFilterLogs', 'uninstallFilter', 'feeHistory', 'gasPrice', 'getCode', 'getStorageAt'],
  ...['getBlockTransactionCountByNumber', 'getTransactionByBlockHashAndIndex', 'syncing', 'accounts'],
].map((name) => `eth_${name}`)

const hex = fc.uint8Array({ maxLength: 40 }).map((bytes) => toHex(bytes))
const word = fc.constantFrom(
  'latest',
  'pending',
  'earliest',
  '0x',
  '0x0',
  '0x1',
  '0x01',
  '0xffffffffffffffffff',
  'constructor',
)
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    hex,
    word,
    fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => toHex(bytes)),
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => toHex(bytes)),
    fc.constantFrom(null, true, -1, 1e99, 0.5, 3),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(
      fc.constantFrom(
        'from',
        'to',
        'data',
        'value',
        'gas',
        'gasPrice',
        'address',
        'topics',
        'fromBlock',
        'toBlock',
        'blockHash',
        'accessList',
        '__proto__',
      ),
      tie('any'),
      { maxKeys: 5 },
    ),
  ),
})).any

const codes = [-32_700, -32_600, -32_601, -32_602, -32_000, -32_005, 3]

test('any parameters of any method give a result or a typed error, never an internal one', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...methods, 'x', 'constructor'),
      fc.array(value, { maxLength: 4 }),
      async (method, params) => {
        const { result, error } = await rpc(node.rpcUrl, method, ...params)
        if (error === undefined) expect(result).toBeDefined()
        else expect(codes).toContain(error.code)
      },
    ),
    { numRuns: 400, interruptAfterTimeLimit: 5000, markInterruptAsFailure: false },
  )
  await alive()
})

test('any body gives JSON-RPC or nothing', async () => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
    fc.json({ maxDepth: 3 }),
    fc
      .array(
        fc.record(
          {
            jsonrpc: fc.constantFrom('2.0', '1.0'),
            id: fc.constantFrom(1, null, 'a', {}),
            method: fc.constantFrom('eth_chainId', 'no'),
          },
          { requiredKeys: [] },
        ),
      )
      .map((batch) => JSON.stringify(batch)),
  )
  await fc.assert(
    fc.asyncProperty(body, async (bytes) => {
      const { status, answer } = await post(bytes)
      expect([200, 204]).toContain(status)
      for (const item of Array.isArray(answer) ? answer : answer === undefined ? [] : [answer]) {
        expect(item.jsonrpc).toBe('2.0')
        if (item.error !== undefined) expect(codes).toContain(item.error.code)
      }
    }),
    { numRuns: 300, interruptAfterTimeLimit: 5000, markInterruptAsFailure: false },
  )
  await alive()
})

test('torn and altered transactions are refused with words', async () => {
  const { devAccount } = await import('../genesis/accounts.ts')
  const fees = { gas: 21_000n, maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n }
  const raw = await devAccount(0).signTransaction({
    ...fees,
    type: 'eip1559',
    nonce: 5,
    chainId: 19_990,
    to: devAccount(1).address,
  })
  const bytes = Buffer.from(raw.slice(2), 'hex')
  await fc.assert(
    fc.asyncProperty(
      fc.nat(bytes.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (at, flip, cut) => {
        const altered = Uint8Array.from(cut ? bytes.subarray(0, at) : bytes)
        if (!cut) altered[at] = (altered[at] ?? 0) ^ flip
        const { result, error } = await rpc(node.rpcUrl, 'eth_sendRawTransaction', toHex(altered))
        // A bit in a price, the recipient or the value only makes another sender, who has no money.
        expect(result).toBeUndefined()
        expect(error?.message.length).toBeGreaterThan(5)
        expect([-32_602, -32_000]).toContain(error?.code)
      },
    ),
    { numRuns: 200, interruptAfterTimeLimit: 5000, markInterruptAsFailure: false },
  )
  await alive()
})

test('the protocol’s own errors have the protocol’s codes', async () => {
  const code = async (body: string) => (await post(body)).answer?.error?.code
  expect(await code('{')).toBe(-32_700)
  expect(await code('[]')).toBe(-32_600)
  expect(await code('7')).toBe(-32_600)
  expect(await code('{"jsonrpc":"2.0","id":1}')).toBe(-32_600)
  expect(await code('{"jsonrpc":"2.0","id":1,"method":"eth_nothing"}')).toBe(-32_601)
  expect(await code('{"jsonrpc":"2.0","id":1,"method":"toString"}')).toBe(-32_601)
  expect(await code('{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x1"]}')).toBe(-32_602)
  expect(await code('{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":{}}')).toBe(-32_602)
  const many = JSON.stringify(
    Array.from({ length: 201 }, (_item, id) => ({ jsonrpc: '2.0', id, method: 'eth_chainId' })),
  )
  expect(await code(many)).toBe(-32_600)
  const batch = '[{"jsonrpc":"2.0","id":7,"method":"net_version"},{"jsonrpc":"2.0","method":"net_version"},3]'
  expect((await post(batch)).answer).toEqual([
    { jsonrpc: '2.0', id: 7, result: '19990' },
    { jsonrpc: '2.0', id: null, error: { code: -32_600, message: 'invalid request: expected an object' } },
  ])
  expect(await post('{"jsonrpc":"2.0","method":"eth_chainId"}')).toEqual({ status: 204, answer: undefined })
  expect((await fetch(node.rpcUrl)).status).toBe(405)
  expect((await post(' '.repeat(bodyBytesMax + 1))).status).toBe(413)
  await alive()
})
