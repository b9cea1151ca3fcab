/** Reads the events of the vault and its bonds block range by block range, from a cursor that survives restarts and reorganisations. */

import { maxBig, minBig } from '@millrace/base'
import type { Account } from '@millrace/voucher'
import { type Hex, numberToHex } from 'viem'
import { type Block, decodeBlock, decodeLogs, type Log } from './decode.ts'
import { LedgerError } from './errors.ts'
import type { Rpc } from './rpc.ts'
import { type VaultEvent, vaultEvents } from './vault-event.ts'

/** Common public nodes answer at most this many blocks. */
export const windowBlocksMax = 2_000n
/** How far a reorganisation makes us read again: more than any chain with finality undoes. */
export const reorgBlocksMax = 128n

/** The last block whose events were delivered, and the chain it belongs to. */
export interface Cursor {
  readonly genesisHash: Hex
  readonly blockNumber: bigint
  readonly blockHash: Hex
}

export interface Advance {
  readonly cursor: Cursor
  readonly head: Block
  /** In the chain's order. After a reorganisation events may come again: their sums are absolute or must be re-read. */
  readonly events: readonly VaultEvent[]
  /** The blocks behind the cursor were replaced: everything derived from events must be read again. */
  readonly reorganised: boolean
  /** More blocks are waiting: call again at once. */
  readonly behind: boolean
  /** The window to use next. */
  readonly windowBlocks: bigint
}

/**
 * One step from `cursor` towards the head.
 *
 * @param contracts whose events
 * @throws LedgerError `chain-reset` when block 0 is not the cursor's; `unreachable`, `bad-reply`, `refused`
 */
export async function advanceCursor(
  rpc: Rpc,
  contracts: readonly Account[],
  cursor: Cursor,
  windowBlocks: bigint,
): Promise<Advance> {
  const head = await blockAt(rpc, 'latest')
  const last = head.number === cursor.blockNumber ? head : await findBlock(rpc, numberToHex(cursor.blockNumber))
  if (last === undefined || last.hash !== cursor.blockHash) {
    return { ...(await stepBack(rpc, cursor, head)), head, windowBlocks }
  }
  if (head.number === cursor.blockNumber) {
    return { cursor, head, events: [], reorganised: false, behind: false, windowBlocks }
  }
  const from = cursor.blockNumber + 1n
  const to = minBig(head.number, from + windowBlocks - 1n)
  const end = to === head.number ? head : await blockAt(rpc, numberToHex(to))
  const logs = await readLogs(rpc, contracts, from, to)
  if (logs === 'too-many') {
    return { cursor, head, events: [], reorganised: false, behind: true, windowBlocks: halved(windowBlocks) }
  }
  // The same block on both sides of the logs: they belong to one chain.
  const after = await findBlock(rpc, numberToHex(to))
  if (after?.hash !== end.hash) {
    return { cursor, head, events: [], reorganised: false, behind: true, windowBlocks }
  }
  return {
    cursor: { ...cursor, blockNumber: to, blockHash: end.hash },
    head,
    events: vaultEvents(logs),
    reorganised: false,
    behind: to < head.number,
    windowBlocks: minBig(windowBlocksMax, windowBlocks * 2n),
  }
}

/** A block that must exist. */
export async function blockAt(rpc: Rpc, tag: string): Promise<Block> {
  const block = await findBlock(rpc, tag)
  if (block === undefined) throw new LedgerError('bad-reply', `the RPC has no block ${tag}: is it still syncing?`)
  return block
}

async function findBlock(rpc: Rpc, tag: string): Promise<Block | undefined> {
  const block = await rpc.call('eth_getBlockByNumber', [tag, false], decodeBlock)
  if (block !== undefined && tag.startsWith('0x') && block.number !== BigInt(tag)) {
    throw new LedgerError('bad-reply', `the RPC answers block ${tag} with block ${block.number}`)
  }
  return block
}

async function stepBack(
  rpc: Rpc,
  cursor: Cursor,
  head: Block,
): Promise<Pick<Advance, 'cursor' | 'events' | 'reorganised' | 'behind'>> {
  await checkGenesis(rpc, cursor.genesisHash)
  const number = maxBig(0n, minBig(head.number, cursor.blockNumber) - reorgBlocksMax)
  const block = await blockAt(rpc, numberToHex(number))
  const back = { ...cursor, blockNumber: block.number, blockHash: block.hash }
  return { cursor: back, events: [], reorganised: true, behind: number < head.number }
}

/** @throws LedgerError `chain-reset` */
export async function checkGenesis(rpc: Rpc, genesisHash: Hex): Promise<void> {
  const genesis = await blockAt(rpc, '0x0')
  if (genesis.hash === genesisHash) return
  throw new LedgerError(
    'chain-reset',
    `the chain at ${rpc.url} was replaced: its block 0 is ${genesis.hash}, expected ${genesisHash}; vouchers and balances of before are void there: use the old chain's data folder, or start with new books`,
  )
}

async function readLogs(
  rpc: Rpc,
  contracts: readonly Account[],
  from: bigint,
  to: bigint,
): Promise<readonly Log[] | 'too-many'> {
  const filter = { address: contracts, fromBlock: numberToHex(from), toBlock: numberToHex(to) }
  const logs = await rpc.call('eth_getLogs', [filter], decodeLogs).catch((thrown: unknown) => {
    if (to > from && thrown instanceof LedgerError && thrown.code === 'refused') return 'too-many' as const
    throw thrown
  })
  if (logs === 'too-many') return logs
  const foreign = logs.find((log) => !contracts.includes(log.address) || log.blockNumber < from || log.blockNumber > to)
  if (foreign === undefined) return logs
  throw new LedgerError(
    'bad-reply',
    `the RPC answers the logs of ${contracts.join(' and ')} in blocks ${from} to ${to} with one of ${foreign.address} in block ${foreign.blockNumber}`,
  )
}

function halved(blocks: bigint): bigint {
  return maxBig(1n, blocks / 2n)
}
