/** OfferSnapshot and ApplySnapshotChunk: how a node comes to a head without the blocks before it. */

import { messageOf, ok, type Result, refuse } from '@millrace/base'
import type { ChainBlock, ChainTransaction } from '../block.ts'
import { decodeTransaction } from '../execution/engine.ts'
import { Pace } from '../execution/evm/pace.ts'
import { bytesOf, hexOf } from '../hex.ts'
import { settleAll } from '../pool/settlement.ts'
import { readName, type SnapshotName, snapshotFormat } from '../snapshots/format.ts'
import type { ProvenBlock } from '../snapshots/proof.ts'
import { type ChunkVerdict, startRestore } from '../snapshots/restore.ts'
import { numberKey } from '../store/codec.ts'
import { baseKey, type Put } from '../store/store.ts'
import { electedBy } from './decision.ts'
import { type AppState, advance, finalizedKey, setsKey } from './state.ts'
import { encodeSets, withElected } from './validator-sets.ts'

export type OfferVerdict = 'accept' | 'reject' | 'reject-format' | 'reject-sender' | 'abort'

/** What became of a chunk: `restored` is the last one, after which the snapshot's block is the head. */
export type RestoreVerdict =
  | Exclude<ChunkVerdict, { readonly kind: 'complete' }>
  | { readonly kind: 'restored' }
  /** No snapshot was accepted. */
  | { readonly kind: 'no-restore' }

/**
 * Whether to restore this snapshot. A restore that was going on is given up.
 *
 * @param appHash of the snapshot's height, as consensus trusts it
 */
export function offerSnapshot(state: AppState, name: SnapshotName, appHash: Uint8Array): OfferVerdict {
  const { parts, network } = state
  state.restore = undefined
  const told = (cause: string, verdict: OfferVerdict): OfferVerdict => {
    parts.logger.log('warn', 'a snapshot is refused', { height: name.height, cause })
    return verdict
  }
  const { store } = parts
  if (store === undefined) return told('this node restores none', 'abort')
  if (name.format !== snapshotFormat) return told(`format ${name.format}: expected ${snapshotFormat}`, 'reject-format')
  const manifest = readName(name)
  if (!manifest.ok) return told(manifest.error, 'reject-sender')
  const { height, blockHash, genesisHash } = manifest.value
  if (genesisHash !== network.genesisHash) {
    return told(`of the chain with genesis ${genesisHash}, not ${network.genesisHash}: see genesis.json`, 'reject')
  }
  if (blockHash !== hexOf(appHash)) return told('not of the block that consensus trusts', 'reject')
  const trusted = { common: parts.common, height, blockHash, genesisHash }
  state.restore = startRestore(manifest.value, trusted, (puts) => store.write(puts, state.head.hash.slice(2)))
  parts.logger.log('info', 'restoring a snapshot', { height, chunks: name.chunks })
  return 'accept'
}

/**
 * Proves and writes the next chunk; the last one makes the snapshot's block the head, by one atomic write. Until then the
 * head is what it was, and a node that is killed begins anew.
 *
 * @throws ChainError store-failed, store-conflict
 */
export async function applyChunk(state: AppState, index: number, chunk: Uint8Array): Promise<RestoreVerdict> {
  const { restore, parts } = state
  if (restore === undefined) return { kind: 'no-restore' }
  const verdict = await restore.apply(index, chunk)
  if (verdict.kind === 'taken' || verdict.kind === 'wrong-bytes') return verdict
  state.restore = undefined
  const { height } = restore.manifest
  const lie = (message: string): RestoreVerdict => {
    parts.logger.log('warn', 'a snapshot lies', { height, cause: message })
    return { kind: 'lie', message }
  }
  if (verdict.kind === 'out-of-order') return verdict
  if (verdict.kind === 'lie') return lie(verdict.message)
  const adopted = await adopt(state, verdict.block)
  if (!adopted.ok) return lie(adopted.error)
  parts.logger.log('info', 'restored a snapshot', { height })
  return { kind: 'restored' }
}

/** Executes the block on the state below it, and makes it the head. */
async function adopt(state: AppState, proven: ProvenBlock): Promise<Result<undefined, string>> {
  const { parts } = state
  const { header, report, record } = proven
  const parent = parentOf(proven)
  const transactions = await decodeAll(proven.transactions, parts.common)
  if (!transactions.ok) return transactions
  const executed = await parts.engine.execute(parent, header, transactions.value, report)
  if (!executed.ok) return refuse(executed.error.message)
  const candidate = executed.value
  const { block } = candidate
  const elected = await electedBy(parts, parent, candidate)
  const sets = elected === undefined ? record.sets : withElected(record.sets, block.number, elected)
  const beside: readonly Put[] = [
    { table: 'meta', key: baseKey, value: bytesOf(numberKey(block.number)) },
    { table: 'meta', key: setsKey, value: encodeSets(sets) },
    // Signatures under blocks come with the votes on the next ones.
    { table: 'meta', key: finalizedKey, value: bytesOf(numberKey(0)) },
  ]
  parts.crash?.at('chain.built')
  await parts.engine.commit(candidate, beside, state.head.hash)
  parts.crash?.at('chain.committed')
  parts.blocks.remember(block)
  advance(state, block, sets, 0)
  await settleAll(parts.pool, parts.engine.state(block))
  return ok(undefined)
}

/** The block below as execution asks for it: its own transactions are not here. */
function parentOf({ parent: { header, report }, record: { burned, minted } }: ProvenBlock): ChainBlock {
  const base = { header, hash: hexOf(header.hash()), number: Number(header.number) }
  return { ...base, transactions: [], receipts: [], burned, minted, ...(report === undefined ? {} : { report }) }
}

/** What recovering a sender counts for. */
const senderWork = 2_000

/** Of a block that was executed by others, so it should be all of them. In turns of the event loop. */
async function decodeAll(
  raws: readonly Uint8Array[],
  common: AppState['parts']['common'],
): Promise<Result<readonly ChainTransaction[], string>> {
  const pace = new Pace()
  const decoded: ChainTransaction[] = []
  try {
    for (const raw of raws) {
      decoded.push(decodeTransaction(raw, common))
      if (pace.spend(senderWork)) await pace.rest()
    }
    return ok(decoded)
  } catch (thrown) {
    return refuse(messageOf(thrown))
  }
}
