/**
 * What consensus says with a block, for the staking contracts: who proposed it, whose votes the commit of the block before
 * lacks, and who was caught voting twice. Beside it stands the hash of what the application knew before the block and no
 * state holds (`app/app-record.ts`). It is stored beside the block, and the header commits to it: where Ethereum's headers
 * name the block of their consensus layer (EIP-4788) ours have the hash of this.
 *
 *     root = keccak256(rlp([ proposer, [ missed, ... ], [ [ offender, height ], ... ], record ]))
 */

import { fromBigEndian, toBigEndian } from '@millrace/base'
import { type Hex, keccak256 } from 'viem'
import { bytesOf, hexOf } from './hex.ts'
import { encodeRlp } from './rlp.ts'

export interface ConsensusReport {
  /** Consensus address of who proposed this block. */
  readonly proposer: Hex
  /** Consensus addresses of the members that did not vote for the block before, in the commit's order. */
  readonly missed: readonly Hex[]
  readonly evidence: readonly Evidence[]
  /** keccak256 of the application's record after the block before. Absent until the application has added it. */
  readonly record?: Hex
}

/** Two votes of one validator for one height, proven to consensus. */
export interface Evidence {
  /** The consensus address that signed them. */
  readonly offender: Hex
  readonly height: number
}

/** The root in the header; absent report: the zeros of a chain without validators. */
export function reportRoot(report: ConsensusReport | undefined): Uint8Array {
  return report === undefined ? new Uint8Array(32) : bytesOf(keccak256(encodeReport(report)))
}

/** What `reportRoot` is the hash of. */
export function encodeReport(report: ConsensusReport): Uint8Array {
  return encodeRlp(reportItem(report))
}

/** A report as RLP takes it. */
export function reportItem({ proposer, missed, evidence, record }: ConsensusReport) {
  return [
    bytesOf(proposer),
    missed.map(bytesOf),
    evidence.map(({ offender, height }) => [bytesOf(offender), toBigEndian(BigInt(height))]),
    ...(record === undefined ? [] : [bytesOf(record)]),
  ]
}

type Item = Uint8Array | readonly Item[]

/** Reads back what `reportItem` made; damage is a broken disk, and throws. */
export function reportOfItem(item: Item): ConsensusReport {
  const [proposer, missed, evidence, record] = list(item)
  return {
    proposer: hexOf(leaf(proposer)),
    missed: list(missed).map((one) => hexOf(leaf(one))),
    evidence: list(evidence).map((row) => {
      const [offender, height] = list(row)
      return { offender: hexOf(leaf(offender)), height: Number(fromBigEndian(leaf(height))) }
    }),
    ...(record === undefined ? {} : { record: hexOf(leaf(record)) }),
  }
}

function list(item: Item | undefined): readonly Item[] {
  if (item === undefined || item instanceof Uint8Array) throw new TypeError('a stored report is damaged')
  return item
}

function leaf(item: Item | undefined): Uint8Array {
  if (!(item instanceof Uint8Array)) throw new TypeError('a stored report is damaged')
  return item
}
