import fc from 'fast-check'
import { toHex } from 'viem'
import { expect, test } from 'vitest'
import { ChainError } from '../../errors.ts'
import {
  accountProof,
  amount,
  balancesPage,
  blockPlace,
  blockReceipts,
  builtTrial,
  bytes,
  callOutput,
  forkchoiceStatus,
  moduleNames,
  payloadStatus,
  texts,
  trial,
} from './answers.ts'

const seed = Number(process.env.MILLRACE_FUZZ_SEED ?? Date.now() % 2 ** 31)

const word = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((value) => toHex(value))
const text = fc.constantFrom('0x', '0x0', '0x1', '0xzz', '1', 'VALID', 'INVALID', '0x01', `0x${'f'.repeat(65)}`)
const leaf = fc.oneof(
  word,
  text,
  fc.constant(null),
  fc.double(),
  fc.boolean(),
  fc.uint8Array().map((it) => toHex(it)),
)
const names = [
  ...[
    'status',
    'validationError',
    'payloadStatus',
    'stateRoot',
    'gasUsed',
    'calls',
    'logs',
    'address',
    'topics',
    'data',
  ],
  ...[
    'executionPayload',
    'gasLimit',
    'receiptsRoot',
    'logsBloom',
    'returnData',
    'accounts',
    'balance',
    'next',
    'number',
  ],
  ...['hash', 'nonce', 'codeHash', 'storageHash', 'accountProof', 'storageProof', 'value', 'proof', '__proto__'],
]
const { any } = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'medium' },
    leaf,
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...names), tie('any'), { maxKeys: 8 }),
  ),
}))

const decoders: Readonly<Record<string, (value: unknown) => unknown>> = {
  payloadStatus,
  forkchoiceStatus,
  trial: (value) => trial(value, 1),
  builtTrial: (value) => builtTrial(value, 1n),
  blockReceipts: (value) => blockReceipts(value, 1),
  callOutput,
  accountProof,
  balancesPage,
  blockPlace,
  moduleNames,
  texts,
  amount,
  bytes: (value) => bytes(value, 'bytes'),
}

test.each(Object.entries(decoders))(`%s answers or refuses in words, seed ${seed}`, async (_name, decode) => {
  await fc.assert(
    fc.asyncProperty(any, async (value) => {
      try {
        await decode(value)
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(ChainError)
      }
    }),
    { seed, numRuns: 300 },
  )
})

const log = { address: `0x${'AB'.repeat(20)}`, topics: [`0x${'0C'.repeat(32)}`], data: '0x01' }
const result = { status: '0x1', gasUsed: '0x5208', logs: [log] }

test('takes what geth answers, in lower case', async () => {
  const found = {
    status: 1,
    gasUsed: 21_000n,
    logs: [{ ...log, address: log.address.toLowerCase(), topics: [`0x${'0c'.repeat(32)}`] }],
  }
  expect(await blockReceipts([result], 1)).toEqual([found])
  const block = { stateRoot: `0x${'11'.repeat(32)}`, gasUsed: '0x5208', calls: [result] }
  const stateRoot = new Uint8Array(32).fill(0x11)
  expect(await trial([block], 1)).toEqual({ kind: 'results', stateRoot, gasUsed: 21_000n, results: [found] })
})

test.each([
  ['a receipt too few', [], 1],
  ['a receipt too many', [result, result], 1],
  ['a status of another kind', [{ ...result, status: '0x2' }], 1],
  ['five topics', [{ ...result, logs: [{ ...log, topics: Array.from({ length: 5 }, () => log.topics[0]) }] }], 1],
  ['a torn address', [{ ...result, logs: [{ ...log, address: '0xab' }] }], 1],
])('refuses %s', async (_name, answer, count) => {
  await expect(blockReceipts(answer, count)).rejects.toThrow(ChainError)
})
