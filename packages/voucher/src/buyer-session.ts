/**
 * The buyer's side of a pair of accounts, over all its connections: bids, the check of each statement, and when to pay.
 * How much is the market's policy. Vouchers are issued by whoever owns the payer's book: one at a time, by `pay`.
 */

import { type Btt, btt, maxBig, minBig, type Resource, zeroBtt } from '@millrace/base'
import { type BttSpeedMessage, bttSpeedTypes, rejectCodes } from '@millrace/wire'
import type { Account } from './account.ts'
import {
  type Bidding,
  nextBid,
  noBids,
  onEcho,
  onRefusal,
  onSent,
  priceLimit,
  type SentBid,
  spendRateLimit,
  type Want,
} from './bidding.ts'
import {
  afterLoss,
  afterRestart,
  ahead,
  isStale,
  judge,
  openTally,
  owed,
  passTime,
  type StatementMessage,
  type Tally,
  target,
} from './bill.ts'
import type { BuyerPolicy } from './policies.ts'
import { rejectOf } from './reject.ts'
import { addWaiting, ripeDebt, type WaitingDebt } from './waiting-debt.ts'

export interface BuyerTerms {
  readonly seller: Account
  readonly policy: BuyerPolicy
  /** What is bought; upload when absent. */
  readonly resource?: Resource | undefined
  /** The unit that is verified: the largest piece size of the torrents bought from this seller. */
  readonly pieceBytes: number
  /** The most to pay ahead. */
  readonly prepayMax: Btt
  /** Pay exactly this ahead instead of what the policy says. */
  readonly prepayExactly?: Btt
}

type Payment =
  | { readonly phase: 'idle' }
  | { readonly phase: 'issuing' }
  /** No more is paid: the bill broke, or the seller refuses what we sign. */
  | { readonly phase: 'stopped'; readonly reason: string }

export interface BuyerState {
  readonly terms: BuyerTerms
  readonly connections: ReadonlyMap<number, Bidding>
  readonly tally: Tally
  /** What is set off with this seller, as it counts it: `tally.paid` is our vouchers and this. */
  readonly setOff: Btt
  readonly waiting: WaitingDebt
  /** What is kept ahead of the bill. */
  readonly prepaid: Btt
  readonly payment: Payment
  /** The seller found our newest voucher not covered: send it again after the next block. */
  readonly resend: 'no' | 'next-block'
  readonly resentAtMs: number
}

export interface Arrived {
  readonly receivedBytes: number
  readonly verifiedBytes: number
}

export type BuyerEvent =
  | { readonly type: 'opened'; readonly connection: number }
  | { readonly type: 'closed'; readonly connection: number }
  | { readonly type: 'message'; readonly connection: number; readonly message: BttSpeedMessage }
  | { readonly type: 'want'; readonly connection: number; readonly want: Want | undefined }
  | { readonly type: 'failed'; readonly bytes: number; readonly guilty: boolean }
  /** Answers `pay` and `adopt`: our cumulative sum for the seller now. */
  | { readonly type: 'paid'; readonly cumulative: Btt }
  /** What is set off with this seller, as it counts it; `restarted`: it lost notes of it, with others, in a crash. */
  | { readonly type: 'setOff'; readonly sum: Btt; readonly restarted: boolean }
  /** Answers `adopt`: no voucher of ours can be that high. */
  | { readonly type: 'disowned'; readonly connection: number }
  | { readonly type: 'block' }
  | { readonly type: 'tick' }

export type BuyerEffect =
  | { readonly type: 'send'; readonly connection: number; readonly message: BttSpeedMessage }
  /** Issue a voucher for `amount` more and send it; answered by one `paid`, by what was issued before if it could not be. */
  | { readonly type: 'pay'; readonly connection: number; readonly amount: Btt }
  /** Send our newest voucher for this seller again, if there is one. */
  | { readonly type: 'resend'; readonly connection: number }
  /** The seller holds a voucher above what we remember. */
  | { readonly type: 'adopt'; readonly connection: number; readonly claimed: Btt }
  | { readonly type: 'stopped'; readonly reason: string }

export interface BuyerView {
  readonly nowMs: number
  /** What all sellers together may still be paid. */
  readonly budgetLeft: Btt
  /** So much of a debt waits to be set off before a voucher pays it; absent: nothing does. */
  readonly expectedSetOff?: Btt
}

export interface BuyerStep {
  readonly state: BuyerState
  readonly effects: readonly BuyerEffect[]
}

const resendMs = 1_000
/** The seller may bill this much time ahead; also when a bid that cannot be paid much longer is taken back. */
const aheadMs = 250

/** `paid`: our cumulative sum for this seller, and `setOff` what is set off with it, from the books. */
export function openBuyer(terms: BuyerTerms, paid: Btt, nowMs: number, setOff: Btt = zeroBtt): BuyerState {
  return {
    terms,
    connections: new Map(),
    tally: openTally(btt(paid + setOff), nowMs),
    setOff,
    waiting: [],
    prepaid: zeroBtt,
    payment: { phase: 'idle' },
    resend: 'no',
    resentAtMs: Number.NEGATIVE_INFINITY,
  }
}

/**
 * Counts bytes that came from the seller on any connection, in blocks that were asked for, and bytes that were verified. It
 * is no event: there are thousands a second, and the next tick pays for them.
 */
export function withArrived(state: BuyerState, { receivedBytes, verifiedBytes }: Arrived): BuyerState {
  const { tally } = state
  return tallied(state, {
    receivedBytes: tally.receivedBytes + receivedBytes,
    verifiedBytes: tally.verifiedBytes + verifiedBytes,
  })
}

/** One event in, the next state and what to do out. */
export function stepBuyer(before: BuyerState, event: BuyerEvent, view: BuyerView): BuyerStep {
  // The allowance of the bids in force is counted first: an event may change them.
  const state = count(before, view.nowMs)
  switch (event.type) {
    case 'opened':
      return {
        state: withConnection(state, event.connection, noBids),
        effects: [{ type: 'resend', connection: event.connection }],
      }
    case 'closed': {
      const connections = new Map(state.connections)
      connections.delete(event.connection)
      return { state: { ...state, connections, tally: afterLoss(state.tally) }, effects: [] }
    }
    case 'message':
      return onMessage(state, event.connection, event.message, view)
    case 'want': {
      const known = state.connections.get(event.connection) ?? noBids
      return act(withConnection(state, event.connection, { ...known, want: event.want }), view)
    }
    case 'failed':
      return { state: failed(state, event.bytes, event.guilty), effects: [] }
    case 'paid': {
      const next: BuyerState = state.payment.phase === 'issuing' ? { ...state, payment: { phase: 'idle' } } : state
      // Nothing was issued: the next event tries again, not this one.
      const paid = btt(event.cumulative + state.setOff)
      return paid <= state.tally.paid ? { state: next, effects: [] } : act(tallied(next, { paid }), view)
    }
    case 'setOff': {
      const { sum, restarted } = event
      const paid = btt(vouchers(state) + sum)
      const tally = restarted ? afterRestart(state.tally, paid) : { ...state.tally, paid }
      return act({ ...state, setOff: sum, tally }, view)
    }
    case 'disowned':
      return refuseBill(state, event.connection, 'the seller claims a voucher that was never signed')
    case 'block':
      return state.resend === 'no' ? act(state, view) : resend({ ...state, resend: 'no' }, view)
    case 'tick':
      return act(state, view)
  }
}

function onMessage(state: BuyerState, connection: number, message: BttSpeedMessage, view: BuyerView): BuyerStep {
  const known = state.connections.get(connection)
  if (known === undefined) return { state, effects: [] }
  switch (message.t) {
    case 'quote': {
      const endsAtMs = view.nowMs + 1_000 * message.expiresInSeconds
      const quote = { pricePerMiB: btt(message.pricePerMiB), endsAtMs }
      return act(count(withConnection(state, connection, { ...known, quote }), view.nowMs), view)
    }
    case 'account':
      return onStatement(state, connection, known, message, view)
    case 'reject':
      return onReject(state, connection, known, message, view)
    default:
      return { state, effects: [] }
  }
}

function onStatement(
  state: BuyerState,
  connection: number,
  known: Bidding,
  statement: StatementMessage,
  view: BuyerView,
): BuyerStep {
  const echoed = withConnection(state, connection, onEcho(known, statement.bidNumber))
  if (isStale(state.tally, statement) || state.payment.phase === 'stopped') return { state: echoed, effects: [] }
  const judged = judge(
    state.tally,
    statement,
    state.terms.policy,
    state.connections.size,
    state.terms.resource?.stepUnits,
  )
  const next: BuyerState = { ...echoed, tally: judged.tally }
  if (judged.fault !== undefined) {
    return refuseBill(next, connection, `the seller's bill does not hold: ${judged.fault}`)
  }
  // The next statement's prices count from now on: those in force first.
  const counted = count(next, view.nowMs)
  if (statement.accepted > vouchers(counted)) {
    return { state: counted, effects: [{ type: 'adopt', connection, claimed: btt(statement.accepted) }] }
  }
  const isLost = statement.accepted < vouchers(counted) && view.nowMs >= counted.resentAtMs + resendMs
  if (isLost && counted.payment.phase === 'idle' && counted.resend === 'no') {
    const repeated = resend(counted, view)
    const acted = act(repeated.state, view)
    return { state: acted.state, effects: [...repeated.effects, ...acted.effects] }
  }
  return act(counted, view)
}

function onReject(
  state: BuyerState,
  connection: number,
  known: Bidding,
  message: Extract<BttSpeedMessage, { readonly t: 'reject' }>,
  view: BuyerView,
): BuyerStep {
  const { code } = message
  if (code === rejectCodes.goingAway) {
    return act(withConnection(state, connection, { ...known, want: undefined }), view)
  }
  if (message.refused === bttSpeedTypes.bid) {
    return act(withConnection(state, connection, onRefusal(known, code)), view)
  }
  if (message.refused !== bttSpeedTypes.voucher) return { state, effects: [] }
  if (code === rejectCodes.notCovered) return { state: { ...state, resend: 'next-block' }, effects: [] }
  // A repeat of what it has is harmless; so is being asked to wait.
  if (code === rejectCodes.notRising || code === rejectCodes.rateLimit) return { state, effects: [] }
  return stop(state, `the seller refuses our vouchers with code ${code}`)
}

/** Whatever is due now: bids, then money. */
function act(state: BuyerState, view: BuyerView): BuyerStep {
  const bids = placeBids(state, view)
  const paid = payDue(bids.state, view)
  return { state: paid.state, effects: [...bids.effects, ...paid.effects] }
}

function placeBids(state: BuyerState, view: BuyerView): BuyerStep {
  let next = state
  const effects: BuyerEffect[] = []
  for (const [connection, known] of state.connections) {
    const want = isSpent(next, view) ? undefined : known.want
    const bid = nextBid(known, want, view.nowMs)
    if (bid === undefined) continue
    effects.push({ type: 'send', connection, message: { t: 'bid', ...bid } })
    next = withConnection(next, connection, onSent(known, bid, view.nowMs))
    if (known.quote !== undefined) next = { ...next, prepaid: maxBig(next.prepaid, prepayment(next, bid, known.quote)) }
  }
  return { state: effects.length === 0 ? next : count(next, view.nowMs), effects }
}

/** Nothing left to promise, and the seller has billed about all that it was promised. */
function isSpent(state: BuyerState, view: BuyerView): boolean {
  if (state.payment.phase === 'stopped') return true
  const soon = state.terms.policy.spendAllowed(spendRate(state), aheadMs)
  return view.budgetLeft <= 0n && ahead(state.tally) <= soon
}

function payDue(state: BuyerState, view: BuyerView): BuyerStep {
  const [first] = state.connections.keys()
  if (state.payment.phase !== 'idle' || first === undefined) return { state, effects: [] }
  const { pieceBytes } = state.terms
  const { prepaid } = state
  const budgetLeft = maxBig(view.budgetLeft, zeroBtt)
  const due = target(state.tally, state.terms.policy, { pieceBytes, prepaid, budgetLeft })
  const { paid } = state.tally
  const expected = view.expectedSetOff ?? zeroBtt
  const waiting = expected > 0n ? addWaiting(state.waiting, due, paid, view.nowMs) : []
  const amount = btt(maxBig(ripeDebt(waiting, due, view.nowMs), btt(due - expected)) - paid)
  if (amount <= 0n) return { state: { ...state, waiting }, effects: [] }
  return {
    state: { ...state, waiting, payment: { phase: 'issuing' }, resentAtMs: view.nowMs },
    effects: [{ type: 'pay', connection: first, amount: minBig(amount, budgetLeft) }],
  }
}

/** Our cumulative sum for the seller. */
function vouchers({ tally, setOff }: BuyerState): Btt {
  return btt(tally.paid - setOff)
}

/** What may be set off with this seller, as it counts: what it is owed over all time, and what is due beside vouchers. */
export function owedBy({ terms, tally, prepaid, setOff }: BuyerState): { readonly owed: Btt; readonly due: Btt } {
  return owed(tally, terms.policy, { pieceBytes: terms.pieceBytes, prepaid, setOff })
}

function prepayment(state: BuyerState, bid: SentBid, quote: { readonly pricePerMiB: Btt }): Btt {
  const { policy, pieceBytes, prepayMax, prepayExactly } = state.terms
  if (bid.spendRatePerSecond === 0n || quote.pricePerMiB > bid.priceMaxPerMiB) return zeroBtt
  return prepayExactly ?? policy.prepayment(quote.pricePerMiB, bid.spendRatePerSecond, pieceBytes, prepayMax)
}

function resend(state: BuyerState, view: BuyerView): BuyerStep {
  const [first] = state.connections.keys()
  if (first === undefined) return { state, effects: [] }
  return { state: { ...state, resentAtMs: view.nowMs }, effects: [{ type: 'resend', connection: first }] }
}

function stop(state: BuyerState, reason: string): BuyerStep {
  if (state.payment.phase === 'stopped') return { state, effects: [] }
  const stopped: BuyerState = { ...state, payment: { phase: 'stopped', reason } }
  const bids = placeBids(stopped, { nowMs: state.tally.countedToMs, budgetLeft: zeroBtt })
  return { state: bids.state, effects: [...bids.effects, { type: 'stopped', reason }] }
}

function refuseBill(state: BuyerState, connection: number, reason: string): BuyerStep {
  const stopped = stop(state, reason)
  const refusal: BuyerEffect = { type: 'send', connection, message: rejectOf('account', rejectCodes.overBilled) }
  return { state: stopped.state, effects: [refusal, ...stopped.effects] }
}

function failed(state: BuyerState, bytes: number, guilty: boolean): BuyerState {
  const { failedBytes, badPiece } = state.tally
  return tallied(state, { failedBytes: failedBytes + bytes, badPiece: badPiece || guilty })
}

/** What all bids that may count come to in a second. */
function spendRate(state: BuyerState): Btt {
  let sum = 0n
  for (const bidding of state.connections.values()) sum += spendRateLimit(bidding)
  return btt(sum)
}

function count(state: BuyerState, nowMs: number): BuyerState {
  let price = zeroBtt
  for (const bidding of state.connections.values()) price = maxBig(price, priceLimit(bidding))
  const tally = passTime(state.tally, state.terms.policy, spendRate(state), price, nowMs)
  return { ...state, tally }
}

function tallied(state: BuyerState, changes: Partial<Tally>): BuyerState {
  return { ...state, tally: { ...state.tally, ...changes } }
}

function withConnection(state: BuyerState, connection: number, value: Bidding): BuyerState {
  return { ...state, connections: new Map(state.connections).set(connection, value) }
}
