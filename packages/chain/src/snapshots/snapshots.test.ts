/** A node that is restored from a snapshot goes on as one that has seen every block, and believes nothing that isn't proven. */

import { stakingAbi, systemAddresses } from '@millrace/contracts'
import { encodeFunctionData, type Hex, parseEther } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { type AbciNode, openNode } from '../../testing/abci-node.ts'
import { leadConsensus } from '../../testing/consensus.ts'
import { type MadeSnapshot, nameOfChunks, snapshotOf } from '../../testing/memory-shelf.ts'
import { testGenesis, testValidator } from '../../testing/validator-set.ts'
import type { BlockInput } from '../app/block-input.ts'
import { keccak } from '../crypto.ts'
import { devAccount } from '../genesis/accounts.ts'
import { bytesOf, hexOf } from '../hex.ts'
import { memoryStore } from '../store/store.ts'
import { chunksOf, readChunk, recordKinds, type SnapshotName, type SnapshotRecord } from './format.ts'

const four = ['a', 'b', 'c', 'd'].map((name) => testValidator(name, 1_000))
const [, b = testValidator('b')] = four
const genesis = testGenesis(four)
/** Epochs are of 10 blocks, so that the block elects whom nobody has heard of before. */
const height = 20
const blocks = 26

let straight: AbciNode
let made: MadeSnapshot
const store = memoryStore()
const inputs: BlockInput[] = []

/** One BTT to an account, or to a validator's pool. */
async function pay(nonce: number, isStake: boolean): Promise<void> {
  const args = [(four[0]?.row.operator ?? '0x') as Hex] as const // an address of viem
  const data = isStake ? encodeFunctionData({ abi: stakingAbi, functionName: 'delegate', args }) : '0x'
  const to = isStake ? systemAddresses.staking : `0x${(nonce + 0xcc00).toString(16).padStart(40, '0')}`
  const fee = { maxFeePerGas: 2n * 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n, gas: isStake ? 500_000n : 21_000n }
  const place = { type: 'eip1559', chainId: genesis.chainId, nonce } as const
  const tx = bytesOf(
    await devAccount(1).signTransaction({ ...place, to: to as Hex, value: parseEther('1'), data, ...fee }),
  )
  expect((await straight.call('insertTx', { tx })).code).toBe(0)
}

beforeAll(async () => {
  straight = await openNode({ genesis, store, snapshotEveryBlocks: height })
  const consensus = leadConsensus(straight.chain, four)
  for (let number = 1; number <= blocks; number++) {
    await pay(number - 1, number % 3 === 0)
    inputs.push((await consensus.next({ missed: number % 5 === 0 ? [b] : [] })).input)
  }
  const found = snapshotOf(store, straight.chain.common)
  if (found === undefined) throw new Error('no snapshot')
  made = found
}, 300_000)

const hashAt = (number: number) => straight.chain.blocks.byNumber(number)?.hash
const appHash = () => bytesOf(hashAt(height) ?? '')
const asOffered = (name: SnapshotName) => ({ ...name, height: BigInt(name.height) })

/** Offers and applies; the first answer that is not "accept". */
async function restore(node: AbciNode, { name, chunks }: MadeSnapshot): Promise<string> {
  const { result } = await node.call('offerSnapshot', { snapshot: asOffered(name), appHash: appHash() })
  if (result !== 1) return `offer ${result}`
  for (const [index, chunk] of chunks.entries()) {
    const applied = await node.call('applySnapshotChunk', { index, chunk, sender: 'peer' })
    if (applied.result !== 1) return `chunk ${applied.result} ${applied.refetchChunks} ${applied.rejectSenders}`
  }
  return 'restored'
}

describe('a node without blocks', () => {
  test('has the head after the last chunk, and goes on with the same hashes, elections and sums', async () => {
    const fresh = memoryStore()
    const node = await openNode({ genesis, store: fresh })
    const listed = (await straight.call('listSnapshots', {})).snapshots
    expect(listed).toEqual([asOffered(made.name)])
    const chunks = await Promise.all(
      made.chunks.map(async (_chunk, index) => {
        const asked = { height: BigInt(height), format: 1, chunk: index }
        return (await straight.call('loadSnapshotChunk', asked)).chunk
      }),
    )
    expect(await restore(node, { name: made.name, chunks })).toBe('restored')
    const { app, blocks: stored } = node.chain
    expect(await node.call('info', { version: '', abciVersion: '' })).toMatchObject({
      lastBlockHeight: BigInt(height),
      lastBlockAppHash: appHash(),
    })
    expect(stored.base()).toBe(height)
    expect(stored.byNumber(height - 1)).toBeUndefined()
    for (const input of inputs.slice(height)) {
      expect((await app.processProposal(input)).ok).toBe(true)
      expect((await app.finalizeBlock(input)).appHash).toBe(hashAt(input.height))
      await app.commit()
    }
    const [mine, other] = [node.chain.head(), straight.chain.head()]
    expect(mine).toMatchObject({ hash: other.hash, burned: other.burned, minted: other.minted })
    expect(app.validators()).toEqual(straight.chain.app.validators())
    expect(app.finalized()).toBe(blocks - 1)
    const again = await openNode({ genesis, store: fresh })
    expect(again.chain.head().hash).toBe(other.hash)
    expect(again.chain.app.validators()).toEqual(straight.chain.app.validators())
  })
})

/** The snapshot with its records changed, its hashes made to fit: what a liar would send. */
function lying(change: (records: readonly SnapshotRecord[]) => readonly SnapshotRecord[]): MadeSnapshot {
  const records = made.chunks.flatMap((chunk) => {
    const read = readChunk(chunk)
    if (!read.ok) throw new Error(read.error)
    return read.value
  })
  const chunks = [...chunksOf(change(records))]
  return { name: nameOfChunks(store, height, chunks), chunks }
}

describe('a hostile snapshot', () => {
  const flipped = (bytes: Uint8Array) => {
    const copy = Uint8Array.from(bytes)
    copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1
    return copy
  }
  const changed = (index: number) =>
    lying((records) => records.map((one, at) => (at === index ? { ...one, bytes: flipped(one.bytes) } : one)))

  test('is refused at whatever record it lies, and the head stays where it was', async () => {
    const node = await openNode({ genesis, store: memoryStore() })
    const kinds = lying((records) => records)
    expect(hexOf(kinds.name.hash)).toBe(hexOf(made.name.hash))
    const records = made.chunks.flatMap((chunk) => {
      const read = readChunk(chunk)
      return read.ok ? read.value : []
    })
    const firsts = Object.values(recordKinds).map((kind) => records.findIndex((one) => one.kind === kind))
    const lasts = Object.values(recordKinds).map((kind) => records.findLastIndex((one) => one.kind === kind))
    for (const index of new Set([...firsts, ...lasts])) {
      expect(await restore(node, changed(index)), `record ${index}`).toBe('chunk 5  peer')
      expect(node.chain.head().number).toBe(0)
    }
    const shapes = [
      lying((all) => all.slice(0, -1)),
      lying((all) => [...all, ...all.slice(-1)]),
      lying((all) => [...all.slice(0, 5), ...all.slice(6)]),
      lying((all) => [...all].reverse()),
    ]
    for (const shape of shapes) expect(await restore(node, shape)).toBe('chunk 5  peer')
    expect(await restore(node, made), 'after all that').toBe('restored')
  })

  test('whose chunk is not the one that its name promises has that chunk fetched from another peer', async () => {
    const node = await openNode({ genesis, store: memoryStore() })
    const [first = new Uint8Array(0)] = made.chunks
    for (const wrong of [flipped(first), first.subarray(0, -1), new Uint8Array(0), new Uint8Array(20_000_000)]) {
      expect(await restore(node, { ...made, chunks: [wrong] })).toBe('chunk 3 0 peer')
    }
    const { name, chunks } = made
    await node.call('offerSnapshot', { snapshot: asOffered(name), appHash: appHash() })
    const wrong = await node.call('applySnapshotChunk', { index: 0, chunk: flipped(first), sender: 'bad' })
    expect(wrong).toEqual({ result: 3, refetchChunks: [0], rejectSenders: ['bad'] })
    for (const [index, chunk] of chunks.entries()) {
      expect((await node.call('applySnapshotChunk', { index, chunk, sender: 'good' })).result).toBe(1)
    }
    expect(node.chain.head().number).toBe(height)
  })

  test('is not begun with: another block, genesis, format or hash, too many chunks', async () => {
    const node = await openNode({ genesis, store: memoryStore() })
    const offer = async (name: Partial<SnapshotName>, hash = appHash()) =>
      (await node.call('offerSnapshot', { snapshot: asOffered({ ...made.name, ...name }), appHash: hash })).result
    expect(await offer({}, keccak(appHash()))).toBe(3)
    expect(await offer({ format: 2 })).toBe(4)
    expect(await offer({ hash: keccak(made.name.hash) })).toBe(5)
    expect(await offer({ height: height + 1 })).toBe(5)
    expect(await offer({ chunks: 0 })).toBe(5)
    expect(await offer({ chunks: 1_000_000 })).toBe(5)
    expect(await offer({ metadata: new Uint8Array(3) })).toBe(5)
    const other = await openNode({ genesis: testGenesis(four, { epochBlocks: '11' }), store: memoryStore() })
    expect(await restore(other, made)).toBe('offer 3')
    const chunk = { index: 0, chunk: new Uint8Array(1), sender: 'peer' }
    expect((await node.call('applySnapshotChunk', chunk)).result, 'nothing was accepted').toBe(4)
    await offer({})
    expect((await node.call('applySnapshotChunk', { ...chunk, index: 1 })).result, 'out of order').toBe(4)
  })
})
