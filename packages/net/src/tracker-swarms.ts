/** What a tracker knows: swarms and their peers, bounded, forgotten when they fall silent. Pure but for its clock. */

import { type Clock, type Random, toHex } from '@millrace/base'
import type { PeerAddress } from '@millrace/wire'
import type { AnnounceQuery } from './tracker-query.ts'

export interface TrackedPeer extends PeerAddress {
  readonly id: Uint8Array
  readonly isSeed: boolean
  readonly seenMs: number
}

export interface SwarmCounts {
  readonly seeders: number
  readonly leechers: number
  /** Downloads completed since the swarm was first heard of. */
  readonly completed: number
}

export interface SwarmLimits {
  readonly swarmsMax: number
  readonly peersPerSwarmMax: number
  /** A peer not heard of for so long is forgotten. */
  readonly peerLifeMs: number
}

interface Swarm {
  /** By "host port", the longest silent first. */
  readonly peers: Map<string, TrackedPeer>
  completed: number
  seeders: number
}

export class TrackerSwarms {
  readonly #clock: Clock
  readonly #random: Random
  readonly #limits: SwarmLimits
  /** By hex info-hash, the longest silent first. */
  readonly #swarms = new Map<string, Swarm>()

  constructor(components: { readonly clock: Clock; readonly random: Random }, limits: SwarmLimits) {
    this.#clock = components.clock
    this.#random = components.random
    this.#limits = limits
  }

  /** @returns peers for the one who announced from `host`; undefined when there is no room for it. */
  announce(host: string, query: AnnounceQuery): readonly TrackedPeer[] | undefined {
    this.#forgetSilentSwarms()
    const key = toHex(query.infoHash)
    const swarm = this.#swarms.get(key)
    const endpoint = `${host} ${query.port}`
    if (swarm !== undefined) {
      this.#forgetSilentPeers(swarm)
      this.#swarms.delete(key)
      this.#swarms.set(key, swarm)
    }
    if (query.event === 'stopped') {
      if (swarm !== undefined) remove(swarm, endpoint)
      return []
    }
    const home = swarm ?? this.#newSwarm(key)
    if (home === undefined) return undefined
    if (!home.peers.has(endpoint) && home.peers.size >= this.#limits.peersPerSwarmMax) return undefined
    const peer = { host, port: query.port, id: query.peerId, isSeed: query.left === 0, seenMs: this.#clock.now() }
    if (query.event === 'completed' && home.peers.get(endpoint)?.isSeed !== true) home.completed += 1
    remove(home, endpoint)
    home.peers.set(endpoint, peer)
    if (peer.isSeed) home.seeders += 1
    return this.#choose(home, peer, query.numwant)
  }

  counts(infoHash: Uint8Array): SwarmCounts {
    const swarm = this.#swarms.get(toHex(infoHash))
    if (swarm === undefined) return { seeders: 0, leechers: 0, completed: 0 }
    this.#forgetSilentPeers(swarm)
    return { seeders: swarm.seeders, leechers: swarm.peers.size - swarm.seeders, completed: swarm.completed }
  }

  totals(): { readonly swarms: number; readonly peers: number; readonly seeders: number } {
    this.#forgetSilentSwarms()
    let peers = 0
    let seeders = 0
    for (const swarm of this.#swarms.values()) {
      this.#forgetSilentPeers(swarm)
      peers += swarm.peers.size
      seeders += swarm.seeders
    }
    return { swarms: this.#swarms.size, peers, seeders }
  }

  /** A random selection; seeds are of no use to a seed. */
  #choose(swarm: Swarm, asking: TrackedPeer, numwant: number): readonly TrackedPeer[] {
    const candidates = [...swarm.peers.values()].filter((peer) => peer !== asking && !(asking.isSeed && peer.isSeed))
    const count = Math.min(numwant, candidates.length)
    for (let i = 0; i < count; i++) {
      const j = i + this.#random.below(candidates.length - i)
      const [a, b] = [candidates[i], candidates[j]]
      if (a !== undefined && b !== undefined) [candidates[i], candidates[j]] = [b, a]
    }
    return candidates.slice(0, count)
  }

  #newSwarm(key: string): Swarm | undefined {
    if (this.#swarms.size >= this.#limits.swarmsMax) return undefined
    const swarm: Swarm = { peers: new Map(), completed: 0, seeders: 0 }
    this.#swarms.set(key, swarm)
    return swarm
  }

  #forgetSilentPeers(swarm: Swarm): void {
    const bound = this.#clock.now() - this.#limits.peerLifeMs
    for (const [endpoint, peer] of swarm.peers) {
      if (peer.seenMs >= bound) return
      remove(swarm, endpoint)
    }
  }

  #forgetSilentSwarms(): void {
    for (const [key, swarm] of this.#swarms) {
      this.#forgetSilentPeers(swarm)
      if (swarm.peers.size > 0) return
      this.#swarms.delete(key)
    }
  }
}

function remove(swarm: Swarm, endpoint: string): void {
  if (swarm.peers.get(endpoint)?.isSeed === true) swarm.seeders -= 1
  swarm.peers.delete(endpoint)
}
