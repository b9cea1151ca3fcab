/**
 * The end game (BEP 3): every block was asked for, and who has sent all of its own helps with what others owe. Of that it gets
 * the blocks that would come last, where it is clearly sooner; so a slow peer holds nothing up, and little is sent twice.
 */

import { blockBytes } from '@millrace/base'
import type { AskedBlocks } from './asked-blocks.ts'

/** Blocks that others owe and one peer is asked for at a time. */
export const endGameBlocksMax = 16
/** Of a peer whose speed nobody knows. */
const untriedBlocksMax = 2
const untriedMs = 1_000
/** Who helps must be this many times as soon, and this much sooner: what is nearly here is not asked for twice. */
const soonerTimes = 2
const soonerMsMin = 500

export interface Debtor {
  readonly id: number
  /** What it owes, in the order in which it will come. */
  readonly outstanding: AskedBlocks
  readonly bytesPerSecond: number
}

export interface Helper {
  readonly outstanding: AskedBlocks
  /** Undefined: nobody knows. */
  readonly bytesPerSecond: number | undefined
}

/**
 * Asks `helper` for up to `room` blocks that `debtors` owe, each debtor's last first, the slowest debtor's before all others'.
 *
 * @param ask answers whether the block was asked for: what the helper lacks, or another will send soon, is not
 * @returns how many were asked for
 */
export function helpOut(
  helper: Helper,
  debtors: readonly Debtor[],
  room: number,
  ask: (debtor: Debtor, key: number, isSooner: (other: Debtor) => boolean) => boolean,
): number {
  const { outstanding, bytesPerSecond } = helper
  const most = Math.min(room, bytesPerSecond === undefined ? untriedBlocksMax - outstanding.size : endGameBlocksMax)
  const ownMs = (): number =>
    bytesPerSecond === undefined ? untriedMs : blocksMs(outstanding.size + 1, bytesPerSecond)
  const isSooner = (otherMs: number): boolean => soonerTimes * ownMs() + soonerMsMin <= otherMs
  const late = debtors
    .map((debtor) => ({ debtor, ms: blocksMs(debtor.outstanding.size, debtor.bytesPerSecond) }))
    .filter(({ ms }) => isSooner(ms))
    .toSorted((a, b) => b.ms - a.ms)
  let asked = 0
  for (const { debtor } of late) {
    const keys = [...debtor.outstanding]
    for (let place = keys.length; place > 0 && asked < most; place--) {
      if (!isSooner(blocksMs(place, debtor.bytesPerSecond))) break
      const key = keys[place - 1] as number // inside
      const before = (other: Debtor): boolean =>
        isSooner(blocksMs(other.outstanding.placeOf(key) + 1, other.bytesPerSecond))
      if (ask(debtor, key, before)) asked++
    }
  }
  return asked
}

/** Until a peer has sent so many blocks; Infinity for one that sends none. */
function blocksMs(blocks: number, bytesPerSecond: number): number {
  return (blocks * blockBytes * 1_000) / bytesPerSecond
}
