/** A server that answers nonsense over real HTTP: every call ends in a typed error or a value of the right shape. */

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { silentLogger, systemClock } from '@millrace/base'
import fc from 'fast-check'
import { toEventSelector } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeChain } from '../testing/fake-rpc.ts'
import { findBond, readPot, readStake } from './bond.ts'
import { advanceCursor } from './cursor.ts'
import { decodeBlock, decodeLogs, decodeReceipt, decodeTransactionCall } from './decode.ts'
import { LedgerError } from './errors.ts'
import { openLedger } from './ledger.ts'
import { createRpc } from './rpc.ts'
import { decodeSimulation } from './simulation.ts'
import { readAccount, readDomain } from './vault.ts'

const vault = `0x${'aa'.repeat(20)}` as const
let server: Server
let url = ''
let answer: { readonly status: number; readonly type: string; readonly body: string } = {
  status: 200,
  type: '',
  body: '',
}

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      response.writeHead(answer.status, { 'content-type': answer.type })
      response.end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // a TCP server has one
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

const open = () => openLedger({ rpcUrl: url, vault }, { clock: systemClock, logger: silentLogger })

test.each([
  ['a web page', { status: 200, type: 'text/html', body: '<html>' }, 'bad-reply'],
  ['an empty body', { status: 200, type: 'application/json', body: '' }, 'bad-reply'],
  ['a list', { status: 200, type: 'application/json', body: '[]' }, 'bad-reply'],
  ['no result', { status: 200, type: 'application/json', body: '{"jsonrpc":"2.0","id":1}' }, 'bad-reply'],
  ['null as chain id', { status: 200, type: 'application/json', body: '{"result":null}' }, 'bad-reply'],
  ['an error that is a string', { status: 200, type: 'application/json', body: '{"error":"no"}' }, 'bad-reply'],
  ['an error', { status: 200, type: 'application/json', body: '{"error":{"code":-32601,"message":"no"}}' }, 'refused'],
  ['not found', { status: 404, type: 'text/plain', body: 'no' }, 'bad-reply'],
  ['a broken gateway', { status: 502, type: 'text/plain', body: 'no' }, 'unreachable'],
])('%s is refused with its code', async (_, reply, code) => {
  answer = reply
  await expect(open()).rejects.toMatchObject({ name: 'LedgerError', code })
})

test('any JSON over HTTP ends in a typed error', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.json(),
        fc.jsonValue().map((result) => JSON.stringify({ result })),
      ),
      async (body) => {
        answer = { status: 200, type: 'application/json', body }
        await expect(open()).rejects.toBeInstanceOf(LedgerError)
        await expect(readAccount(createRpc(url), vault, vault)).rejects.toBeInstanceOf(LedgerError)
      },
    ),
    { numRuns: 60 },
  )
})

test('a URL of another kind is refused before anything is sent', () => {
  for (const wrong of ['', 'localhost:8545', 'ftp://x', 'ws://x']) {
    expect(() => createRpc(wrong)).toThrow(expect.objectContaining({ code: 'bad-input' }))
  }
  expect(createRpc('http://me:secret@127.0.0.1:1').url).not.toContain('secret')
})

const hex = fc.uint8Array({ maxLength: 40 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`)
const word = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`)
const field = fc.oneof(hex, word, fc.jsonValue())
const someObject = fc.record(
  Object.fromEntries(
    [
      'number',
      'hash',
      'parentHash',
      'timestamp',
      'baseFeePerGas',
      'status',
      'logs',
      'gasUsed',
      'topics',
      'data',
      'to',
      'input',
    ].map((name) => [name, field]),
  ),
)

const someLog = fc.record({ address: field, topics: fc.oneof(field, fc.array(word, { maxLength: 5 })), data: field })
const someCall = fc.record({
  status: fc.constantFrom('0x0', '0x1', 1),
  logs: fc.oneof(field, fc.array(someLog)),
  error: fc.oneof(field, fc.record({ message: field, data: field })),
})
const someSimulation = fc.array(fc.record({ calls: fc.oneof(field, fc.array(someCall)) }), { maxLength: 2 })

test('decoders answer or throw a typed error', () => {
  fc.assert(
    fc.property(fc.oneof(someObject, fc.jsonValue(), fc.array(someObject), someSimulation), (value) => {
      for (const decode of [decodeBlock, decodeReceipt, decodeLogs, decodeTransactionCall, decodeSimulation]) {
        try {
          decode(value)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(LedgerError)
        }
      }
    }),
    { numRuns: 1_000 },
  )
})

test('events and return data of any bytes are typed errors or values', async () => {
  const data = fc.uint8Array({ maxLength: 300 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`)
  await fc.assert(
    fc.asyncProperty(data, fc.array(word, { maxLength: 4 }), fc.boolean(), async (bytes, topics, known) => {
      const chain = fakeChain()
      chain.grow(3)
      const deposited = toEventSelector('Deposited(address,address,uint256)')
      const overissued = toEventSelector('Overissued(address,address,uint256,uint256,uint256)')
      const log = {
        address: vault,
        topics: known ? [bytes.length % 4 === 0 ? deposited : overissued, ...topics.slice(1)] : topics,
        data: bytes,
      }
      chain.on('eth_getLogs', () => [
        { ...log, blockNumber: '0x1', blockHash: chain.hashOf(1), transactionHash: chain.hashOf(1), logIndex: '0x0' },
      ])
      chain.on('eth_call', () => bytes)
      chain.on('eth_getCode', () => bytes)
      const cursor = { genesisHash: chain.hashOf(0), blockNumber: 0n, blockHash: chain.hashOf(0) }
      const tries = [
        advanceCursor(chain.rpc, [vault], cursor, 9n),
        readAccount(chain.rpc, vault, vault),
        readStake(chain.rpc, vault, vault),
        readPot(chain.rpc, vault, vault, vault),
        findBond(chain.rpc, vault, vault),
        readDomain(chain.rpc, vault),
      ]
      for (const outcome of await Promise.allSettled<unknown>(tries)) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(LedgerError)
      }
    }),
    { numRuns: 300 },
  )
})
