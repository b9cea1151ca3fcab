/** Methods about prices: eth_gasPrice, eth_maxPriorityFeePerGas, eth_feeHistory. */

import type { ChainBlock } from '../block.ts'
import { quantity } from '../hex.ts'
import { nextTurn } from '../turn.ts'
import { type Methods, needBlock, type ReadContext } from './context.ts'
import { invalidParams } from './errors.ts'
import { blockReference, count } from './params.ts'

export const feeHistoryBlocksMax = 1024
const percentilesMax = 100
/** Blocks that are read, and maybe decoded, in one turn of the event loop. */
const turnBlocks = 8

export function feeMethods({ chain }: ReadContext): Methods {
  return {
    // A tip of the whole floor keeps the effective price above it wherever the base fee goes.
    eth_maxPriorityFeePerGas: () => quantity(chain.floor),
    eth_gasPrice: () => quantity(chain.floor + chain.head().header.calcNextBaseFee()),
    eth_baseFee: () => quantity(chain.head().header.calcNextBaseFee()),
    eth_blobBaseFee: () => quantity(blobBaseFee(chain.head())),
  }
}

/** Reads many blocks: a heavy one. */
export function feeHistoryMethods(context: ReadContext): Methods {
  const { chain } = context
  return {
    async eth_feeHistory([blockCount, newest, percentiles]) {
      const last = needBlock(context, blockReference(newest, 'newest block'))
      // Before the snapshot by which a node joined there is nothing to tell; the answer says where it begins.
      const { base } = chain.blocks
      const there = last.number + 1 - (base() > 1 ? Math.min(base(), last.number) : 0)
      const wanted = Math.min(blockCountOf(blockCount), feeHistoryBlocksMax, there)
      const ranks = percentilesOf(percentiles)
      const range: ChainBlock[] = []
      for (let number = last.number - wanted + 1; number <= last.number; number++) {
        range.push(needBlock(context, { kind: 'number', number }))
        if (range.length % turnBlocks === 0) await nextTurn()
      }
      return {
        oldestBlock: quantity(last.number - wanted + 1),
        baseFeePerGas: [...range.map(baseFee), last.header.calcNextBaseFee()].map(quantity),
        gasUsedRatio: range.map(({ header }) => Number(header.gasUsed) / Number(header.gasLimit)),
        baseFeePerBlobGas: [...range.map(blobBaseFee), nextBlobBaseFee(last)].map(quantity),
        blobGasUsedRatio: range.map(blobGasUsedRatio),
        ...(ranks === undefined ? {} : { reward: range.map((block) => rewards(block, ranks)) }),
      }
    },
  }
}

function blockCountOf(value: unknown): number {
  const blocks = typeof value === 'number' ? value : count(value, 'block count')
  if (!Number.isSafeInteger(blocks) || blocks < 1) throw invalidParams('block count: expected at least 1')
  return blocks
}

function percentilesOf(value: unknown): readonly number[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || value.length > percentilesMax) {
    throw invalidParams(`reward percentiles: expected a list of up to ${percentilesMax}`)
  }
  const ranks = value.map((rank: unknown) => (typeof rank === 'number' ? rank : Number.NaN))
  if (ranks.every((rank, i) => rank >= (ranks[i - 1] ?? 0) && rank <= 100)) return ranks
  throw invalidParams('reward percentiles: expected rising numbers from 0 to 100')
}

function baseFee({ header }: ChainBlock): bigint {
  return header.baseFeePerGas ?? 0n
}

/** Zero for forks before blobs. */
function blobBaseFee({ header }: ChainBlock): bigint {
  return header.excessBlobGas === undefined ? 0n : header.getBlobGasPrice()
}

function nextBlobBaseFee({ header }: ChainBlock): bigint {
  return header.excessBlobGas === undefined ? 0n : header.calcNextBlobGasPrice(header.common)
}

function blobGasUsedRatio({ header }: ChainBlock): number {
  if (header.blobGasUsed === undefined) return 0
  return Number(header.blobGasUsed) / Number(header.common.getBlobGasSchedule().maxBlobGasPerBlock)
}

/** The tips paid in a block at these percentiles of its gas. */
function rewards(block: ChainBlock, ranks: readonly number[]): readonly string[] {
  const tips = block.receipts
    .map(({ effectiveGasPrice, gasUsed }) => ({ tip: effectiveGasPrice - baseFee(block), gasUsed }))
    .sort((a, b) => (a.tip < b.tip ? -1 : a.tip > b.tip ? 1 : 0))
  return ranks.map((rank) => {
    const threshold = (Number(block.header.gasUsed) * rank) / 100
    let sum = 0
    for (const { tip, gasUsed } of tips) {
      sum += Number(gasUsed)
      if (sum >= threshold) return quantity(tip)
    }
    return quantity(tips.at(-1)?.tip ?? 0n)
  })
}
