/** What a peer of a run is made with, and what it needs of the run. */

import type { Btt, Random } from '@millrace/base'
import type { Behaviour } from './behaviour.ts'
import type { Content } from './content.ts'
import type { DelayMeter } from './delay-meter.ts'
import type { EventQueue } from './event-queue.ts'
import type { Purse } from './purse.ts'
import type { PeerClass } from './scenario.ts'
import type { Turns } from './turns.ts'
import type { Vault } from './vault.ts'

export interface PeerTerms {
  readonly id: number
  readonly classIndex: number
  readonly plan: PeerClass
  readonly uploadBytesPerSecond: number
  readonly downloadBytesPerSecond: number
  readonly lineBytesPerSecond: number
  readonly latencyMs: number
  readonly unchokeSlots: number
  readonly connectionsMax: number
  readonly behaviour: Behaviour
  readonly purse: Purse | undefined
  readonly turns: Turns
  readonly random: Random
}

/** What a peer needs of the run that it is in. */
export interface World<P> {
  readonly events: EventQueue
  readonly content: Content
  readonly downDelays: DelayMeter
  readonly upDelays: DelayMeter
  readonly vault: Vault
  onArrive(peer: P): void
  onComplete(peer: P): void
  onLeave(peer: P): void
  /** A block left: bytes of the model. */
  onServed(seller: P, buyer: number, bytes: number, billed: Btt): void
  meet(peer: P, count: number): void
  onDisconnect(a: P, b: P): void
}
