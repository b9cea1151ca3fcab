/**
 * What kind of peer somebody is: where it differs from the client. A behaviour overrides a choice, the rest is the
 * client's own; attackers and other mechanisms are behaviours, so that all meet in one swarm.
 */

import type { Btt, Random } from '@millrace/base'
import type { MarketOptions, PurchaseView, SellerOffer, SpendPlan } from '@millrace/market'
import type { Neighbour } from './neighbour.ts'
import type { Purse } from './purse.ts'
import type { Scheduler } from './scheduler.ts'

/** Who gets a slot of the free class: the client's `Slots`, or another choker. */
export interface Choker {
  fillFree(neighbours: readonly Neighbour[], nowMs: number): void
  tick(neighbours: readonly Neighbour[], isSeeding: boolean, nowMs: number): void
  lend(neighbour: Neighbour, nowMs: number): void
}

/** How a choker's decisions are carried out. */
export interface ChokerEvents {
  isEntitled(neighbour: Neighbour): boolean
  onSlot(neighbour: Neighbour, hasSlot: boolean): void
  onChoke(neighbour: Neighbour): void
}

/** What a behaviour sees of the peer that it drives. */
export interface AgentView {
  readonly id: number
  readonly random: Random
  readonly neighbours: readonly Neighbour[]
  readonly isComplete: boolean
  /** Pieces it has, verified. */
  readonly verified: Uint8Array
  readonly capacityBytesPerSecond: number
  readonly unchokeSlots: number
  readonly arrivedMs: number | undefined
  /** Bytes of the model that came, from whomever. */
  readonly receivedBytes: number
  /** What it may spend; undefined for one that buys nothing. */
  readonly wallet: { readonly purse: Purse } | undefined
  /** What is missing still, bytes of the model. */
  leftBytes(): number
  /** Connects to somebody new, if there is anybody. */
  meet(count: number): void
  disconnect(neighbour: Neighbour): void
}

export interface Behaviour {
  readonly kind: string
  /** Pieces it tells its neighbours that it has, in place of those it has. Read when they connect. */
  claims?(agent: AgentView): Uint8Array
  /** Connections it opens when it comes, and at most keeps. */
  connections?(agent: AgentView, wanted: number, max: number): { readonly wanted: number; readonly max: number }
  choker?(agent: AgentView, events: ChokerEvents): Choker
  scheduler?(agent: AgentView, options: MarketOptions): Scheduler
  /** Whether it asks this neighbour for blocks. */
  mayAsk?(agent: AgentView, neighbour: Neighbour): boolean
  /** Whether it keeps a request of this neighbour; one that is not kept is never answered. */
  mayServe?(agent: AgentView, neighbour: Neighbour): boolean
  /** Spend rates for sellers in order, base units a second, in place of `splitSpend`; asked each second. */
  bids?(agent: AgentView, plan: SpendPlan, offers: readonly SellerOffer[], nowMs: number): readonly Btt[]
  /** The cumulative it pays to a seller, in place of `payable`. */
  pays?(agent: AgentView, view: PurchaseView, payable: Btt): Btt
  /** The sum of all vouchers that its vouchers tell, in place of the true one. */
  tellsIssued?(agent: AgentView, issued: Btt): Btt
  /**
   * What it asks for a MiB from now on, base units, in place of the scenario's; undefined: it sells nothing for now. Asked each
   * second; of no effect where the scheduler knows no ask.
   */
  asks?(agent: AgentView, nowMs: number): Btt | undefined
  /** Called each second. */
  onSecond?(agent: AgentView, nowMs: number): void
}

/** Makes the behaviour of one peer from its parameters in the scenario; `random` is a stream of the behaviour's own. */
export type BehaviourMaker = (parameters: Readonly<Record<string, unknown>>, random: Random) => Behaviour
