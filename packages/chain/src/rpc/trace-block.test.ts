/** debug_traceBlock: blocks by their bytes, the chain's own and ones that never were. */

import { RLP } from '@ethereumjs/rlp'
import { type Hex, hexToBytes, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, rpc, unhurriedChain } from '../../testing/clients.ts'
import type { ChainNode } from '../chain.ts'

const to: Hex = '0x00000000000000000000000000000000000000dd'
const config = { tracer: 'callTracer' }
type Item = Uint8Array | Item[]

let node: ChainNode
/** The head's bytes: a block with one transfer. */
let raw: Hex
let transactionHash: Hex

beforeAll(async () => {
  node = await unhurriedChain()
  const { wallet, receipt } = connect(node, 1)
  transactionHash = await wallet.sendTransaction({ to, value: 7n, gas: 50_000n })
  const { blockNumber } = await receipt(transactionHash)
  raw = (await rpc(node.rpcUrl, 'debug_getRawBlock', toHex(blockNumber))).result as Hex // as eth's other raw bytes
})
afterAll(() => node.close())

const trace = (block: string) => rpc(node.rpcUrl, 'debug_traceBlock', block, config)
const header = (place: number, value: Uint8Array) => {
  const [fields, ...rest] = RLP.decode(hexToBytes(raw)) as [Uint8Array[], ...Item[]] // a block's RLP
  return toHex(RLP.encode([fields.with(place, value), ...rest]))
}
/** The same header over other transactions. */
const holding = (...transactions: readonly Item[]) => {
  const [fields, , ...rest] = RLP.decode(hexToBytes(raw)) as [Uint8Array[], ...Item[]] // a block's RLP
  return toHex(RLP.encode([fields, [...transactions], ...rest]))
}
const signed = async (nonce: number, gas = 21_000n) => {
  const fees = { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n }
  const { account } = connect(node, 2)
  const chainId = node.chainId
  return hexToBytes(await account.signTransaction({ type: 'eip1559', chainId, to, value: 5n, nonce, gas, ...fees }))
}
/** Places in a header. */
const parentHash = 0
const number = 8
const gasLimit = 9
const excessBlobGas = 18
const parentBeaconBlockRoot = 19

describe('debug_traceBlock', () => {
  test('shows the chain’s own block as its number does', async () => {
    const own = await trace(raw)
    expect(own.result).toMatchObject([{ txHash: transactionHash, result: { type: 'CALL', to, value: '0x7' } }])
    expect(own).toEqual(await rpc(node.rpcUrl, 'debug_traceBlockByNumber', toHex(node.head().number), config))
  })

  test('runs a block that never was, and the chain is as it was', async () => {
    const head = node.head()
    const { account, reader } = connect(node, 2)
    const from = account.address.toLowerCase()
    const legacy = await account.signTransaction({
      type: 'legacy',
      chainId: node.chainId,
      to,
      nonce: 1,
      gas: 30_000n,
      gasPrice: 10n ** 12n,
    })
    const { result } = await trace(holding(await signed(0), RLP.decode(hexToBytes(legacy)) as Item))
    expect(result).toMatchObject([
      { result: { from, to, value: '0x5', gasUsed: '0x5208' } },
      { result: { from, gas: '0x7530', gasUsed: '0x5208' } },
    ])
    expect(node.head()).toEqual(head)
    expect(await reader.getTransactionCount({ address: account.address })).toBe(0)
    expect(await reader.getBalance({ address: to })).toBe(7n)
  })

  test.each<[string, () => Promise<string> | string, RegExp]>([
    ['nonsense', () => '0x1234', /could not decode block/],
    ['nothing', () => '0x', /could not decode block/],
    ['half a block', () => raw.slice(0, 202), /could not decode block/],
    ['a list in a header', () => toHex(RLP.encode([[[]], [], []])), /could not decode block/],
    ['block 0', () => header(number, new Uint8Array()), /genesis is not traceable/],
    ['a block on a foreign parent', () => header(parentHash, new Uint8Array(32).fill(1)), /block 0x0101.* not found/],
    ['a block far ahead', () => header(number, hexToBytes('0xffffffffffffffff')), /not found/],
    ['more gas than a block may', () => header(gasLimit, hexToBytes('0x7fffffffffffffff')), /invalid gas limit/],
    ['blobs that are dear for ever', () => header(excessBlobGas, hexToBytes('0xffffffffffffffff')), /excessBlobGas/],
    ['a nonce that is not next', async () => holding(await signed(3)), /tracing failed/],
    ['a transaction beyond the limit', async () => holding(await signed(0, 40_000_000n)), /tracing failed/],
    [
      'a foreign report of consensus',
      () => header(parentBeaconBlockRoot, new Uint8Array(32).fill(1)),
      /no report of consensus/,
    ],
  ])('refuses %s', async (_what, made, message) => {
    expect((await trace(await made())).error).toMatchObject({
      code: -32_000,
      message: expect.stringMatching(message),
    })
  })

  test('refuses more transactions than the gas of a block pays for', async () => {
    const one = await signed(0)
    const { error } = await trace(holding(...Array<Uint8Array>(1500).fill(one)))
    expect(error).toMatchObject({ code: -32_000, message: expect.stringMatching(/gas limit reached: 1500/) })
  })

  test('takes bytes in hex and no more than a request may hold', async () => {
    for (const block of ['12', '0x1', '0xzz', ` ${raw}`]) {
      expect((await trace(block)).error).toMatchObject({ code: -32_602 })
    }
  })

  test('whatever is done to a block’s bytes, it is traced or refused in words', async () => {
    const head = node.head()
    const bytes = hexToBytes(raw)
    // Every byte of the header and of the transaction, changed: most make another block, some make none.
    for (let at = 0; at < bytes.length; at += 3) {
      const changed = Uint8Array.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 0x41
      const { result, error } = await trace(toHex(changed))
      if (error === undefined) expect(result).toBeInstanceOf(Array)
      else expect(error.code, error.message).toBe(-32_000)
    }
    expect(node.head()).toEqual(head)
  })
})
