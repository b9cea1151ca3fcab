/** What every method may use, and how a block reference becomes a block. */

import { type BlockHeader, createBlockHeader } from '@ethereumjs/block'
import { type Clock, defined } from '@millrace/base'
import type { ChainBlock } from '../block.ts'
import type { StateView } from '../execution/port.ts'
import type { Chain } from '../node.ts'
import type { Readers } from '../readers/readers.ts'
import type { Connection } from './connection.ts'
import { RpcError, rpcCodes } from './errors.ts'
import type { NetworkView } from './network-view.ts'
import type { BlockReference } from './params.ts'

/** What a method needs that reads what is committed and nothing else: a thread with a store of its own has it too. */
export interface ReadContext {
  readonly chain: Pick<Chain, 'engine' | 'blocks' | 'head' | 'finalized' | 'floor' | 'nextHeader'>
  readonly clock: Clock
  /** The timestamp that a block made now would carry. */
  readonly nextTimestamp: () => number
}

export interface RpcContext extends ReadContext {
  readonly chain: Chain
  /** Who answers what may take long: threads, or the engine's process; absent: it runs on this loop, in turns. */
  readonly readers?: Readers | undefined
  /** Absent: the node is alone. */
  readonly network?: NetworkView | undefined
}

/** `connection` is there when the caller stays on a WebSocket. */
export type Method = (params: readonly unknown[], connection?: Connection) => unknown
export type Methods = Readonly<Record<string, Method>>

/**
 * `pending` is answered from the latest block: waiting transactions have no state before they are in one.
 *
 * @throws RpcError 4444 for a block before the snapshot by which this node joined
 */
export function findBlock({ chain }: ReadContext, reference: BlockReference): ChainBlock | undefined {
  if (reference.kind === 'hash') return chain.blocks.byHash(reference.hash)
  if (reference.kind === 'number') return blockAt(chain, reference.number)
  if (reference.tag === 'finalized') return chain.blocks.byNumber(chain.finalized())
  return reference.tag === 'earliest' ? chain.blocks.byNumber(0) : chain.head()
}

function blockAt({ blocks, head }: ReadContext['chain'], number: number): ChainBlock | undefined {
  if (number > 0 && number <= head().number && isPruned(blocks, number)) throw pruned(blocks.base())
  return blocks.byNumber(number)
}

/** Whether a search from this block on meets some that are not here. */
export function isPruned(blocks: ReadContext['chain']['blocks'], number: number): boolean {
  const base = blocks.base()
  return base > 1 && number < base
}

/** A node that joined by a snapshot has no block before it, but block 0. */
export function pruned(base: number): RpcError {
  return new RpcError(rpcCodes.pruned, `pruned history unavailable: this node joined by a snapshot at block ${base}`)
}

/** The state after a block, where the EVM can run on it. Whoever gets here was not handed to another process before. */
export function localState({ chain }: ReadContext, block: ChainBlock): StateView {
  return defined(chain.engine.local, 'an EVM of our own, or another process that is asked').state(block)
}

/** @throws RpcError -32000 */
export function needBlock(context: ReadContext, reference: BlockReference): ChainBlock {
  const block = findBlock(context, reference)
  if (block === undefined) throw new RpcError(rpcCodes.server, 'header not found')
  return block
}

/**
 * The header in whose context a call runs: for `pending` the one that a block made now would have; for `latest` the
 * head's at the present time, since on demand the head may be hours old and what is due by now must be seen as due.
 */
export function callHeader(context: ReadContext, reference: BlockReference, block: ChainBlock): BlockHeader {
  const { chain, nextTimestamp } = context
  const isPresent = reference.kind === 'tag' && reference.tag !== 'earliest' && block.number === chain.head().number
  if (!isPresent) return block.header
  if (reference.tag === 'pending') return chain.nextHeader(nextTimestamp())
  return createBlockHeader({ ...block.header, timestamp: nextTimestamp() }, { common: block.header.common })
}

/** What one request may keep the EVM busy for, from now on. */
export function patience({ clock }: ReadContext): () => boolean {
  const began = clock.now()
  return () => clock.now() - began > evmMsMax
}

const evmMsMax = 5000
