/**
 * ABCI 2.0 as CometBFT 0.40 speaks it: the messages this node reads and writes, by the field numbers of its
 * specification (spec/abci, proto package tendermint.abci). Fields that nobody here uses are left out; they are skipped.
 */

import {
  bytes,
  bytesList,
  flag,
  int32,
  int64,
  list,
  message,
  nested,
  text,
  textList,
  uint32,
  uint32List,
  uint64,
} from './proto.ts'

const empty = message({})

export const timestamp = message({ seconds: int64(1), nanos: int32(2) })
const duration = message({ seconds: int64(1), nanos: int32(2) })

/** A key of a validator: this chain's are ed25519. */
const publicKey = message({ ed25519: bytes(1) })
export const validatorUpdate = message({ pubKey: nested(1, publicKey), power: int64(2) })
const validator = message({ address: bytes(1), power: int64(3) })

/** BlockIDFlag: 1 absent, 2 for the block, 3 for none. */
export const committedFlag = 2
const voteInfo = message({ validator: nested(1, validator), blockIdFlag: int32(3) })
const extendedVoteInfo = message({
  validator: nested(1, validator),
  voteExtension: bytes(3),
  extensionSignature: bytes(4),
  blockIdFlag: int32(5),
})
export const commitInfo = message({ round: int32(1), votes: list(2, voteInfo) })
export const extendedCommitInfo = message({ round: int32(1), votes: list(2, extendedVoteInfo) })

/** Type 1 is a double vote, 2 an attack on light clients. */
export const misbehavior = message({
  type: int32(1),
  validator: nested(2, validator),
  height: int64(3),
  time: nested(4, timestamp),
  totalVotingPower: int64(5),
})

export const consensusParams = message({
  block: nested(1, message({ maxBytes: int64(1), maxGas: int64(2) })),
  evidence: nested(2, message({ maxAgeNumBlocks: int64(1), maxAgeDuration: nested(2, duration), maxBytes: int64(3) })),
  abci: nested(5, message({ voteExtensionsEnableHeight: int64(1) })),
})

/** What ProcessProposal, FinalizeBlock say of a block. */
const blockCall = message({
  txs: bytesList(1),
  lastCommit: nested(2, commitInfo),
  misbehavior: list(3, misbehavior),
  hash: bytes(4),
  height: int64(5),
  time: nested(6, timestamp),
  proposerAddress: bytes(8),
})

const snapshot = message({
  height: uint64(1),
  format: uint32(2),
  chunks: uint32(3),
  hash: bytes(4),
  metadata: bytes(5),
})

export const request = message({
  echo: nested(1, message({ message: text(1) })),
  flush: nested(2, empty),
  info: nested(3, message({ version: text(1), abciVersion: text(4) })),
  initChain: nested(
    5,
    message({
      time: nested(1, timestamp),
      chainId: text(2),
      consensusParams: nested(3, consensusParams),
      validators: list(4, validatorUpdate),
      appStateBytes: bytes(5),
      initialHeight: int64(6),
    }),
  ),
  query: nested(6, message({ data: bytes(1), path: text(2), height: int64(3), prove: flag(4) })),
  checkTx: nested(8, message({ tx: bytes(1), type: int32(2) })),
  commit: nested(11, empty),
  listSnapshots: nested(12, empty),
  offerSnapshot: nested(13, message({ snapshot: nested(1, snapshot), appHash: bytes(2) })),
  loadSnapshotChunk: nested(14, message({ height: uint64(1), format: uint32(2), chunk: uint32(3) })),
  applySnapshotChunk: nested(15, message({ index: uint32(1), chunk: bytes(2), sender: text(3) })),
  prepareProposal: nested(
    16,
    message({
      maxTxBytes: int64(1),
      txs: bytesList(2),
      localLastCommit: nested(3, extendedCommitInfo),
      misbehavior: list(4, misbehavior),
      height: int64(5),
      time: nested(6, timestamp),
      proposerAddress: bytes(8),
    }),
  ),
  processProposal: nested(17, blockCall),
  extendVote: nested(
    18,
    message({
      hash: bytes(1),
      height: int64(2),
      time: nested(3, timestamp),
      txs: bytesList(4),
      lastCommit: nested(5, commitInfo),
      misbehavior: list(6, misbehavior),
      proposerAddress: bytes(8),
    }),
  ),
  verifyVoteExtension: nested(
    19,
    message({ hash: bytes(1), validatorAddress: bytes(2), height: int64(3), voteExtension: bytes(4) }),
  ),
  finalizeBlock: nested(20, blockCall),
  insertTx: nested(21, message({ tx: bytes(1) })),
  reapTxs: nested(22, message({ maxBytes: uint64(1), maxGas: uint64(2) })),
})

/** OfferSnapshot's Result: abort all, refuse this one, its format, or all of its sender. */
export const offerResults = { accept: 1, abort: 2, reject: 3, 'reject-format': 4, 'reject-sender': 5 } as const
/** ApplySnapshotChunk's Result: retry the chunk or the whole snapshot, or try another. */
export const applyResults = { accept: 1, abort: 2, retry: 3, retrySnapshot: 4, rejectSnapshot: 5 } as const

/** ProposalStatus and VerifyStatus: the same numbers in both. */
export const accepted = 1
export const rejected = 2
/** From this code on CometBFT offers a transaction again later. */
export const retryCode = 32_000

const execTxResult = message({ code: uint32(1), log: text(3), gasWanted: int64(5), gasUsed: int64(6) })

export const response = message({
  exception: nested(1, message({ error: text(1) })),
  echo: nested(2, message({ message: text(1) })),
  flush: nested(3, empty),
  info: nested(
    4,
    message({
      data: text(1),
      version: text(2),
      appVersion: uint64(3),
      lastBlockHeight: int64(4),
      lastBlockAppHash: bytes(5),
    }),
  ),
  initChain: nested(
    6,
    message({ consensusParams: nested(1, consensusParams), validators: list(2, validatorUpdate), appHash: bytes(3) }),
  ),
  query: nested(7, message({ code: uint32(1), log: text(3), value: bytes(7), height: int64(9) })),
  checkTx: nested(9, message({ code: uint32(1), log: text(3), gasWanted: int64(5) })),
  commit: nested(12, message({ retainHeight: int64(3) })),
  listSnapshots: nested(13, message({ snapshots: list(1, snapshot) })),
  offerSnapshot: nested(14, message({ result: int32(1) })),
  loadSnapshotChunk: nested(15, message({ chunk: bytes(1) })),
  applySnapshotChunk: nested(
    16,
    message({ result: int32(1), refetchChunks: uint32List(2), rejectSenders: textList(3) }),
  ),
  prepareProposal: nested(17, message({ txs: bytesList(1) })),
  processProposal: nested(18, message({ status: int32(1) })),
  extendVote: nested(19, message({ voteExtension: bytes(1) })),
  verifyVoteExtension: nested(20, message({ status: int32(1) })),
  finalizeBlock: nested(
    21,
    message({ txResults: list(2, execTxResult), validatorUpdates: list(3, validatorUpdate), appHash: bytes(5) }),
  ),
  insertTx: nested(22, message({ code: uint32(1) })),
  reapTxs: nested(23, message({ txs: bytesList(1) })),
})
