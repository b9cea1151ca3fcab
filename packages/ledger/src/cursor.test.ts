import { vaultAbi } from '@millrace/contracts'
import { encodeAbiParameters, encodeEventTopics, type Hex } from 'viem'
import { expect, test } from 'vitest'
import { type FakeChain, fakeChain } from '../testing/fake-rpc.ts'
import { advanceCursor, type Cursor, reorgBlocksMax, windowBlocksMax } from './cursor.ts'
import { LedgerError } from './errors.ts'
import type { VaultEvent } from './vault-event.ts'

const vault: Hex = `0x${'aa'.repeat(20)}`
const key: Hex = `0x${'0b'.repeat(20)}`

function deposit(chain: FakeChain, block: number, amount: bigint): void {
  const topics = encodeEventTopics({ abi: vaultAbi, eventName: 'Deposited', args: { key, from: key } }) as Hex[] // none is a list
  chain.addLog(block, { address: vault, topics, data: encodeAbiParameters([{ type: 'uint256' }], [amount]) })
}

function cursorAt(chain: FakeChain, block: number): Cursor {
  return { genesisHash: chain.hashOf(0), blockNumber: BigInt(block), blockHash: chain.hashOf(block) }
}

async function readAll(chain: FakeChain, start: Cursor) {
  const events: VaultEvent[] = []
  let cursor = start
  let windowBlocks = windowBlocksMax
  let reorganised = false
  for (let behind = true; behind; ) {
    const step = await advanceCursor(chain.rpc, [vault], cursor, windowBlocks)
    events.push(...step.events)
    behind = step.behind
    reorganised ||= step.reorganised
    cursor = step.cursor
    windowBlocks = step.windowBlocks
  }
  return { events, cursor, reorganised }
}

const amountsOf = (events: readonly VaultEvent[]) =>
  events.map((event) => (event.type === 'deposited' ? event.amount : undefined))

test('reads every event once, in windows, up to the head', async () => {
  const chain = fakeChain()
  chain.grow(5_001)
  for (const [block, amount] of [
    [1, 1n],
    [2_000, 2n],
    [2_001, 3n],
    [5_000, 4n],
  ] as const) {
    deposit(chain, block, amount)
  }
  const { events, cursor } = await readAll(chain, cursorAt(chain, 0))
  expect(amountsOf(events)).toEqual([1n, 2n, 3n, 4n])
  expect(cursor).toEqual(cursorAt(chain, 5_000))
  expect(chain.calls.filter((method) => method === 'eth_getLogs')).toHaveLength(3)
  expect((await readAll(chain, cursor)).events).toEqual([])
})

test('asks for fewer blocks where the node refuses the range', async () => {
  const chain = fakeChain()
  chain.grow(1_001)
  deposit(chain, 77, 5n)
  deposit(chain, 1_000, 6n)
  const inner = chain.rpc
  const strict = {
    ...inner,
    call: async <T>(method: string, params: readonly unknown[], decode: (result: unknown) => T): Promise<T> => {
      const [filter] = params as [{ fromBlock?: string; toBlock?: string }] // what the cursor sends
      if (method === 'eth_getLogs' && Number(filter.toBlock) - Number(filter.fromBlock) >= 100) {
        throw new LedgerError('refused', 'range too large')
      }
      return inner.call(method, params, decode)
    },
  }
  const { events } = await readAll({ ...chain, rpc: strict }, cursorAt(chain, 0))
  expect(amountsOf(events)).toEqual([5n, 6n])
})

test('steps back over a reorganisation and delivers the new branch', async () => {
  const chain = fakeChain()
  chain.grow(300)
  const { cursor } = await readAll(chain, cursorAt(chain, 0))
  chain.grow(302, 'other', 290)
  deposit(chain, 295, 8n)
  const again = await readAll(chain, cursor)
  expect(again.reorganised).toBe(true)
  expect(amountsOf(again.events)).toEqual([8n])
  expect(again.cursor).toEqual(cursorAt(chain, 301))
})

test('a head that fell below the cursor is a reorganisation too', async () => {
  const chain = fakeChain()
  chain.grow(300)
  const { cursor } = await readAll(chain, cursorAt(chain, 0))
  chain.grow(250, 'main', 250)
  const step = await advanceCursor(chain.rpc, [vault], cursor, windowBlocksMax)
  expect(step).toMatchObject({ reorganised: true, cursor: { blockNumber: 249n - reorgBlocksMax } })
})

test('another block 0 is a reset, not a reorganisation', async () => {
  const chain = fakeChain()
  chain.grow(10)
  const cursor = cursorAt(chain, 9)
  const other = fakeChain()
  other.grow(12, 'elsewhere', 1)
  const foreign = { ...cursor, genesisHash: other.hashOf(5) }
  await expect(advanceCursor(other.rpc, [vault], foreign, 10n)).rejects.toMatchObject({ code: 'chain-reset' })
})

test('a log of another contract or outside the range is a bad reply', async () => {
  const chain = fakeChain()
  chain.grow(10)
  const start = cursorAt(chain, 0)
  chain.addLog(3, { address: key, topics: [], data: '0x' })
  await expect(advanceCursor(chain.rpc, [vault], start, 10n)).rejects.toMatchObject({ code: 'bad-reply' })
})

test('logs that moved under the read are not delivered', async () => {
  const chain = fakeChain()
  chain.grow(10)
  const start = cursorAt(chain, 0)
  chain.on('eth_getLogs', () => {
    chain.grow(10, 'late', 9)
    return []
  })
  const step = await advanceCursor(chain.rpc, [vault], start, 10n)
  expect(step).toMatchObject({ cursor: start, events: [], behind: true })
})
