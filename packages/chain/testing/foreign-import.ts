/**
 * The import of a chain that others made: each block is executed by the rules of its own fork over our state, checked
 * against every root in its header, and committed to our store as our own blocks are.
 */

import { type Block, createBlockFromBytesArray, createBlockHeader } from '@ethereumjs/block'
import { type Common, createCommonFromGethGenesis, type GethGenesis } from '@ethereumjs/common'
import { RLP } from '@ethereumjs/rlp'
import { createAccount, createAddressFromString, KECCAK256_RLP } from '@ethereumjs/util'
import { runBlock } from '@ethereumjs/vm'
import { toBigEndian } from '@millrace/base'
import { keccak256 } from 'viem'
import type { ChainBlock, ChainTransaction } from '../src/block.ts'
import { recoverPublicKey } from '../src/crypto.ts'
import { receiptOf } from '../src/execution/receipt.ts'
import { BlockState } from '../src/execution/state/block-state.ts'
import { StateReader } from '../src/execution/state/state-reader.ts'
import { openWorld } from '../src/execution/world.ts'
import { bytesOf, fixedBytes, hexOf } from '../src/hex.ts'
import { blockPuts, numberKey } from '../src/store/codec.ts'
import type { ChainStore, Put } from '../src/store/store.ts'

/** Rules out of a genesis file as geth writes it, with our signature recovery. */
export function foreignCommon(genesis: GethGenesis): Common {
  // @ethereumjs writes a blob schedule as gas but reads that of the newest forks as blobs: here they have both.
  const params = Object.fromEntries(
    Object.entries(genesis.config.blobSchedule ?? {}).map(([fork, { target = 0, max = 0 }]) => [fork, { target, max }]),
  )
  return createCommonFromGethGenesis(genesis, { params, customCrypto: { ecrecover: recoverPublicKey, kzg: noKzg } })
}

/** Blocks carry no blobs, only their hashes: nothing of KZG is ever called, but @ethereumjs wants to see it all the same. */
const unavailable = (): never => {
  throw new Error('no KZG here: an imported block carries no blobs')
}
export const noKzg = {
  blobToKzgCommitment: unavailable,
  computeBlobProof: unavailable,
  verifyProof: unavailable,
  verifyBlobProofBatch: unavailable,
  computeCells: unavailable,
  computeCellsAndProofs: unavailable,
  recoverCellsAndProofs: unavailable,
  verifyCellKzgProofBatch: unavailable,
}

/** Imports the blocks of `rlp`, one after the other as geth exports them; answers the last. */
export async function importChain(
  store: ChainStore,
  common: Common,
  genesis: GethGenesis,
  rlp: Uint8Array,
): Promise<ChainBlock> {
  let head = await importGenesis(store, common, genesis)
  common.setForkHashes(bytesOf(head.hash))
  for (let rest = rlp; rest.length > 0; ) {
    const { data, remainder } = RLP.decode(rest, true)
    const values = data as Parameters<typeof createBlockFromBytesArray>[0] // which refuses what is no block
    head = await importBlock(store, head, createBlockFromBytesArray(values, { common, setHardfork: true }))
    rest = remainder
  }
  return head
}

async function importGenesis(store: ChainStore, common: Common, file: GethGenesis): Promise<ChainBlock> {
  const rules = common.copy()
  rules.setHardforkBy({ blockNumber: 0n, timestamp: BigInt(file.timestamp) })
  const { nodes, stateRoot } = await writeAlloc(store, file.alloc)
  const header = createBlockHeader(
    {
      nonce: fixedBytes(BigInt(file.nonce), 8),
      timestamp: BigInt(file.timestamp),
      extraData: bytesOf(file.extraData ?? '0x'),
      gasLimit: BigInt(file.gasLimit),
      difficulty: BigInt(file.difficulty ?? 0),
      ...(file.mixHash === undefined ? {} : { mixHash: file.mixHash }),
      ...(file.coinbase === undefined ? {} : { coinbase: file.coinbase }),
      stateRoot,
    },
    { common: rules },
  )
  const block = {
    header,
    hash: hexOf(header.hash()),
    number: 0,
    transactions: [],
    receipts: [],
    burned: 0n,
    minted: 0n,
  }
  await store.write([...nodes, ...(await blockPuts(block))], undefined)
  return block
}

/** Accounts with their code and storage, as genesis files and state tests list them, over an empty state. */
export async function writeAlloc(store: ChainStore, alloc: GethGenesis['alloc']) {
  const manager = new BlockState(new StateReader(store), KECCAK256_RLP)
  for (const [key, { balance, nonce = '0x0', code = '0x', storage = {} }] of Object.entries(alloc)) {
    const address = createAddressFromString(key.startsWith('0x') ? key : `0x${key}`)
    await manager.putAccount(address, createAccount({ balance: BigInt(balance), nonce: BigInt(nonce) }))
    if (code !== '0x') await manager.putCode(address, bytesOf(code))
    for (const [slot, value] of Object.entries(storage)) {
      if (BigInt(value) === 0n) continue
      await manager.putStorage(address, fixedBytes(BigInt(slot), 32), toBigEndian(BigInt(value)))
    }
  }
  return { stateRoot: await manager.getStateRoot(), nodes: manager.puts() }
}

async function importBlock(store: ChainStore, parent: ChainBlock, block: Block): Promise<ChainBlock> {
  if (!(await block.transactionsTrieIsValid())) throw new Error(`block ${block.header.number}: transactions root`)
  const hashOf = (number: number): Uint8Array => bytesOf(keccak256(store.get('header', numberKey(number)) ?? '0x'))
  const world = await openWorld(block.common, new StateReader(store), parent.header.stateRoot, hashOf)
  // Throws when bloom, gas, receipts, state or requests differ from the header.
  const { results } = await runBlock(world.vm, { block, skipBlockValidation: true })
  const transactions = block.transactions.map((tx): ChainTransaction => {
    return { tx, hash: hexOf(tx.hash()), sender: tx.getSenderAddress().toString() }
  })
  const imported: ChainBlock = {
    header: block.header,
    hash: hexOf(block.hash()),
    number: Number(block.header.number),
    transactions,
    receipts: results.map((result, index) => receiptOf(transactionAt(transactions, index), result)),
    withdrawals: (block.withdrawals ?? []).map(({ index, validatorIndex, address, amount }) => {
      return { index, validatorIndex, address: address.toString(), amountGwei: amount }
    }),
    uncles: block.uncleHeaders,
    burned: 0n,
    minted: 0n,
  }
  const puts: readonly Put[] = [...world.manager.puts(), ...(await blockPuts(imported))]
  await store.write(puts, parent.hash.slice(2))
  return imported
}

function transactionAt(transactions: readonly ChainTransaction[], index: number): ChainTransaction {
  const transaction = transactions[index]
  if (transaction === undefined) throw new RangeError('a result without a transaction')
  return transaction
}
