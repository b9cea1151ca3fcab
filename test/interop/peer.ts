/** What every client does in these tests, ours included: seed a payload, or get it. */

import type { Place } from '../support/network.ts'

export interface Job {
  readonly torrent: string
  /** The payload where the seeder has it: a file, or the folder of a torrent of several files. */
  readonly content: string
  /** Where a leecher puts it. */
  readonly out: string
  /** Room for settings and books of this peer. */
  readonly scratch: string
  readonly place: Place
  readonly port: number
  /** Seeders a leecher is told of, HOST:PORT. Those that cannot be told ask the torrent's tracker. */
  readonly peers: readonly string[]
}

export interface Seeding {
  /** Payload bytes sent, as the client itself counts; ends it. */
  finish(): Promise<number>
}

export interface Leeching {
  /** Payload bytes received, as the client itself counts, once it says that everything is verified; ends it. */
  finish(timeoutMilliseconds: number): Promise<number>
}

export interface Peer {
  readonly name: string
  /** Undefined when it is not installed. */
  readonly version: string | undefined
  readonly remedy: string
  /** It ignores peers on 127.0.0.0/8, so that both sides need a namespace of their own. */
  readonly refusesLoopback: boolean
  readonly findsBy: 'address' | 'tracker'
  seed(job: Job): Promise<Seeding>
  leech(job: Job): Promise<Leeching>
}
