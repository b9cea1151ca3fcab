/** A block that a caller hands over as its RLP, to be run on its parent here: decoded, and bounded before it costs anything. */

import { createBlockHeaderFromBytesArray } from '@ethereumjs/block'
import { RLP } from '@ethereumjs/rlp'
import { equalBytes, messageOf } from '@millrace/base'
import type { ChainBlock, ChainTransaction } from '../block.ts'
import { encodeBlock } from '../block-rlp.ts'
import { reportRoot } from '../consensus-report.ts'
import { decodeTransaction } from '../execution/engine.ts'
import { Pace } from '../execution/evm/pace.ts'
import { hexOf } from '../hex.ts'
import { findBlock, type ReadContext } from './context.ts'
import { RpcError, rpcCodes } from './errors.ts'

/** The request's body, in hex, could hold no more. */
export const blockBytesMax = 2_621_440
/** What recovering a sender counts for. */
const senderWork = 2_000
/** No transaction costs less. */
const transactionGasMin = 21_000n
/** EIP-1559: a block's gas limit differs from its parent's by less than this part. */
const gasLimitPart = 1024n

export interface PlacedBlock {
  readonly block: ChainBlock
  readonly parent: ChainBlock
}

/**
 * The chain's own block, when its bytes are these, or one that never was on a parent that is the chain's.
 *
 * @throws RpcError -32000 when the bytes are no block, its parent is not here, or it could do more than a block may; 4444
 */
export async function placeBlock(context: ReadContext, raw: Uint8Array): Promise<PlacedBlock> {
  const decoded = await decodeBlock(context, raw)
  if (decoded.number === 0) throw new RpcError(rpcCodes.server, 'genesis is not traceable')
  const parent = findBlock(context, { kind: 'number', number: decoded.number - 1 })
  if (parent === undefined || parent.hash !== hexOf(decoded.header.parentHash)) {
    throw new RpcError(rpcCodes.server, `block ${hexOf(decoded.header.parentHash)} not found`)
  }
  const stored = context.chain.blocks.byNumber(decoded.number)
  if (stored?.hash === decoded.hash && equalBytes(encodeBlock(stored), raw)) return { block: stored, parent }
  checkGas(decoded, parent)
  return { block: { ...decoded, ...reportOf(decoded, stored) }, parent }
}

async function decodeBlock({ chain }: ReadContext, raw: Uint8Array): Promise<ChainBlock> {
  const { common } = chain.head().header
  try {
    const [first, second] = list(RLP.decode(raw))
    const header = createBlockHeaderFromBytesArray(list(first).map(leaf), { common, setHardfork: true })
    const transactions = await decodeAll(list(second), header.common)
    // Receipts, uncles and withdrawals have no part in what its transactions do.
    const rest = { receipts: [], burned: 0n, minted: 0n }
    return { header, hash: hexOf(header.hash()), number: Number(header.number), transactions, ...rest }
  } catch (thrown) {
    throw new RpcError(rpcCodes.server, `could not decode block: ${messageOf(thrown).slice(0, 300)}`)
  }
}

type Item = Uint8Array | readonly Item[]

/** In turns of the event loop. A legacy transaction is a list, a typed one a string of bytes. */
async function decodeAll(
  items: readonly Item[],
  common: ChainBlock['header']['common'],
): Promise<readonly ChainTransaction[]> {
  const pace = new Pace()
  const decoded: ChainTransaction[] = []
  for (const item of items) {
    decoded.push(decodeTransaction(item instanceof Uint8Array ? item : RLP.encode([...list(item).map(leaf)]), common))
    if (pace.spend(senderWork)) await pace.rest()
  }
  return decoded
}

/** Whoever invents a block names its gas, and by its blob gas how long a price is reckoned: both must be a child's of its parent. */
function checkGas({ header, transactions }: ChainBlock, { header: before }: ChainBlock): void {
  const refuse = (message: string) => new RpcError(rpcCodes.server, message)
  if (header.gasLimit >= before.gasLimit + before.gasLimit / gasLimitPart) {
    throw refuse(`invalid gas limit: have ${header.gasLimit}, parent ${before.gasLimit}`)
  }
  if (BigInt(transactions.length) * transactionGasMin > header.gasLimit) {
    throw refuse(`gas limit reached: ${transactions.length} transactions, limit ${header.gasLimit}`)
  }
  const blobGasMost = (before.excessBlobGas ?? 0n) + (before.blobGasUsed ?? 0n)
  if ((header.excessBlobGas ?? 0n) > blobGasMost) {
    throw refuse(`invalid excessBlobGas: have ${header.excessBlobGas}, want at most ${blobGasMost}`)
  }
}

/** What consensus has said with a block stands beside its RLP: the header commits to it. */
function reportOf({ header }: ChainBlock, stored: ChainBlock | undefined): Pick<ChainBlock, 'report'> {
  const root = header.parentBeaconBlockRoot
  if (root === undefined || equalBytes(root, reportRoot(undefined))) return {}
  if (stored?.report !== undefined && equalBytes(root, reportRoot(stored.report))) return { report: stored.report }
  throw new RpcError(
    rpcCodes.server,
    `no report of consensus with root ${hexOf(root)} at this block: expected the chain's own`,
  )
}

function list(item: Item | undefined): readonly Item[] {
  if (item === undefined || item instanceof Uint8Array) throw new Error('expected a list')
  return item
}

function leaf(item: Item): Uint8Array {
  if (item instanceof Uint8Array) return item
  throw new Error('expected a string of bytes')
}
