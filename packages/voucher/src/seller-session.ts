/**
 * The seller's side of a pair of accounts, over all its connections: quotes, bids, statements, vouchers in. What was
 * billed and at which price comes in from the upload market; when to quote and to state is its policy too.
 */

import { type Btt, btt, divideUp, lotUnits, maxBig, type Resource, upload, zeroBtt } from '@millrace/base'
import { type BttSpeedMessage, bttSpeedTypes, rejectCodes } from '@millrace/wire'
import { type Account, accountOf } from './account.ts'
import type { SellerPolicy } from './policies.ts'
import { type RejectCode, rejectOf } from './reject.ts'
import type { SignedVoucher } from './typed-data.ts'
import {
  type Desk,
  type DeskStep,
  type DeskView,
  deskOpen,
  onBlock,
  onRecovered,
  onTick,
  onVoucher,
} from './voucher-desk.ts'

export interface SellerTerms {
  /** The seller's own account: the payee. */
  readonly payee: Account
  readonly payer: Account
  /** What is sold; upload when absent. */
  readonly resource?: Resource | undefined
  /** Domain separators: of the ledger in use first, then others that a voucher might be signed for by mistake. */
  readonly separators: readonly Uint8Array[]
  /** Rises from one start of the seller to the next. */
  readonly bootId: number
  readonly quoteSeconds: number
  readonly policy: SellerPolicy
}

/** What the market knows of the account now. */
export interface BillingFacts {
  readonly billedBytes: number
  /** Over all time, base units. */
  readonly billed: Btt
  readonly credit: Btt
}

export interface SellerBid {
  readonly number: number
  readonly spendRatePerSecond: Btt
  readonly priceMaxPerMiB: Btt
}

interface SellerQuote {
  readonly askPerMiB: Btt
  readonly pricePerMiB: Btt
  readonly sentAtMs: number
  readonly lifeMs: number
}

interface SellerConnection {
  readonly quote: SellerQuote | undefined
  /** The newest bid; a spend rate of 0 is a withdrawn one. */
  readonly bid: SellerBid | undefined
  readonly bidAtMs: number | undefined
  /** A bid came that no account message has echoed yet. */
  readonly echo: 'due' | 'done'
}

export interface SellerState {
  readonly terms: SellerTerms
  readonly connections: ReadonlyMap<number, SellerConnection>
  readonly desk: Desk
  readonly facts: BillingFacts
  /** Cumulative sum of the newest accepted voucher. */
  readonly accepted: Btt
  /** What is set off with this buyer: paid, beside its vouchers. */
  readonly setOff: Btt
  readonly stated: Btt
  readonly counter: number
  readonly lastStatementMs: number | undefined
  /** Statements not paid in full yet, oldest first. */
  readonly open: readonly { readonly billed: Btt; readonly atMs: number }[]
}

export type SellerEvent =
  /** The peer's account is bound to this connection. */
  | { readonly type: 'opened'; readonly connection: number }
  | { readonly type: 'closed'; readonly connection: number }
  | { readonly type: 'message'; readonly connection: number; readonly message: BttSpeedMessage }
  /** The price that this connection's next block is billed at, unless its quote says less. */
  | { readonly type: 'price'; readonly connection: number; readonly askPerMiB: Btt; readonly pricePerMiB: Btt }
  | { readonly type: 'billed'; readonly facts: BillingFacts }
  | { readonly type: 'recovered'; readonly signer: Account | undefined }
  | { readonly type: 'setOff'; readonly sum: Btt }
  /** The chain moved: what was not covered may be now. */
  | { readonly type: 'block' }
  | { readonly type: 'tick' }
  | { readonly type: 'leaving' }

export type SellerEffect =
  | { readonly type: 'send'; readonly connection: number; readonly message: BttSpeedMessage }
  /** Answered by one `recovered`. */
  | { readonly type: 'recover'; readonly digest: Uint8Array; readonly signature: Uint8Array }
  | { readonly type: 'quoted'; readonly connection: number; readonly pricePerMiB: Btt }
  | { readonly type: 'bid'; readonly connection: number; readonly bid: SellerBid | undefined }
  /** Put it into the books. `settleMs`: from the statement that it pays, if it pays one. */
  | {
      readonly type: 'accepted'
      readonly voucher: SignedVoucher
      readonly added: Btt
      readonly settleMs: number | undefined
    }
  | { readonly type: 'stated' }
  /** The buyer refuses a statement: what it did not pay is lost. */
  | { readonly type: 'disputed'; readonly code: number }

/** What else a step looks at: the clock, the newest accepted voucher, and the chain's backing of the payer. */
export type SellerView = Omit<DeskView, 'earningMin'>

export interface SellerStep {
  readonly state: SellerState
  readonly effects: readonly SellerEffect[]
}

/** A buyer may change its bid once a second; the network may bunch two of them by this much. */
export const bidGapMs = 1_000
export const bidJitterMs = 100
/** A statement that was not paid is repeated after this. */
export const statementRepeatMs = 1_000
export const statementGapMs = 20
export const openStatementsMax = 256

const freshConnection: SellerConnection = { quote: undefined, bid: undefined, bidAtMs: undefined, echo: 'done' }

/** `accepted`, `facts` and `setOff` come from the books: credit outlives connections and restarts. */
export function openSeller(terms: SellerTerms, accepted: Btt, facts: BillingFacts, setOff: Btt = zeroBtt): SellerState {
  return {
    terms,
    connections: new Map(),
    desk: deskOpen,
    facts,
    accepted,
    setOff,
    stated: facts.billed,
    counter: 0,
    lastStatementMs: undefined,
    open: [],
  }
}

/** True while a tick may do something though nothing more is billed: an echo, a repeat or a signature waits its time. */
export function awaitsTime({ connections, desk, open, lastStatementMs }: SellerState, nowMs: number): boolean {
  if (desk.next !== undefined) return true
  if (open.length > 0 && nowMs >= (lastStatementMs ?? 0) + statementRepeatMs) return true
  for (const { echo } of connections.values()) if (echo === 'due') return true
  return false
}

/** One event in, the next state and what to do out. */
export function stepSeller(state: SellerState, event: SellerEvent, view: SellerView): SellerStep {
  switch (event.type) {
    case 'opened':
      return { state: withConnection(state, event.connection, freshConnection), effects: [] }
    case 'closed': {
      const connections = new Map(state.connections)
      connections.delete(event.connection)
      const gone: SellerEffect = { type: 'bid', connection: event.connection, bid: undefined }
      return { state: { ...state, connections }, effects: [gone] }
    }
    case 'message':
      return onMessage(state, event.connection, event.message, view)
    case 'price':
      return quote(state, event, view.nowMs)
    case 'billed':
      return makeStatements({ ...state, facts: event.facts }, view.nowMs)
    case 'recovered':
      return atDesk(state, onRecovered(state.desk, event.signer, state.terms, deskView(state, view)), view)
    case 'setOff':
      return { state: paidUp({ ...state, setOff: event.sum }), effects: [] }
    case 'block':
      return atDesk(state, onBlock(state.desk, state.terms, deskView(state, view)), view)
    case 'tick': {
      const step = atDesk(state, onTick(state.desk, state.terms, deskView(state, view)), view)
      const stated = makeStatements(step.state, view.nowMs)
      return { state: stated.state, effects: [...step.effects, ...stated.effects] }
    }
    case 'leaving':
      return leave(state)
  }
}

function onMessage(state: SellerState, connection: number, message: BttSpeedMessage, view: SellerView): SellerStep {
  switch (message.t) {
    case 'bid':
      return onBid(state, connection, message, view.nowMs)
    case 'voucher': {
      if (accountOf(message.payer) !== state.terms.payer) {
        return { state, effects: [refusal(connection, 'voucher', rejectCodes.identity)] }
      }
      const voucher: SignedVoucher = {
        payer: state.terms.payer,
        payee: state.terms.payee,
        cumulative: btt(message.cumulative),
        seq: message.seq,
        totalIssued: btt(message.totalIssued),
        signature: message.signature,
      }
      return atDesk(state, onVoucher(state.desk, { voucher, connection }, state.terms, deskView(state, view)), view)
    }
    case 'reject':
      return onReject(state, message)
    default:
      return { state, effects: [] }
  }
}

type BidMessage = Extract<BttSpeedMessage, { readonly t: 'bid' }>

function onBid(state: SellerState, connection: number, message: BidMessage, nowMs: number): SellerStep {
  const known = state.connections.get(connection)
  const code = known === undefined ? rejectCodes.noQuote : bidFault(known, message, nowMs)
  if (known === undefined || code !== undefined) {
    return { state, effects: code === undefined ? [] : [refusal(connection, 'bid', code)] }
  }
  const bid: SellerBid = {
    number: message.number,
    spendRatePerSecond: btt(message.spendRatePerSecond),
    priceMaxPerMiB: btt(message.priceMaxPerMiB),
  }
  const isLive = bid.spendRatePerSecond > 0n
  // A withdrawal does not move the time of the last bid: otherwise it would open or shut the gap for the next one.
  const bidAtMs = isLive ? nowMs : known.bidAtMs
  const next = withConnection(state, connection, { ...known, bid, bidAtMs, echo: 'due' })
  const effects: SellerEffect[] = [{ type: 'bid', connection, bid: isLive ? bid : undefined }]
  const step = makeStatements(next, nowMs)
  return { state: step.state, effects: [...effects, ...step.effects] }
}

function bidFault(known: SellerConnection, message: BidMessage, nowMs: number): RejectCode | undefined {
  if (known.bid !== undefined && message.number <= known.bid.number) return rejectCodes.malformed
  if (message.spendRatePerSecond === 0n) return undefined
  const { quote: last } = known
  if (last === undefined || nowMs >= last.sentAtMs + last.lifeMs) return rejectCodes.noQuote
  if (message.priceMaxPerMiB < last.askPerMiB) return rejectCodes.priceAboveCap
  const isEarly = known.bidAtMs !== undefined && nowMs < known.bidAtMs + bidGapMs - bidJitterMs
  return isEarly ? rejectCodes.rateLimit : undefined
}

function onReject(state: SellerState, message: Extract<BttSpeedMessage, { readonly t: 'reject' }>): SellerStep {
  if (message.refused !== bttSpeedTypes.account) return { state, effects: [] }
  const step = withdrawBids(state)
  return { state: step.state, effects: [...step.effects, { type: 'disputed', code: message.code }] }
}

function quote(state: SellerState, event: Extract<SellerEvent, { readonly type: 'price' }>, nowMs: number): SellerStep {
  const { connection, askPerMiB, pricePerMiB } = event
  const known = state.connections.get(connection)
  const { policy, quoteSeconds } = state.terms
  if (known === undefined || !policy.quoteDue(pricePerMiB, known.quote, nowMs)) return { state, effects: [] }
  const sent = { askPerMiB, pricePerMiB, sentAtMs: nowMs, lifeMs: 1_000 * quoteSeconds }
  const { credit } = state.facts
  const message = { t: 'quote', askPerMiB, pricePerMiB, credit, expiresInSeconds: quoteSeconds } as const
  return {
    state: withConnection(state, connection, { ...known, quote: sent }),
    effects: [
      { type: 'send', connection, message },
      { type: 'quoted', connection, pricePerMiB },
    ],
  }
}

/** What is due now: a statement for the account, and the echo of each bid that has none. */
function makeStatements(state: SellerState, nowMs: number): SellerStep {
  const { facts, terms, lastStatementMs } = state
  if (lastStatementMs !== undefined && nowMs < lastStatementMs + statementGapMs) return { state, effects: [] }
  const unstated = facts.billed - state.stated
  const [oldest] = state.open
  const isUnpaid = oldest !== undefined && nowMs >= (lastStatementMs ?? 0) + statementRepeatMs
  const paid = btt(state.accepted + state.setOff)
  const sums = { unstated, credit: facts.credit, paidAhead: paid - state.stated, lastStatementMs }
  const isDue = isUnpaid || terms.policy.statementDue(sums, nowMs)
  let { connections, counter } = state
  const effects: SellerEffect[] = []
  for (const [connection, known] of state.connections) {
    const isBearer = isDue && connection === bearerOf(state)
    if (!isBearer && known.echo === 'done') continue
    counter += 1
    connections = new Map(connections).set(connection, { ...known, echo: 'done' })
    effects.push({ type: 'send', connection, message: statement(state, known, counter) })
  }
  if (effects.length === 0) return { state, effects }
  const isOpen = facts.billed > maxBig(paid, state.open.at(-1)?.billed ?? zeroBtt)
  const open = isOpen ? [...state.open, { billed: facts.billed, atMs: nowMs }].slice(-openStatementsMax) : state.open
  return {
    state: { ...state, connections, counter, open, stated: facts.billed, lastStatementMs: nowMs },
    effects: [...effects, { type: 'stated' }],
  }
}

function statement(state: SellerState, known: SellerConnection, counter: number): BttSpeedMessage {
  const { billedBytes, billed, credit } = state.facts
  const bidNumber = known.bid?.number ?? 0
  return {
    t: 'account',
    bootId: state.terms.bootId,
    counter,
    bidNumber,
    billedBytes,
    billed,
    accepted: state.accepted,
    credit,
  }
}

/** The connection that carries the account's statements: the first with a live bid, else the first. */
function bearerOf(state: SellerState): number | undefined {
  for (const [connection, { bid }] of state.connections) {
    if (bid !== undefined && bid.spendRatePerSecond > 0n) return connection
  }
  const [first] = state.connections.keys()
  return first
}

function atDesk(state: SellerState, step: DeskStep, view: SellerView): SellerStep {
  let next: SellerState = { ...state, desk: step.desk }
  const effects: SellerEffect[] = []
  for (const effect of step.effects) {
    if (effect.type === 'recover') effects.push(effect)
    else if (effect.type === 'refuse') effects.push(refusal(effect.connection, 'voucher', effect.code))
    else {
      const { voucher, added } = effect
      const sum = voucher.cumulative + next.setOff
      const paid = next.open.findLast((entry) => entry.billed <= sum)
      next = paidUp({ ...next, accepted: voucher.cumulative })
      const settleMs = paid === undefined ? undefined : view.nowMs - paid.atMs
      effects.push({ type: 'accepted', voucher, added, settleMs })
    }
  }
  return { state: next, effects }
}

/** Statements that are paid by now are not repeated. */
function paidUp(state: SellerState): SellerState {
  const paid = state.accepted + state.setOff
  return { ...state, open: state.open.filter((entry) => entry.billed > paid) }
}

/** A voucher that pays for a block is worth checking the next one at once. */
function deskView(state: SellerState, view: SellerView): DeskView {
  let price = 0n
  for (const { quote: last } of state.connections.values()) price = maxBig(price, last?.pricePerMiB ?? 0n)
  const { stepUnits } = state.terms.resource ?? upload
  const earningMin = btt(divideUp(price * BigInt(stepUnits), BigInt(lotUnits)))
  return { ...view, earningMin: maxBig(earningMin, btt(1n)) }
}

function leave(state: SellerState): SellerStep {
  const step = withdrawBids(state)
  const goodbyes = [...state.connections.keys()].map((connection) => refusal(connection, 'bid', rejectCodes.goingAway))
  return { state: step.state, effects: [...step.effects, ...goodbyes] }
}

function withdrawBids(state: SellerState): SellerStep {
  const connections = new Map(state.connections)
  const effects: SellerEffect[] = []
  for (const [connection, known] of connections) {
    if (known.bid === undefined) continue
    connections.set(connection, { ...known, bid: { ...known.bid, spendRatePerSecond: zeroBtt } })
    effects.push({ type: 'bid', connection, bid: undefined })
  }
  return { state: { ...state, connections }, effects }
}

function withConnection(state: SellerState, connection: number, value: SellerConnection): SellerState {
  return { ...state, connections: new Map(state.connections).set(connection, value) }
}

function refusal(connection: number, refused: 'bid' | 'voucher', code: RejectCode): SellerEffect {
  return { type: 'send', connection, message: rejectOf(refused, code) }
}
