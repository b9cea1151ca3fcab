/**
 * The end game (BEP 3), of each peer by itself: where every block that it has was asked for, it helps with what others owe. Of that
 * it gets the blocks that would come last, where it is clearly sooner; so a slow peer holds nothing up, and little is sent twice.
 */

import { blockBytes } from '@millrace/base'
import type { AskedBlocks } from './asked-blocks.ts'
import { blocksMs, type Debtor, restMs } from './debtors.ts'

/** A peer that owes a second's worth of blocks itself helps nobody. */
const owedSecondsMax = 1
/** Of a slow peer that may be fewer blocks than come in a round trip: so many it may owe in any case. */
export const endGameBlocksMin = 16
/** Of a peer whose speed nobody knows. */
const untriedBlocksMax = 2
const untriedMs = 1_000
/** Who helps must be this many times as soon, and this much sooner: what is nearly here is not asked for twice. */
const soonerTimes = 2
const soonerMsMin = 500
/** Most peers that lack work lack the pieces, too: so many blocks are looked at in vain. */
const refusedBlocksMax = 64

export interface Helper {
  readonly id: number
  readonly outstanding: AskedBlocks
  /** Undefined: nobody knows. */
  readonly bytesPerSecond: number | undefined
}

/** A block that a debtor owes, as it looks from the helper. */
export interface OwedBlock {
  readonly debtor: Debtor
  readonly key: number
  /** Whether the helper is clearly sooner than another peer that was asked for the block, too. */
  isSoonerThan(other: Debtor): boolean
  /** Whether the other would send it later than the debtor. */
  isLater(other: Debtor): boolean
}

/** How many more blocks may be asked of a helper that has `room` for so many; none or less where it owes enough. */
export function helpRoom({ outstanding, bytesPerSecond }: Helper, room: number): number {
  const owedMax =
    bytesPerSecond === undefined
      ? untriedBlocksMax
      : Math.max(endGameBlocksMin, Math.floor((bytesPerSecond * owedSecondsMax) / blockBytes))
  return Math.min(room, owedMax - outstanding.size)
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
  ask: (block: OwedBlock) => boolean,
): number {
  const { id, outstanding, bytesPerSecond } = helper
  const ownMs = (): number =>
    bytesPerSecond === undefined ? untriedMs : blocksMs(outstanding.size + 1, bytesPerSecond)
  const isSooner = (otherMs: number): boolean => soonerTimes * ownMs() + soonerMsMin <= otherMs
  let asked = 0
  let refused = 0
  for (const debtor of debtors.values()) {
    if (asked >= room || refused >= refusedBlocksMax) break
    if (debtor.id === id || !isSooner(restMs(debtor))) continue
    // What is taken back changes no place before it.
    for (let place = debtor.outstanding.size; place > 0 && asked < room && refused < refusedBlocksMax; place--) {
      const ms = blocksMs(place, debtor.bytesPerSecond)
      if (!isSooner(ms)) break
      const key = debtor.outstanding.keyAt(place - 1)
      const otherMs = ({ outstanding: theirs, bytesPerSecond: speed }: Debtor): number =>
        blocksMs(theirs.placeOf(key) + 1, speed)
      const isSoonerThan = (other: Debtor): boolean => isSooner(otherMs(other))
      if (ask({ debtor, key, isSoonerThan, isLater: (other) => otherMs(other) > ms })) asked++
      else refused++
    }
  }
  return asked
}
