import { once } from 'node:events'
import fc from 'fast-check'
import { type Hex, toHex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
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
  ...['getProof', 'getStorageValues', 'createAccessList', 'simulateV1', 'newPendingTransactionFilter', 'config'],
  ...['getRawTransactionByHash', 'getHeaderByNumber', 'getUncleByBlockNumberAndIndex', 'subscribe', 'unsubscribe'],
].map((name) => `eth_${name}`)
const otherMethods = [
  ...['debug_getRawBlock', 'debug_getRawReceipts', 'debug_traceCall', 'debug_traceTransaction'],
  ...[
    'debug_traceBlockByNumber',
    'debug_traceBlockByHash',
    'debug_traceBlock',
    'txpool_contentFrom',
    'txpool_inspect',
    'web3_sha3',
  ],
]

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

const codes = [-32_700, -32_600, -32_601, -32_602, -32_000, -32_003, -32_005, 3]
const simulationErrors = [-38_010, -38_011, -38_012, -38_013, -38_014, -38_015, -38_020, -38_021, -38_025, -38_026]

test('any parameters of any method give a result or a typed error, never an internal one', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...methods, ...otherMethods, 'x', 'constructor'),
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

/** Mostly well-formed, so that what is wrong lies deep. */
const quantityText = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 70n }).map((it) => toHex(it)),
  fc.constantFrom('0x0', '0x1', '0x5208', '0xffffffffffffffff', '0x', 'x', null),
)
const place = fc.oneof(
  fc.constantFrom(...[1, 2, 4, 5, 9, 10, 256].map((it) => toHex(it, { size: 20 }))),
  fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => toHex(bytes)),
)
const wordText = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => toHex(bytes))
/** Random instructions, some of them with an effect: stores, logs, calls, creates, destroys, reverts. */
const code = fc
  .array(
    fc.constantFrom('6001', '6000', '80', '55', '54', 'a0', 'a1', 'f0', 'f1', 'f4', 'fa', 'fd', 'ff', '5a', '5b', '56'),
    {
      maxLength: 24,
    },
  )
  .map((ops): Hex => `0x${ops.join('')}`)
const callShape = fc.record(
  {
    from: place,
    to: fc.oneof(place, fc.constant(null)),
    gas: fc.constantFrom('0x0', '0x5208', '0x186a0', '0xffffff', '0xffffffffffffffff'),
    value: fc.constantFrom('0x0', '0x1', '0xffffffffffff'),
    input: fc.oneof(code, hex),
    maxFeePerGas: quantityText,
    maxPriorityFeePerGas: quantityText,
    nonce: quantityText,
    accessList: fc.array(fc.record({ address: place, storageKeys: fc.array(wordText, { maxLength: 2 }) }), {
      maxLength: 2,
    }),
  },
  { requiredKeys: [] },
)
const overridesShape = fc.dictionary(
  place,
  fc.record(
    {
      balance: quantityText,
      nonce: quantityText,
      code,
      state: fc.dictionary(wordText, wordText, { maxKeys: 2 }),
      stateDiff: fc.dictionary(wordText, wordText, { maxKeys: 2 }),
      movePrecompileToAddress: place,
    },
    { requiredKeys: [] },
  ),
  { maxKeys: 3 },
)
const blockShape = fc.record(
  {
    number: fc.constantFrom('0x2', '0x3', '0x5', '0x60', '0xffffffffff'),
    time: quantityText,
    gasLimit: quantityText,
    feeRecipient: place,
    prevRandao: wordText,
    baseFeePerGas: quantityText,
  },
  { requiredKeys: [] },
)
const simulationShape = fc.record(
  {
    blockStateCalls: fc.array(
      fc.record(
        { blockOverrides: blockShape, stateOverrides: overridesShape, calls: fc.array(callShape, { maxLength: 3 }) },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    ),
    validation: fc.boolean(),
    traceTransfers: fc.boolean(),
    returnFullTransactions: fc.boolean(),
  },
  { requiredKeys: [] },
)
const traceShape = fc.constantFrom(
  {},
  { tracer: 'callTracer', tracerConfig: { withLog: true } },
  { enableMemory: true },
)
const deepRequest = fc.oneof(
  fc.tuple(
    fc.constant('eth_simulateV1'),
    fc.tuple(simulationShape, fc.constantFrom('latest', '0x0', '0x1', 'pending')),
  ),
  fc.tuple(
    fc.constantFrom('eth_call', 'eth_estimateGas', 'eth_createAccessList'),
    fc.tuple(callShape, fc.constantFrom('latest', 'pending', '0x0'), overridesShape),
  ),
  fc.tuple(fc.constant('debug_traceCall'), fc.tuple(callShape, fc.constant('latest'), traceShape)),
)

test('calls, overrides and simulations of any shape and code give a result or a typed error', async () => {
  await fc.assert(
    fc.asyncProperty(deepRequest, async ([method, params]) => {
      const { result, error } = await rpc(node.rpcUrl, method, ...params)
      if (error === undefined) expect(result).toBeDefined()
      else expect([...codes, ...simulationErrors, -32_603].includes(error.code), JSON.stringify(error)).toBe(true)
      // The one case that has this code by the specification; an internal error has other words.
      if (error?.code === -32_603) expect(error.message).toMatch(/nonce has max value/)
    }),
    { numRuns: 400, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
  )
  await alive()
})

test('any frame of a WebSocket gives JSON-RPC, nothing, or its end', async () => {
  const frame = fc.oneof(
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
    fc.json({ maxDepth: 3 }),
    fc
      .record({
        method: fc.constantFrom('eth_subscribe', 'eth_unsubscribe', 'eth_chainId'),
        params: fc.array(value, { maxLength: 3 }),
      })
      .map((request) => JSON.stringify({ jsonrpc: '2.0', id: 1, ...request })),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 5 }), async (frames) => {
      const socket = new WebSocket(node.rpcUrl.replace('http', 'ws'))
      await once(socket, 'open')
      const answers: string[] = []
      socket.on('message', (data) => answers.push(String(data)))
      for (const item of frames) socket.send(item)
      const last = once(socket, 'message')
      socket.send('{"jsonrpc":"2.0","id":"last","method":"eth_chainId"}')
      await last
      while (!answers.some((text) => text.includes('"last"'))) await once(socket, 'message')
      for (const text of answers) {
        for (const item of [JSON.parse(text)].flat()) {
          expect(item.jsonrpc).toBe('2.0')
          if (item.error !== undefined) expect(codes).toContain(item.error.code)
        }
      }
      socket.terminate()
    }),
    { numRuns: 100, interruptAfterTimeLimit: 10_000, markInterruptAsFailure: false },
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
