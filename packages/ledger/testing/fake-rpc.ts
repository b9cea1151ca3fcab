/** A chain of empty blocks behind the `Rpc` shape, for what a real node cannot be made to do: reorganise, answer nonsense. */

import { encodeAbiParameters, type Hex, keccak256, toBytes } from 'viem'
import { LedgerError } from '../src/errors.ts'
import type { Rpc } from '../src/rpc.ts'

export type Handler = (params: readonly unknown[]) => unknown

export interface FakeChain {
  readonly rpc: Rpc
  /** Methods called, in order. */
  readonly calls: string[]
  /** Answers of one method from now on; throw to refuse. */
  on(method: string, handler: Handler): void
  /** Makes the chain `length` blocks long; blocks from `from` on carry the name of `branch`. */
  grow(length: number, branch?: string, from?: number): void
  hashOf(number: number): Hex
  addLog(block: number, log: { readonly address: Hex; readonly topics: readonly Hex[]; readonly data: Hex }): void
}

export function quantity(value: bigint | number): Hex {
  return `0x${value.toString(16)}`
}

export function fakeChain(): FakeChain {
  const blocks: Hex[] = [keccak256(toBytes('genesis'))]
  const logs: { readonly block: number; readonly fields: object }[] = []
  const calls: string[] = []
  const handlers = new Map<string, Handler>()
  const numberOf = (tag: unknown): number => (tag === 'latest' ? blocks.length - 1 : Number(tag))
  const blockAt = (tag: unknown): unknown => {
    const number = numberOf(tag)
    const hash = blocks[number]
    if (hash === undefined) return null
    const parentHash = blocks[number - 1] ?? keccak256('0x')
    return { number: quantity(number), hash, parentHash, timestamp: quantity(1_000 + number), baseFeePerGas: '0x7' }
  }
  handlers.set('eth_getBlockByNumber', ([tag]) => blockAt(tag))
  handlers.set('eth_getLogs', ([filter]) => {
    const { fromBlock, toBlock } = filter as { fromBlock: string; toBlock: string } // what the cursor sends
    return logs.flatMap(({ block, fields }) =>
      block < Number(fromBlock) || block > Number(toBlock) ? [] : [{ ...fields, blockHash: blocks[block] }],
    )
  })
  handlers.set('eth_call', () =>
    encodeAbiParameters(
      Array.from({ length: 6 }, () => ({ type: 'uint256' })),
      [9n, 0n, 0n, 9n, 0n, 0n],
    ),
  )
  return {
    calls,
    rpc: {
      url: 'http://fake/',
      async call(method, params, decode) {
        calls.push(method)
        const handler = handlers.get(method)
        if (handler === undefined) throw new LedgerError('refused', `no ${method}`)
        return decode(handler(params))
      },
    },
    on: (method, handler) => handlers.set(method, handler),
    grow(length, branch = 'main', from = blocks.length) {
      blocks.length = from
      while (blocks.length < length) blocks.push(keccak256(toBytes(`${branch} ${blocks.length}`)))
    },
    hashOf: (number) => blocks[number] ?? '0x',
    addLog(block, log) {
      const place = { blockNumber: quantity(block), transactionHash: keccak256('0x00'), logIndex: '0x0' }
      logs.push({ block, fields: { ...log, ...place } })
    },
  }
}
