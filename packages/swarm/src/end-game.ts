/**
 * The end game (BEP 3), of each peer by itself: where every block that it has was asked for, it helps with what others owe. Of that
 * it gets the blocks that would come last, where it is clearly sooner; so a slow peer holds nothing up, and little is sent twice.
 */

import type { AskedBlocks } from './asked-blocks.ts'
import { blocksMs, type Debtor, restMs } from './debtors.ts'

/** Blocks that others owe and one peer is asked for at a time. */
export const endGameBlocksMax = 16
/** Of a peer whose speed nobody knows. */
const untriedBlocksMax = 2
const untriedMs = 1_000
/** Who helps must be this many times as soon, and this much sooner: what is nearly here is not asked for twice. */
const soonerTimes = 2
const soonerMsMin = 500
/** Most peers that lack work lack the pieces, too: so many blocks are looked at. */
const searchedBlocksMax = 64

export interface Helper {
  readonly id: number
  readonly outstanding: AskedBlocks
  /** Undefined: nobody knows. */
  readonly bytesPerSecond: number | undefined
}

/**
 * Asks `helper` for up to `room` blocks that `debtors` owe, each debtor's last first.
 *
 * @param debtors by their ids, the slowest first
 * @param ask answers whether the block was asked for: what the helper lacks, or another will send soon, is not
 * @returns how many were asked for
 */
export function helpOut(
  helper: Helper,
  debtors: ReadonlyMap<number, Debtor>,
  room: number,
  ask: (debtor: Debtor, key: number, isSooner: (other: Debtor) => boolean) => boolean,
): number {
  const { id, outstanding, bytesPerSecond } = helper
  const most = Math.min(room, bytesPerSecond === undefined ? untriedBlocksMax - outstanding.size : endGameBlocksMax)
  const ownMs = (): number =>
    bytesPerSecond === undefined ? untriedMs : blocksMs(outstanding.size + 1, bytesPerSecond)
  const isSooner = (otherMs: number): boolean => soonerTimes * ownMs() + soonerMsMin <= otherMs
  let asked = 0
  let searched = 0
  for (const debtor of debtors.values()) {
    if (asked >= most || searched >= searchedBlocksMax || !isSooner(restMs(debtor))) break
    if (debtor.id === id) continue
    const keys = [...debtor.outstanding]
    for (let place = keys.length; place > 0 && asked < most && searched < searchedBlocksMax; place--) {
      if (!isSooner(blocksMs(place, debtor.bytesPerSecond))) break
      const key = keys[place - 1] as number // inside
      const before = (other: Debtor): boolean =>
        isSooner(blocksMs(other.outstanding.placeOf(key) + 1, other.bytesPerSecond))
      if (ask(debtor, key, before)) asked++
      searched++
    }
  }
  return asked
}
