/**
 * Set-off between two accounts that sell to each other: each side says up to which sum, over all time of the pair, it counts
 * what was served as paid in both directions. The lower of the two words is agreed, S: as a seller each counts S beside the
 * vouchers it accepted, as a buyer beside those it signed. So equal sums cancel without a voucher. Nobody says more than it
 * served, nor more than it accepts to owe: a false word of the peer moves S up to our own word and not further.
 */

import { type Btt, btt, maxBig, minBig, zeroBtt } from '@millrace/base'

/** What the books keep of a pair. */
export interface SetOffNote {
  /** Our word: never falls. */
  readonly own: Btt
  /** The peer's newest word, and the boot that it comes from; boot -1 before the first. */
  readonly peer: Btt
  readonly peerBootId: number
  /** What the peer lost of S in crashes: its word counts on from where we are. */
  readonly lost: Btt
}

export interface SetOffState {
  /** In the books, and so what counts. */
  readonly noted: SetOffNote
  /** That, with what the peer said since. */
  readonly heard: SetOffNote
  /** The peer refused a word of ours: it does not set off. */
  readonly isRefused: boolean
  readonly notedAtMs: number
  /** What was billed at the last step; undefined before the first. */
  readonly billed: Btt | undefined
  /** When we served something that is billed to the peer last. */
  readonly servedAtMs: number
  /** Until then the peer's word is waited for before a voucher is signed. */
  readonly hopeUntilMs: number
  /** When hope may begin again, after it was in vain. */
  readonly hopeFromMs: number
}

export interface SetOffFacts {
  readonly nowMs: number
  /** What we billed the peer over all time. */
  readonly billed: Btt
  /** What we accept to owe the peer over all time: bills that hold, for bytes that were verified or may be advanced. */
  readonly owed: Btt
  /** What our vouchers and S should come to, less our vouchers. */
  readonly due: Btt
}

export type SetOffEffect =
  /** Into the books, before anything of it is said or counted. */
  | { readonly type: 'note'; readonly note: SetOffNote }
  /** Tell the peer. */
  | { readonly type: 'say'; readonly sum: Btt }
  /** S is this now. */
  | { readonly type: 'count'; readonly note: SetOffNote }

export interface SetOffStep {
  readonly state: SetOffState
  readonly effects: readonly SetOffEffect[]
}

/** A word is said, and S counted anew, at most this often: each is a record in the books. */
export const setOffGapMs = 100
/** How long a debt waits for the peer's word before a voucher pays it: two statements a second apart fit in. */
export const setOffWaitMs = 2_000
/** Without news for this long the exchange counts as over. */
export const setOffQuietMs = 3_000
/** A peer that let us wait in vain is waited for again after this. */
export const setOffRetryMs = 10_000

export const nothingSetOff: SetOffNote = { own: zeroBtt, peer: zeroBtt, peerBootId: -1, lost: zeroBtt }

/**
 * S: what both sides count as paid.
 *
 * @example
 * agreedSum({ own: btt(5n), peer: btt(3n), peerBootId: 1, lost: btt(0n) }) // 3n
 */
export function agreedSum({ own, peer, lost }: SetOffNote): Btt {
  return minBig(own, btt(peer + lost))
}

/** `noted` comes from the books. */
export function openSetOff(noted: SetOffNote): SetOffState {
  const never = Number.NEGATIVE_INFINITY
  return {
    noted,
    heard: noted,
    isRefused: false,
    notedAtMs: never,
    billed: undefined,
    servedAtMs: never,
    hopeUntilMs: never,
    hopeFromMs: never,
  }
}

/** What we may count as paid in both directions: no more than we served, than we owe, and than is not paid already. */
export function setOffWord({ billed, owed, due }: Omit<SetOffFacts, 'nowMs'>): Btt {
  return maxBig(zeroBtt, minBig(billed, minBig(owed, due)))
}

/** The peer's word. A later boot that says less lost its newest notes: its word counts on from S. */
export function hearSetOff(state: SetOffState, word: { readonly bootId: number; readonly sum: bigint }): SetOffState {
  const { heard } = state
  const { bootId: peerBootId } = word
  if (peerBootId < heard.peerBootId) return state
  const sum = btt(word.sum)
  if (peerBootId === heard.peerBootId) return { ...state, heard: { ...heard, peer: maxBig(heard.peer, sum) } }
  const lost = maxBig(heard.lost, btt(agreedSum(heard) - sum))
  return { ...state, heard: { ...heard, peer: sum, peerBootId, lost } }
}

/** The peer refuses to set off: nothing more is said, and no voucher waits. What was agreed stands. */
export function refuseSetOff(state: SetOffState): SetOffState {
  return { ...state, isRefused: true }
}

/** A connection opened: whoever refused before may be another program now. */
export function greetSetOff(state: SetOffState): SetOffState {
  return { ...state, isRefused: false }
}

/** To be called at each settlement tick: what to note, say and count now. */
export function stepSetOff(before: SetOffState, facts: SetOffFacts): SetOffStep {
  const { nowMs } = facts
  const state = hope(before, facts)
  if (nowMs < state.notedAtMs + setOffGapMs) return { state, effects: [] }
  return agree(state, state.isRefused ? state.noted.own : maxBig(state.noted.own, setOffWord(facts)), nowMs)
}

/** The last connection closed: the peer's word so far counts, and nothing more is said. */
export function lastSetOff(state: SetOffState, nowMs: number): SetOffStep {
  return agree(state, state.noted.own, nowMs)
}

function agree(state: SetOffState, own: Btt, nowMs: number): SetOffStep {
  const { noted, heard } = state
  const note: SetOffNote = { ...heard, own }
  const rises = agreedSum(note) > agreedSum(noted)
  const counts = rises || note.lost > noted.lost
  // A peer's word that changes nothing is not worth a record: it says it again on the next connection.
  if (own === noted.own && !counts) return { state, effects: [] }
  const effects: SetOffEffect[] = [{ type: 'note', note }]
  if (own > noted.own) effects.push({ type: 'say', sum: own })
  if (counts) effects.push({ type: 'count', note })
  const hopeUntilMs = rises ? nowMs + setOffQuietMs : state.hopeUntilMs
  return { state: { ...state, noted: note, heard: note, notedAtMs: nowMs, hopeUntilMs }, effects }
}

/**
 * How much of a debt should wait for the peer's word: at most what we served and is not set off yet, and nothing unless the
 * peer buys from us now and set off what it could of late.
 */
export function expectedSetOff({ noted, isRefused, billed, hopeUntilMs, servedAtMs }: SetOffState, nowMs: number): Btt {
  const hopes = !isRefused && nowMs < hopeUntilMs && nowMs < servedAtMs + setOffQuietMs
  return hopes ? maxBig(zeroBtt, btt((billed ?? 0n) - agreedSum(noted))) : zeroBtt
}

function hope(state: SetOffState, { nowMs, billed }: SetOffFacts): SetOffState {
  const servedAtMs = state.billed !== undefined && billed > state.billed ? nowMs : state.servedAtMs
  const next = { ...state, billed, servedAtMs }
  const mayBegin = nowMs >= state.hopeUntilMs && nowMs >= state.hopeFromMs && nowMs < servedAtMs + setOffQuietMs
  return mayBegin ? { ...next, hopeUntilMs: nowMs + setOffWaitMs, hopeFromMs: nowMs + setOffRetryMs } : next
}
