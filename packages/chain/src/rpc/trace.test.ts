import { getContractAddress, type Hex, keccak256, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, quickChain, rpc, unhurriedChain } from '../../testing/clients.ts'
import type { ChainNode } from '../chain.ts'

/** Init code that deploys `runtime`. */
const deploying = (runtime: string): Hex => {
  const size = (runtime.length / 2).toString(16).padStart(2, '0')
  return `0x60${size}600c60003960${size}6000f3${runtime}`
}
const word = (value: bigint | number): Hex => toHex(value, { size: 32 })

let node: ChainNode
/** Stores 7 at slot 1, logs topic 5 and returns word 9. */
let callee: Hex
/** Calls `callee` with half of the value it was sent, and returns nothing. */
let caller: Hex
/** Reverts without a word. */
let refuser: Hex

beforeAll(async () => {
  node = await unhurriedChain()
  const { account, wallet, receipt, reader } = connect(node, 1)
  const nonce = await reader.getTransactionCount(account)
  const [first, second, third] = [0, 1, 2].map((offset) => {
    return getContractAddress({ from: account.address, nonce: BigInt(nonce + offset) }).toLowerCase() as Hex // viem's is checksummed
  })
  callee = first ?? '0x'
  caller = second ?? '0x'
  refuser = third ?? '0x'
  const codes = [
    '6007600155600560006000a1600960005260206000f3',
    `60206000600060006002340473${callee.slice(2)}5af15000`,
    '60006000fd',
  ]
  for (const code of codes) await receipt(await wallet.sendTransaction({ data: deploying(code), gas: 300_000n }))
})
afterAll(() => node.close())

const call = async (method: string, ...params: unknown[]) => (await rpc(node.rpcUrl, method, ...params)).result
const send = async (to: Hex, value = 0n) => {
  const { wallet, receipt } = connect(node, 2)
  return receipt(await wallet.sendTransaction({ to, value, gas: 200_000n }))
}

describe('traces', () => {
  test('of a transaction show each instruction, with the gas that a call hands on', async () => {
    const { transactionHash, gasUsed } = await send(caller, 10n)
    const trace = (await call('debug_traceTransaction', transactionHash, { enableReturnData: true })) as {
      gas: number
      failed: boolean
      structLogs: { op: string; depth: number; gas: number; gasCost: number; storage?: object; returnData?: Hex }[]
    } // geth's shape
    expect(trace).toMatchObject({ gas: Number(gasUsed), failed: false, returnValue: '0x' })
    const ops = trace.structLogs.map(({ op, depth }) => `${depth} ${op}`)
    expect(ops.slice(-2)).toEqual(['1 POP', '1 STOP'])
    const at = trace.structLogs.findIndex(({ op }) => op === 'CALL')
    const [outer, inner] = [trace.structLogs[at], trace.structLogs[at + 1]]
    // A cold account, a transfer, a word of memory for what comes back, and what goes along less the stipend.
    expect(outer?.gasCost).toBe(2600 + 9000 + 3 + (inner?.gas ?? 0) - 2300)
    const stored = trace.structLogs.find(({ op }) => op === 'SSTORE')
    expect(stored).toMatchObject({ depth: 2, storage: { [word(1)]: word(7) } })
    expect(trace.structLogs.at(-1)).toMatchObject({ op: 'STOP', returnData: word(9) })
    const bare = await call('debug_traceTransaction', transactionHash, {
      disableStack: true,
      disableStorage: true,
      limit: 3,
    })
    expect(bare).toMatchObject({ structLogs: { length: 3 } })
    expect(JSON.stringify(bare)).not.toMatch(/stack|storage/)
  })

  test('of calls show their tree, with logs when asked', async () => {
    const { transactionHash, gasUsed, from, blockNumber } = await send(caller, 10n)
    const top = {
      type: 'CALL',
      from,
      to: caller,
      value: '0xa',
      gas: toHex(200_000),
      gasUsed: toHex(gasUsed),
      input: '0x',
    }
    const inner = { type: 'CALL', from: caller, to: callee, value: '0x5', input: '0x', output: word(9) }
    const config = { tracer: 'callTracer', tracerConfig: { withLog: true } }
    const logs = [{ address: callee, topics: [word(5)], data: '0x', position: '0x0' }]
    const trace = await call('debug_traceTransaction', transactionHash, config)
    expect(trace).toMatchObject({ ...top, calls: [{ ...inner, logs }] })
    const flat = await call('debug_traceTransaction', transactionHash, {
      tracer: 'callTracer',
      tracerConfig: { onlyTopCall: true },
    })
    expect(flat).toEqual(top)
    const block = await call('debug_traceBlockByNumber', toHex(blockNumber), config)
    expect(block).toEqual([{ txHash: transactionHash, result: trace }])
    const { hash } = (await call('eth_getBlockByNumber', toHex(blockNumber), false)) as { hash: Hex } // eth's shape
    expect(await call('debug_traceBlockByHash', hash, config)).toEqual(block)
  })

  test('of a call that fails name the failure', async () => {
    const config = { tracer: 'callTracer' }
    const trace = await call('debug_traceCall', { to: refuser, gas: '0x30000' }, 'latest', config)
    expect(trace).toMatchObject({ type: 'CALL', to: refuser, error: 'execution reverted' })
    const starved = await call('debug_traceCall', { to: callee, gas: '0x5400' }, 'latest', config)
    expect(starved).toMatchObject({ error: 'out of gas', gasUsed: '0x5400' })
    const { error } = await rpc(node.rpcUrl, 'debug_traceCall', { to: callee }, 'latest', { tracer: 'prestateTracer' })
    expect(error).toMatchObject({ code: -32_602 })
    expect((await rpc(node.rpcUrl, 'debug_traceTransaction', word(1))).error).toMatchObject({ code: -32_000 })
  })
})

describe('calls that see other state', () => {
  test('take code, storage, balance and block fields from the caller', async () => {
    const sload = '0x60015460005260206000f3'
    const seen = (overrides: object, block = {}) =>
      call('eth_call', { to: caller }, 'latest', { [caller]: overrides }, block)
    expect(await seen({ code: sload, stateDiff: { [word(1)]: word(77) } })).toBe(word(77))
    expect(await seen({ code: sload, state: {} })).toBe(word(0))
    expect(await seen({ code: '0x4760005260206000f3', balance: '0x2a' })).toBe(word(42))
    expect(await seen({ code: '0x4360005260206000f3' }, { number: '0x1234' })).toBe(word(0x1234))
    const both = await rpc(node.rpcUrl, 'eth_call', { to: caller }, 'latest', {
      [caller]: { state: {}, stateDiff: {} },
    })
    expect(both.error).toMatchObject({ code: -32_000, message: expect.stringMatching(/both/) })
    const rich = { [`0x${'ab'.repeat(20)}`]: { balance: toHex(10n ** 18n) } }
    const transfer = { from: `0x${'ab'.repeat(20)}`, to: `0x${'ba'.repeat(20)}`, value: '0x1' }
    expect((await rpc(node.rpcUrl, 'eth_estimateGas', transfer)).error).toBeDefined()
    expect(await rpc(node.rpcUrl, 'eth_estimateGas', transfer, 'latest', rich)).toMatchObject({ result: '0x5208' })
    expect(await call('eth_call', { to: caller }), 'nothing stays').toBe('0x')
  })

  test('say what they touch, and with that list cost what was said', async () => {
    const request = { from: connect(node, 3).account.address, to: caller, gas: '0x30000' }
    const found = (await call('eth_createAccessList', request)) as { accessList: object[]; gasUsed: Hex } // eth's shape
    expect(found.accessList).toEqual([{ address: callee, storageKeys: [word(1)] }])
    const { wallet, receipt } = connect(node, 3)
    const accessList = [{ address: callee, storageKeys: [word(1)] }]
    const { gasUsed } = await receipt(await wallet.sendTransaction({ to: caller, accessList, gas: 200_000n }))
    expect(toHex(gasUsed)).toBe(found.gasUsed)
  })

  test('can be simulated block after block, and the chain is as it was', async () => {
    const head = node.head()
    const from = `0x${'cd'.repeat(20)}`
    const blocks = [
      { stateOverrides: { [from]: { balance: '0x64' } }, calls: [{ from, to: caller, value: '0xa' }] },
      {
        calls: [
          { from, to: refuser },
          { from, to: from, value: '0x1' },
        ],
      },
    ]
    const [one, two] = (await call('eth_simulateV1', { blockStateCalls: blocks, traceTransfers: true })) as {
      calls: { status: Hex; gasUsed: Hex; error?: object; logs: { address: Hex; logIndex: Hex }[] }[]
      parentHash: Hex
      hash: Hex
    }[] // eth_simulateV1's shape
    expect(one?.calls).toMatchObject([{ status: '0x1', returnData: '0x' }])
    const money = '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee'
    expect(one?.calls[0]?.logs.map(({ address }) => address)).toEqual([money, money, callee])
    expect(one?.parentHash).toBe(head.hash)
    expect(two?.parentHash).toBe(one?.hash)
    expect(two?.calls).toMatchObject([{ status: '0x0', error: { code: 3 } }, { status: '0x1' }])
    expect(node.head()).toEqual(head)
    const validated = await rpc(node.rpcUrl, 'eth_simulateV1', { blockStateCalls: blocks, validation: true })
    expect(validated.error).toMatchObject({ code: -38_012 })
    const late = [{ blockOverrides: { number: '0x1' }, calls: [] }]
    expect((await rpc(node.rpcUrl, 'eth_simulateV1', { blockStateCalls: late })).error).toMatchObject({ code: -38_020 })
    const far = [{ blockOverrides: { number: toHex(head.number + 257) } }]
    expect((await rpc(node.rpcUrl, 'eth_simulateV1', { blockStateCalls: far })).error).toMatchObject({ code: -38_026 })
  })
})

test('a call has no more gas than a simulation, whatever limit of the block it asks for', async () => {
  const left = { [caller]: { code: '0x5a60005260206000f3' } } // answers GAS
  const gasAt = async (gasLimit: number) =>
    BigInt(String(await call('eth_call', { to: caller }, 'latest', left, { gasLimit: toHex(gasLimit) })))
  const [most, little] = [await gasAt(2 ** 53 - 1), await gasAt(1_000_000)]
  expect(most).toBeGreaterThan(49_000_000n)
  expect(most).toBeLessThan(50_000_000n)
  expect(little).toBeLessThan(1_000_000n)
})

test('a proof’s nodes hash to the roots that it names, down to the value', async () => {
  await send(callee)
  const proof = (await call('eth_getProof', callee, ['0x1', word(2)], 'latest')) as {
    accountProof: Hex[]
    storageHash: Hex
    storageProof: { key: Hex; value: Hex; proof: Hex[] }[]
  } // eth's shape
  const { stateRoot } = (await call('eth_getBlockByNumber', 'latest', false)) as { stateRoot: Hex } // eth's shape
  expect(keccak256(proof.accountProof[0] ?? '0x')).toBe(stateRoot)
  const [found, missing] = proof.storageProof
  expect(found).toMatchObject({ key: '0x1', value: '0x7' })
  expect(keccak256(found?.proof[0] ?? '0x')).toBe(proof.storageHash)
  expect(missing).toMatchObject({ key: word(2), value: '0x0' })
  expect(await call('eth_getStorageValues', { [callee]: ['0x1', '0x2'] })).toEqual({ [callee]: [word(7), word(0)] })
  const nobody = await call('eth_getProof', `0x${'ef'.repeat(20)}`, ['0x1'])
  expect(nobody).toMatchObject({ balance: '0x0', storageProof: [{ key: '0x1', value: '0x0', proof: [] }] })
})

test('what takes too long is given up: a loop under a tracer runs far longer than its gas says', async () => {
  let milliseconds = 0
  // Each look at this clock is a millisecond: five thousand instructions make five seconds.
  const hasty = await quickChain({ clock: { now: () => milliseconds++ } })
  try {
    const loop = { [caller]: { code: '0x5b600056' } }
    const trace = await rpc(hasty.rpcUrl, 'debug_traceCall', { to: caller }, 'latest', { stateOverrides: loop })
    expect(trace.error).toMatchObject({ code: -32_000, message: expect.stringMatching(/too long/) })
    const blocks = [{ stateOverrides: loop, calls: [{ to: caller }] }]
    const simulation = await rpc(hasty.rpcUrl, 'eth_simulateV1', { blockStateCalls: blocks })
    expect(simulation.error).toMatchObject({ code: -32_000, message: expect.stringMatching(/too long/) })
  } finally {
    await hasty.close()
  }
})

test('point evaluation fails in the EVM, and the transaction that called it stands', async () => {
  const { status, gasUsed } = await send('0x000000000000000000000000000000000000000a')
  expect(status).toBe('reverted')
  expect(gasUsed).toBe(200_000n)
})
