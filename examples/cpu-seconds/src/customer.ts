/** A connection of the seller's: the job it brought, the steps it waits for, and who pays for them. */

import { assert } from '@millrace/base'
import type { PaidSession, PaidTorrent } from '@millrace/swarm'
import type { ExtendedHandshake } from '@millrace/wire'
import { cpu, subjectOf } from './cpu.ts'
import type { Job } from './job.ts'
import type { Link } from './link.ts'
import { Outbox } from './outbox.ts'

/** Steps asked for and not begun: more is a flood. */
export const stepsAskedMax = 64

/** A connection says who it is, then has a job and is served. */
export type CustomerPhase =
  | { readonly kind: 'greeting'; readonly handshake: ExtendedHandshake | undefined }
  | { readonly kind: 'served'; readonly job: Job; readonly session: PaidSession | undefined }

export class Customer {
  readonly id: number
  readonly link: Link
  readonly outbox: Outbox
  readonly remotePort: number
  phase: CustomerPhase = { kind: 'greeting', handshake: undefined }
  readonly #asked: number[] = []

  constructor(id: number, link: Link, remotePort: number) {
    this.id = id
    this.link = link
    this.remotePort = remotePort
    this.outbox = new Outbox((message) => link.send(message))
  }

  /** Units that could be begun for it next: what the market knows as its backlog. */
  get backlog(): number {
    return this.#asked.length > 0 ? cpu.stepUnits : 0
  }

  /** False when it asks for too much. */
  ask(step: number): boolean {
    this.#asked.push(step)
    return this.#asked.length <= stepsAskedMax
  }

  take(): number {
    const step = this.#asked.shift()
    assert(step !== undefined, 'a step that was asked for')
    return step
  }
}

/** A job stands where payments know a torrent. */
export function torrentOf(job: Job, counts: Pick<PaidTorrent, 'leftBytes' | 'receivedBytes'>): PaidTorrent {
  return { infoHash: subjectOf(job), pieceLength: cpu.stepUnits, isPrivate: false, ...counts }
}
