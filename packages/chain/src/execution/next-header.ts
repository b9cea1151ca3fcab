/** What a header says before its block is executed: the same whoever executes it. */

import type { BlockHeader, HeaderData } from '@ethereumjs/block'
import { assert } from '@millrace/base'
import type { ChainBlock } from '../block.ts'
import { type ConsensusReport, reportRoot } from '../consensus-report.ts'
import { keccak } from '../crypto.ts'
import type { ResolvedGenesis } from '../genesis/config.ts'
import { bytesOf } from '../hex.ts'
import { type BlockRules, nextGasLimit } from './rules.ts'

/** Where a block stands, what governance rules for it, and what consensus says with it. */
export interface Place {
  readonly parent: ChainBlock
  readonly timestamp: number
  readonly ruling: BlockRules
  readonly report?: ConsensusReport | undefined
}

export function headerData(genesis: ResolvedGenesis, { parent, timestamp, ruling, report }: Place): HeaderData {
  assert(BigInt(timestamp) > parent.header.timestamp, 'a timestamp above the parent’s')
  return {
    parentHash: bytesOf(parent.hash),
    number: parent.header.number + 1n,
    timestamp,
    gasLimit: nextGasLimit(parent.header.gasLimit, ruling.gasLimit),
    baseFeePerGas: parent.header.calcNextBaseFee(),
    coinbase: genesis.feeRecipient as `0x${string}`, // checkGenesis has matched 0x and 40 digits
    // No beacon chain gives randomness, and execution draws none: PREVRANDAO is the hash of the parent's, known to all.
    mixHash: keccak(parent.header.mixHash),
    blobGasUsed: 0n,
    excessBlobGas: 0n,
    parentBeaconBlockRoot: reportRoot(report),
  }
}

/** In words, for whoever made the given header. */
export function difference(found: BlockHeader, given: BlockHeader): string {
  const mine = found.toJSON()
  const theirs = given.toJSON()
  const names = Object.keys(mine).filter((key) => Reflect.get(mine, key) !== Reflect.get(theirs, key))
  return `block ${given.number} executes to another header, different in ${names.join(', ')}`
}
