/** What the vault holds and what its events say, at one block: read through RPC alone. */

import { vaultAbi } from '@millrace/contracts'
import { type Address, createPublicClient, custom, parseEventLogs } from 'viem'
import type { Market } from './economy.ts'
import type { Place } from './network.ts'
import { request } from './request.ts'

export interface VaultSums {
  readonly block: bigint
  /** The contract's BTT. */
  readonly held: bigint
  /** Of all keys that ever had a deposit, as the contract's books say at that block. */
  readonly deposited: bigint
  readonly balances: bigint
  readonly paidOut: bigint
  readonly withdrawn: bigint
}

/** One entry a block, from the first to the newest. `place` is where the chain is. */
export async function vaultAtEachBlock({ rpc, vault }: Market, place: Place): Promise<readonly VaultSums[]> {
  const client = createPublicClient({ transport: custom({ request: (call) => answerOf(place, rpc, call) }) })
  const address = vault as Address // an option of the program, checked there
  const head = await client.getBlockNumber({ cacheTime: 0 })
  const logs = await client.getLogs({ address, fromBlock: 0n, toBlock: head })
  const deposits = parseEventLogs({ abi: vaultAbi, eventName: 'Deposited', logs })
  const blocks = Array.from({ length: Number(head) }, (_, index) => BigInt(index + 1))
  return Promise.all(
    blocks.map(async (block) => {
      const keys = new Set(deposits.filter(({ blockNumber }) => blockNumber <= block).map(({ args }) => args.key))
      const books = await Promise.all(
        [...keys].map((key) =>
          client.readContract({ address, abi: vaultAbi, functionName: 'account', args: [key], blockNumber: block }),
        ),
      )
      const sum = (place: 0 | 1 | 2 | 3): bigint => books.reduce((total, account) => total + account[place], 0n)
      const held = await client.getBalance({ address, blockNumber: block })
      return { block, held, deposited: sum(0), withdrawn: sum(1), paidOut: sum(2), balances: sum(3) }
    }),
  )
}

async function answerOf(place: Place, rpc: string, call: { method: string; params?: unknown }): Promise<unknown> {
  const text = await request(place, rpc, JSON.stringify({ jsonrpc: '2.0', id: 1, ...call }))
  // A JSON-RPC answer has a result or an error.
  const answer = JSON.parse(text) as { result?: unknown; error?: { message: string } }
  if (answer.error !== undefined) throw new Error(`${call.method}: ${answer.error.message}`)
  return answer.result
}
