import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@millrace/base'
import { type Hex, hexToBigInt, keccak256, parseEther, parseSignature, toBytes, toHex, toRlp, zeroAddress } from 'viem'
import { afterAll, describe, expect, test } from 'vitest'
import { connect, quickChain, rpc } from '../testing/clients.ts'
import { replayed } from '../testing/replay.ts'
import { startChain } from './chain.ts'
import { createCommon } from './common.ts'
import { recoverPublicKey } from './crypto.ts'
import { decodeTransaction, embeddedEngine } from './execution/engine.ts'
import { devAccount } from './genesis/accounts.ts'
import { defaultGenesis, resolveGenesis, totalSupply } from './genesis/config.ts'
import { lmdbStore } from './store/lmdb.ts'
import { memoryStore } from './store/store.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-chain-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Deploys a contract that stores word 1 of its input at slot word 0; a zero deletes. */
const storing: Hex = '0x6008600c60003960086000f36020356000355500'

const word = (value: number) => toHex(value, { size: 32 }).slice(2)

type Block = Readonly<Record<string, Hex | undefined>>

/** The header's hash by viem's RLP from what JSON-RPC shows. */
function headerHash(block: Block): Hex {
  const bytes = (name: string): Hex => block[name] ?? '0x'
  const number = (name: string): Hex => {
    const value = hexToBigInt(bytes(name))
    return value === 0n ? '0x' : toHex(value)
  }
  return keccak256(
    toRlp([
      ...['parentHash', 'sha3Uncles', 'miner', 'stateRoot', 'transactionsRoot', 'receiptsRoot', 'logsBloom'].map(bytes),
      ...['difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp'].map(number),
      ...['extraData', 'mixHash', 'nonce'].map(bytes),
      number('baseFeePerGas'),
      bytes('withdrawalsRoot'),
      ...['blobGasUsed', 'excessBlobGas'].map(number),
      bytes('parentBeaconBlockRoot'),
    ]),
  )
}

describe('a chain with a random history', () => {
  const dataFolder = join(folder, 'history')
  const seed = 20_260_101

  test('is made, and each header hashes to its hash and names its parent', async () => {
    const random = seededRandom(seed)
    const node = await quickChain({ dataFolder })
    try {
      const deployer = connect(node, 0)
      const { contractAddress } = await deployer.receipt(await deployer.wallet.sendTransaction({ data: storing }))
      const store = contractAddress ?? '0x'
      for (let round = 0; round < 12; round++) {
        const hashes: Hex[] = []
        for (let i = 0; i < 4; i++) {
          const { wallet } = connect(node, random.below(4))
          const to = devAccount(random.below(10)).address
          const words = [random.below(3), random.below(3)].map(word)
          const isWrite = random.below(2) === 0
          const request = isWrite
            ? { to: store, data: `0x${words.join('')}` as Hex, gas: 80_000n } // two words of hex
            : { to, value: BigInt(random.below(2 ** 32)), gas: 21_000n }
          hashes.push(await wallet.sendTransaction(request))
        }
        await Promise.all(hashes.map(deployer.receipt))
      }
      // The second waits for the first, so that one block surely holds two.
      const { account, reader, wallet } = connect(node, 5)
      const nonce = await reader.getTransactionCount(account)
      const send = (offset: number) =>
        wallet.sendTransaction({ to: store, data: `0x${word(7)}${word(offset)}`, gas: 80_000n, nonce: nonce + offset })
      const late = await send(1)
      await send(0)
      await deployer.receipt(late)
      let parent: Block | undefined
      for (let number = 0; number <= node.head().number; number++) {
        const block = (await rpc(node.rpcUrl, 'eth_getBlockByNumber', toHex(number), false)).result as Block // eth's shape
        expect(headerHash(block)).toBe(block.hash)
        if (parent !== undefined) {
          expect(block.parentHash).toBe(parent.hash)
          expect(block.stateRoot).not.toBe(parent.stateRoot)
          expect(hexToBigInt(block.timestamp ?? '0x')).toBeGreaterThan(hexToBigInt(parent.timestamp ?? '0x'))
        }
        parent = block
        const { result } = await rpc(node.rpcUrl, 'millrace_supply', toHex(number))
        const { issued, held, burned } = result as Record<'issued' | 'held' | 'burned', Hex> // millrace_supply's shape
        expect(hexToBigInt(issued)).toBe(totalSupply)
        expect(hexToBigInt(held) + hexToBigInt(burned)).toBe(totalSupply)
        expect(hexToBigInt(burned) > 0n).toBe(number > 0)
      }
    } finally {
      await node.close()
    }
  })

  test('executes again from nothing to the same hashes, block by block', async () => {
    const disk = lmdbStore(dataFolder)
    try {
      const { chain, engine, head, supplies } = await replayed(disk)
      expect(head.number).toBeGreaterThan(10)
      // What a plain map says of the contract's storage, against each block's state: a stale cache would differ.
      const store = chain[2]?.receipts[0]?.contractAddress
      if (store === undefined) throw new Error('block 2 deploys the contract')
      const model = new Map<string, string>()
      for (const block of chain.slice(3)) {
        for (const { tx } of block.transactions) {
          if (tx.to?.toString() === store) model.set(toHex(tx.data.slice(0, 32)), toHex(tx.data.slice(32)))
        }
        for (const [slot, value] of model) {
          expect(toHex(await engine.state(block).storage(store, toBytes(slot)))).toBe(value)
        }
      }
      expect(model.size).toBe(4)
      expect(chain.at(-1)?.hash).toBe(head.hash)
      expect(chain.map(({ burned }, i) => (supplies[i] ?? 0n) + burned)).toEqual(chain.map(() => totalSupply))
    } finally {
      await disk.close()
    }
  })

  test('a block with a changed field, order or sender is refused', async () => {
    const disk = lmdbStore(dataFolder)
    try {
      const { common, blocks, engine, chain } = await replayed(disk)
      const block = chain.findLast(({ transactions }) => transactions.length > 1)
      const parent = chain[(block?.number ?? 0) - 1]
      if (block === undefined || parent === undefined) throw new Error('no block with two transactions')
      const dropped = await engine.execute(parent, block.header, block.transactions.slice(0, -1))
      expect(dropped).toMatchObject({ ok: false, error: { code: 'bad-root' } })
      const twice = await engine.execute(parent, block.header, [...block.transactions, ...block.transactions])
      expect(twice).toMatchObject({ ok: false, error: { code: 'bad-transaction' } })
      const cheap = await devAccount(9).signTransaction({
        type: 'eip1559',
        chainId: 19_990,
        nonce: 0,
        to: devAccount(9).address,
        gas: 21_000n,
        maxFeePerGas: 10n ** 12n,
        maxPriorityFeePerGas: BigInt(defaultGenesis.priceFloor) / 2n,
      })
      const below = decodeTransaction(Buffer.from(cheap.slice(2), 'hex'), common)
      expect(await engine.execute(parent, block.header, [below])).toMatchObject({
        ok: false,
        error: { code: 'bad-transaction', message: expect.stringMatching(/floor/) },
      })
      expect(blocks.byNumber(block.number)?.hash).toBe(block.hash)
    } finally {
      await disk.close()
    }
  })

  test('opens again at the same head, and another genesis is refused', async () => {
    const first = await quickChain({ dataFolder })
    const head = first.head()
    const { wallet, receipt } = connect(first, 0)
    const done = await receipt(
      await wallet.sendTransaction({ to: first.vaultAddress, value: parseEther('0'), gas: 60_000n }),
    )
    await first.close()
    const again = await quickChain({ dataFolder, genesis: defaultGenesis })
    expect(again.genesisHash).toBe(first.genesisHash)
    expect(again.head()).toMatchObject({ number: head.number + 1, hash: done.blockHash })
    await again.close()
    const other = { ...defaultGenesis, gasLimit: 20_000_000 }
    await expect(quickChain({ dataFolder, genesis: other })).rejects.toMatchObject({ code: 'genesis-mismatch' })
  })

  test('a second process on the same folder cannot fork it', async () => {
    const first = await quickChain({ dataFolder })
    const lines: string[] = []
    const second = await quickChain({
      dataFolder,
      logger: { log: (_level, _message, fields) => lines.push(String(fields?.cause)) },
    })
    try {
      const user = connect(first, 0)
      await user.receipt(await user.wallet.sendTransaction({ to: user.account.address, gas: 21_000n }))
      const head = second.head()
      await connect(second, 1).wallet.sendTransaction({ to: user.account.address, gas: 21_000n })
      await expect.poll(() => lines.join(), { timeout: 10_000 }).toMatch(/another process writes to it/)
      expect(second.head()).toEqual(head)
      await user.receipt(await user.wallet.sendTransaction({ to: user.account.address, gas: 21_000n }))
    } finally {
      await Promise.all([first.close(), second.close()])
    }
  })
})

test('two fresh chains share the vault’s address and nothing else', async () => {
  const nodes = await Promise.all([quickChain(), quickChain()])
  const [a, b] = nodes
  expect(a.vaultAddress).toBe(b.vaultAddress)
  expect(a.genesisHash).not.toBe(b.genesisHash)
  await Promise.all(nodes.map((node) => node.close()))
})

test('the same genesis file gives the same genesis hash', async () => {
  const genesis = { ...defaultGenesis, timestamp: 1_700_000_000, extraData: '0x01' }
  const nodes = await Promise.all([quickChain({ genesis }), quickChain({ genesis })])
  expect(nodes[0].genesisHash).toBe(nodes[1].genesisHash)
  await Promise.all(nodes.map((node) => node.close()))
})

test('a taken port is said so, and nothing is left running', async () => {
  const node = await quickChain()
  const port = Number(new URL(node.rpcUrl).port)
  const start = startChain({ blockTime: { kind: 'interval', seconds: 1 }, rpc: { host: '127.0.0.1', port } })
  await expect(start).rejects.toMatchObject({ code: 'listen-failed', message: expect.stringMatching(/port is taken/) })
  await node.close()
})

describe('recovery in WebAssembly', () => {
  let calls = 0
  const common = createCommon(19_990, (...args) => {
    calls++
    return recoverPublicKey(...args)
  })

  test('finds a sender, once a transaction', async () => {
    expect(createCommon(19_990).customCrypto.ecrecover).toBe(recoverPublicKey)
    for (const type of ['legacy', 'eip1559'] as const) {
      calls = 0
      const raw = await devAccount(3).signTransaction({
        type,
        chainId: 19_990,
        to: devAccount(1).address,
        gas: 21_000n,
      })
      const { sender, tx } = decodeTransaction(Buffer.from(raw.slice(2), 'hex'), common)
      expect(sender).toBe(devAccount(3).address.toLowerCase())
      expect(tx.getSenderAddress().toString()).toBe(sender)
      expect(calls).toBe(1)
    }
  })

  test('serves the precompile of contracts', async () => {
    calls = 0
    const genesis = resolveGenesis(defaultGenesis, 1_700_000_000, new Uint8Array(1))
    const engine = embeddedEngine({ common, store: memoryStore(), genesis })
    const { block, ...candidate } = await engine.genesis(genesis)
    await engine.commit({ block, ...candidate })
    const hash = keccak256('0x01')
    const signature = parseSignature(await devAccount(4).sign({ hash }))
    const data = toBytes(`${hash}${word(27 + signature.yParity)}${signature.r.slice(2)}${signature.s.slice(2)}` as Hex) // words of hex
    const request = {
      from: zeroAddress,
      to: word(1).slice(24),
      data,
      value: 0n,
      gas: 100_000n,
      gasPrice: 0n,
      accessList: [],
    }
    const { outcome, output } = await engine
      .state(block)
      .call({ ...request, to: `0x${request.to}` }, { header: block.header })
    expect(outcome).toBe('success')
    expect(toHex(output.slice(12))).toBe(devAccount(4).address.toLowerCase())
    expect(calls).toBe(1)
    const torn = data.fill(0, 64)
    expect(
      (await engine.state(block).call({ ...request, to: `0x${request.to}`, data: torn }, { header: block.header }))
        .output,
    ).toHaveLength(0)
  })
})

test('a call sees the present time, a call at a number its block’s', async () => {
  const start = Math.floor(Date.now() / 1000)
  let passed = 0
  const node = await quickChain({ wallSeconds: () => start + passed })
  const { reader } = connect(node, 0)
  passed = 100_000
  const time = async (at: object) => BigInt((await reader.call({ data: '0x4260005260206000f3', ...at })).data ?? 0)
  expect(await time({})).toBe(BigInt(start + passed))
  expect(await time({ blockTag: 'pending' })).toBe(BigInt(start + passed))
  expect(await time({ blockNumber: 1n })).toBe(BigInt(start))
  await node.close()
})
