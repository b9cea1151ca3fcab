/** From an ABCI request to its answer: each call is one function of the application, in CometBFT's words. */

import { defined } from '@millrace/base'
import type { Hex } from 'viem'
import type { App } from '../../app/app.ts'
import type { BlockInput, CommitVote } from '../../app/block-input.ts'
import type { Mempool } from '../../app/mempool.ts'
import type { RestoreVerdict } from '../../app/restoring.ts'
import type { ExtendedVote } from '../../app/vote-record.ts'
import type { ConsensusReport } from '../../consensus-report.ts'
import { ChainError } from '../../errors.ts'
import { bytesOf, hexOf } from '../../hex.ts'
import type { SnapshotName } from '../../snapshots/format.ts'
import {
  accepted,
  applyResults,
  committedFlag,
  offerResults,
  rejected,
  type request,
  type response,
  retryCode,
  type validatorUpdate,
} from './messages.ts'
import type { Of } from './proto.ts'

export type Request = Of<typeof request>
export type RequestName = keyof Request
export type Response = Partial<Of<typeof response>>

export interface CallParts {
  readonly app: App
  readonly mempool: Mempool
  /** What CometBFT calls the network. */
  readonly networkName: string
  /** Resolves when the child of the head may be proposed. */
  readonly proposalDue: () => Promise<void>
  /** Absent: this node has none to give. */
  readonly snapshots?: SnapshotShelf | undefined
}

/** The snapshots that a node has. */
export interface SnapshotShelf {
  /** Of blocks up to this one. */
  list(heightMax: number): readonly SnapshotName[]
  /** Undefined where it has no such chunk, or no more. */
  chunk(height: number, format: number, index: number): Promise<Uint8Array | undefined>
}

/** A light client needs the two headers above a snapshot's, and the commit of the second comes with a third. */
const settledBlocks = 3

/** Names the network to CometBFT, which signs it into each vote. */
export function networkNameOf(chainId: number): string {
  return `millrace-${chainId}`
}

/** The one call that a request makes; undefined when it names none or several. */
export function callOf(value: Request): RequestName | undefined {
  // Of gives the object the names of its description.
  const named = (Object.keys(value) as RequestName[]).filter((name) => value[name] !== undefined)
  return named.length === 1 ? named[0] : undefined
}

/** Calls that read or move the chain's state. The others only know the pool, or nothing. */
export const stateCalls: ReadonlySet<RequestName> = new Set<RequestName>([
  'info',
  'initChain',
  'prepareProposal',
  'processProposal',
  'extendVote',
  'verifyVoteExtension',
  'finalizeBlock',
  'commit',
  'offerSnapshot',
  'applySnapshotChunk',
])

/**
 * Answers one call.
 *
 * @throws ChainError when the application can't go on; CometBFT must end then
 */
export async function answer(parts: CallParts, name: RequestName, value: Request): Promise<Response> {
  const { app } = parts
  switch (name) {
    case 'echo':
      return { echo: { message: value.echo?.message ?? '' } }
    case 'flush':
      return { flush: {} }
    case 'info': {
      const { height, appHash } = app.info()
      return {
        info: {
          data: 'millrace',
          version: '1',
          appVersion: 1n,
          lastBlockHeight: BigInt(height),
          lastBlockAppHash: bytesOf(appHash),
        },
      }
    }
    case 'initChain':
      return initChain(parts, value)
    case 'commit':
      await app.commit()
      return { commit: { retainHeight: 0n } }
    case 'query':
      return { query: { code: 1, log: 'ask over JSON-RPC', value: new Uint8Array(0), height: 0n } }
    case 'checkTx':
    case 'insertTx':
    case 'reapTxs':
      return mempoolCall(parts, name, value)
    case 'listSnapshots':
    case 'offerSnapshot':
    case 'loadSnapshotChunk':
    case 'applySnapshotChunk':
      return snapshotCall(parts, name, value)
    default:
      return blockCall(parts, name, value)
  }
}

async function snapshotCall(
  { app, snapshots }: CallParts,
  name: 'listSnapshots' | 'offerSnapshot' | 'loadSnapshotChunk' | 'applySnapshotChunk',
  value: Request,
): Promise<Response> {
  switch (name) {
    case 'listSnapshots': {
      const listed = snapshots?.list(app.info().height - settledBlocks) ?? []
      return { listSnapshots: { snapshots: listed.map((one) => ({ ...one, height: BigInt(one.height) })) } }
    }
    case 'loadSnapshotChunk': {
      const { height, format, chunk: index } = defined(value.loadSnapshotChunk, 'the call that was asked for')
      const chunk = await snapshots?.chunk(clampedOf(height), format, index)
      // No bytes are no chunk: CometBFT tells its peer that it is missing.
      return { loadSnapshotChunk: { chunk: chunk ?? new Uint8Array(0) } }
    }
    case 'offerSnapshot': {
      const { snapshot, appHash } = defined(value.offerSnapshot, 'the call that was asked for')
      if (snapshot === undefined) return { offerSnapshot: { result: offerResults.reject } }
      const verdict = app.offerSnapshot({ ...snapshot, height: clampedOf(snapshot.height) }, appHash)
      return { offerSnapshot: { result: offerResults[verdict] } }
    }
    case 'applySnapshotChunk': {
      const { index, chunk, sender } = defined(value.applySnapshotChunk, 'the call that was asked for')
      return { applySnapshotChunk: applied(await app.applyChunk(index, chunk), index, sender) }
    }
  }
}

function applied(verdict: RestoreVerdict, index: number, sender: string): Response['applySnapshotChunk'] {
  const answered = (
    result: keyof typeof applyResults,
    refetchChunks: readonly number[],
    rejected: readonly string[],
  ) => {
    return { result: applyResults[result], refetchChunks, rejectSenders: rejected }
  }
  switch (verdict.kind) {
    case 'taken':
    case 'restored':
      return answered('accept', [], [])
    case 'wrong-bytes':
      return answered('retry', [index], [sender])
    case 'lie':
      return answered('rejectSnapshot', [], [sender])
    case 'out-of-order':
    case 'no-restore':
      // The offer comes again, and every chunk after it.
      return answered('retrySnapshot', [], [])
  }
}

/** A height that some peer made up: above 2^53 there is none. */
function clampedOf(height: bigint): number {
  return Number(height > BigInt(Number.MAX_SAFE_INTEGER) ? 0n : height)
}

function initChain({ app, networkName }: CallParts, { initChain: call }: Request): Response {
  const { chainId, initialHeight, consensusParams, appStateBytes } = defined(call, 'the call that was asked for')
  const mismatch = (found: string, expected: string) =>
    new ChainError('genesis-mismatch', `CometBFT's genesis.json has ${found}: expected ${expected}; make it anew`)
  if (chainId !== networkName) throw mismatch(`chain_id ${chainId.slice(0, 80)}`, networkName)
  if (initialHeight !== 1n) throw mismatch(`initial_height ${initialHeight}`, '1')
  const extensionsFrom = consensusParams?.abci?.voteExtensionsEnableHeight
  if (extensionsFrom !== 1n) throw mismatch(`vote extensions from height ${extensionsFrom}`, '1')
  // The file says the hash as a JSON string, since app_state is JSON.
  const { appHash, validators } = app.initChain(Buffer.from(appStateBytes).toString('utf8').replaceAll('"', ''))
  return {
    initChain: { consensusParams: undefined, validators: validators.map(updateOf), appHash: bytesOf(appHash) },
  }
}

async function mempoolCall(
  { mempool }: CallParts,
  name: 'checkTx' | 'insertTx' | 'reapTxs',
  value: Request,
): Promise<Response> {
  if (name === 'reapTxs') return { reapTxs: { txs: mempool.reap(numberOf(value.reapTxs?.maxBytes ?? 0n)) } }
  const inserted = await mempool.insert(value[name]?.tx ?? new Uint8Array(0))
  const code = inserted.kind === 'taken' ? 0 : inserted.kind === 'later' ? retryCode : 1
  if (name === 'insertTx') return { insertTx: { code } }
  return { checkTx: { code, log: inserted.kind === 'taken' ? '' : inserted.message, gasWanted: 0n } }
}

async function blockCall(
  { app }: CallParts,
  name: 'prepareProposal' | 'processProposal' | 'extendVote' | 'verifyVoteExtension' | 'finalizeBlock',
  value: Request,
): Promise<Response> {
  switch (name) {
    case 'prepareProposal': {
      const call = defined(value.prepareProposal, 'the call that was asked for')
      const votes = (call.localLastCommit?.votes ?? []).map(extendedVoteOf)
      const txs = await app.prepareProposal({
        height: numberOf(call.height),
        seconds: numberOf(call.time?.seconds ?? 0n),
        bytesMax: numberOf(call.maxTxBytes),
        votes,
        report: reportOf(call, votes),
      })
      return { prepareProposal: { txs } }
    }
    case 'processProposal': {
      const { ok } = await app.processProposal(inputOf(defined(value.processProposal, 'the call that was asked for')))
      return { processProposal: { status: ok ? accepted : rejected } }
    }
    case 'extendVote': {
      const input = inputOf(defined(value.extendVote, 'the call that was asked for'))
      return { extendVote: { voteExtension: await app.extendVote(input) } }
    }
    case 'verifyVoteExtension': {
      const call = defined(value.verifyVoteExtension, 'the call that was asked for')
      const { ok } = app.verifyVoteExtension(numberOf(call.height), hexOf(call.validatorAddress), call.voteExtension)
      return { verifyVoteExtension: { status: ok ? accepted : rejected } }
    }
    case 'finalizeBlock': {
      const { appHash, results, validatorUpdates } = await app.finalizeBlock(
        inputOf(defined(value.finalizeBlock, 'the call that was asked for')),
      )
      return {
        finalizeBlock: {
          txResults: results,
          validatorUpdates: validatorUpdates.map(updateOf),
          appHash: bytesOf(appHash),
        },
      }
    }
  }
}

type BlockCall = Omit<NonNullable<Request['finalizeBlock']>, 'hash'>

function inputOf(call: BlockCall): BlockInput {
  const votes = call.lastCommit?.votes ?? []
  const lastCommit = votes.map(({ validator, blockIdFlag }) => voteOf(validator?.address, blockIdFlag))
  return {
    height: numberOf(call.height),
    seconds: numberOf(call.time?.seconds ?? 0n),
    items: call.txs,
    lastCommit,
    report: reportOf(call, lastCommit),
  }
}

/** A vote for none is no vote: it did not help the block. An attack on light clients takes votes for two blocks too. */
function reportOf(
  { proposerAddress, misbehavior }: Pick<BlockCall, 'proposerAddress' | 'misbehavior'>,
  lastCommit: readonly CommitVote[],
): ConsensusReport {
  return {
    proposer: addressOf(proposerAddress),
    missed: lastCommit.filter(({ committed }) => !committed).map(({ validator }) => validator),
    evidence: misbehavior.map(({ validator, height }) => {
      return { offender: addressOf(validator?.address), height: numberOf(height) }
    }),
  }
}

type ExtendedVoteInfo = NonNullable<NonNullable<Request['prepareProposal']>['localLastCommit']>['votes'][number]

function extendedVoteOf({ validator, voteExtension, blockIdFlag }: ExtendedVoteInfo): ExtendedVote {
  return { ...voteOf(validator?.address, blockIdFlag), extension: voteExtension }
}

function voteOf(address: Uint8Array | undefined, blockIdFlag: number): CommitVote {
  return { validator: addressOf(address), committed: blockIdFlag === committedFlag }
}

function addressOf(address: Uint8Array | undefined): Hex {
  if (address?.length === addressBytes) return hexOf(address)
  throw new ChainError('bad-call', `a validator's address of ${address?.length ?? 0} bytes: expected ${addressBytes}`)
}

const addressBytes = 20

function updateOf({
  consensusKey,
  power,
}: {
  readonly consensusKey: string
  readonly power: number
}): Of<typeof validatorUpdate> {
  return { pubKey: { ed25519: bytesOf(consensusKey) }, power: BigInt(power) }
}

/** Heights, seconds and sizes that CometBFT counts in 64 bits and nobody ever will. */
function numberOf(value: bigint): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 0)
    throw new ChainError('bad-call', `a number of ${value}: expected 0 to 2^53`)
  return number
}
