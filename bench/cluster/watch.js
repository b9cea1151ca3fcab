// A watcher of a chain: when each block was first seen and first seen final, by the wall clock of who asks.

import { setTimeout as delay } from 'node:timers/promises'
import { toHex } from 'viem'

const pollMilliseconds = 20

/**
 * Asks one node again and again until `stop`; `blocks` grows by { number, at, timestamp, receipts, finalAt, headWhenFinal },
 * times in milliseconds of performance.now, and `lagMax` is the most that the final block was ever behind the head.
 */
export async function watchChain(rpc) {
  const first = await rpc.call('millrace_consensus')
  const watch = { head: first.head, finalized: first.finalized, lagMax: 0, blocks: [], failure: undefined }
  let stopped = false
  const look = async () => {
    const { head, finalized } = await rpc.call('millrace_consensus')
    const at = performance.now()
    watch.lagMax = Math.max(watch.lagMax, head - finalized)
    // Several at once when the node did not answer for a while: what a user would see too.
    for (let number = watch.head + 1; number <= head; number += 1) watch.blocks.push({ number, at })
    for (const block of watch.blocks) {
      if (block.finalAt !== undefined || block.number > finalized) continue
      block.finalAt = at
      block.headWhenFinal = head
    }
    watch.head = head
    watch.finalized = finalized
    for (const block of watch.blocks) if (block.receipts === undefined) await fill(rpc, block)
  }
  const run = async () => {
    while (!stopped) {
      await look()
      await delay(pollMilliseconds)
    }
  }
  const ended = run().catch((error) => {
    watch.failure = error
  })
  watch.stop = async () => {
    stopped = true
    await ended
    if (watch.failure !== undefined) throw watch.failure
  }
  return watch
}

async function fill(rpc, block) {
  const number = toHex(block.number)
  const { timestamp } = await rpc.call('eth_getBlockByNumber', number, false)
  block.timestamp = Number(timestamp)
  block.receipts = await rpc.call('eth_getBlockReceipts', number)
}

/** Mean, 95th percentile and maximum, to the thousandth. */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const rounded = (value) => (value === undefined ? null : Number(value.toFixed(3)))
  const mean = sorted.length === 0 ? undefined : sorted.reduce((sum, value) => sum + value, 0) / sorted.length
  return { mean: rounded(mean), p95: rounded(sorted[Math.ceil(sorted.length * 0.95) - 1]), max: rounded(sorted.at(-1)) }
}

/** Seconds between the blocks that were first seen from `from` to `to`: by the wall clock, and by their headers. */
export function intervals(blocks, from, to) {
  const inside = blocks.filter(({ at }) => at >= from && at <= to)
  const gaps = (of) => inside.slice(1).map((block, index) => of(block) - of(inside[index]))
  return {
    blocks: inside.length,
    wallSeconds: spread(gaps(({ at }) => at / 1000)),
    headerSeconds: spread(gaps(({ timestamp }) => timestamp)),
  }
}
