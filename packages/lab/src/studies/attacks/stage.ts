/** One seller and takers that give nothing: what each gets is what that one market gives it. Measured between two seconds. */

import { freeSharePpmDefault } from '@millrace/market'
import { unchokeSlotsDefault } from '@millrace/swarm'
import { bttOf } from '../measuring.ts'
import { type Cast, runArena } from './arena.ts'

const fromSecond = 20
const untilSecond = 140
/** More than anybody gets. */
const contentMib = 512
/** More than there are peers, so that the slots choose nobody. */
export const slotsForAll = 100
/** KiB a second. */
const stageUpload = 1_024

export interface Takings {
  /** By class, bytes in the time that was measured, of all its peers together. */
  readonly bytes: Readonly<Record<string, number>>
  /** By class, vouchers signed in that time: BTT. */
  readonly spent: Readonly<Record<string, number>>
}

/** @param unchokeSlots and freeSharePpm: the client's defaults when absent */
export function runStage(
  seed: number,
  takers: readonly Cast[],
  unchokeSlots = unchokeSlotsDefault,
  freeSharePpm = freeSharePpmDefault,
): Takings {
  const marks: { readonly bytes: number; readonly spent: bigint }[][] = []
  const seller: Cast = { name: 'seller', count: 1, upload: stageUpload, has: 'all', freeSharePpm }
  const { peers } = runArena({
    seed,
    isMarket: true,
    contentMib,
    secondsMax: untilSecond + 1,
    arrivalSeconds: 1,
    connectionsMax: 200,
    unchokeSlots,
    cast: [seller, ...takers.map((it): Cast => ({ behaviour: { kind: 'taker' }, ...it, ask: null }))],
    onSecond(run, second) {
      if (second !== fromSecond && second !== untilSecond) return
      marks.push(
        run.peers.map(({ receivedBytes, wallet }) => ({ bytes: receivedBytes, spent: wallet?.purse.issued ?? 0n })),
      )
    },
  })
  const [before = [], after = []] = marks
  const bytes: Record<string, number> = {}
  const spent: Record<string, number> = {}
  for (const [i, peer] of peers.entries()) {
    const fresh = (after[i]?.bytes ?? 0) - (before[i]?.bytes ?? 0)
    bytes[peer.class] = (bytes[peer.class] ?? 0) + fresh
    spent[peer.class] = (spent[peer.class] ?? 0) + bttOf((after[i]?.spent ?? 0n) - (before[i]?.spent ?? 0n))
  }
  return { bytes, spent }
}
