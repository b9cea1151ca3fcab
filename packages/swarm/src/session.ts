/**
 * The session: one listening port, one upload market and all torrents. It makes connections into peers, hands each to
 * its torrent, and beats the clock that everything periodic runs on.
 */

import { type Clock, equalBytes, type Logger, type Random, toHex, toLatin1 } from '@millrace/base'
import type { EpochReport, UploadMarket } from '@millrace/market'
import type { Handshake } from '@millrace/wire'
import { addressKey } from './candidates.ts'
import { Handshaker } from './handshaker.ts'
import { Limiter } from './limiter.ts'
import { Peer } from './peer.ts'
import type { Address, Connection, ConnectionHandler, Listener, Payments, Transport } from './ports.ts'
import { Torrent } from './torrent.ts'
import type { TorrentEvents } from './torrent-parts.ts'
import { type Timers, Uploader } from './uploader.ts'

/** How often periodic work looks whether it is due. */
export const tickMilliseconds = 250
/** How often the market sets a price (its epoch). */
export const epochMilliseconds = 1_000
/** A connection that has not finished its handshake by then is closed. */
export const handshakeMillisecondsMax = 15_000
export const peersPerTorrentMax = 100
/** Outgoing connections begun a tick and torrent. */
const connectsPerTickMax = 10

export interface SessionParts {
  readonly transport: Transport
  readonly market: UploadMarket
  readonly payments?: Payments | undefined
  readonly clock: Clock
  readonly random: Random
  readonly timers: Timers
  readonly logger: Logger
}

export interface SessionOptions {
  /** 20 bytes (BEP 20). */
  readonly peerId: Uint8Array
  /** Name and version, told in the extended handshake. */
  readonly clientName: string
  readonly unchokeSlots: number
  readonly downloadBytesPerSecondMax?: number | undefined
  /** Called after each epoch of the market. */
  readonly onEpoch?: ((report: EpochReport, now: number) => void) | undefined
}

interface Pending {
  readonly handshaker: Handshaker
  readonly since: number
  readonly infoHash: string | undefined
}

export class Session {
  readonly #parts: SessionParts
  readonly #options: SessionOptions
  readonly #uploader: Uploader
  readonly #downloadLimit: Limiter
  readonly #torrents = new Map<string, Torrent>()
  readonly #pending = new Set<Pending>()
  #listener: Listener | undefined
  #nextPeer = 1
  #incoming = 0
  #epochAt = Number.NEGATIVE_INFINITY
  #cancelTick: (() => void) | undefined

  constructor(parts: SessionParts, options: SessionOptions) {
    this.#parts = parts
    this.#options = options
    this.#uploader = new Uploader(parts.market, parts.clock, parts.timers)
    this.#downloadLimit = new Limiter(options.downloadBytesPerSecondMax, parts.clock.now())
    this.#tick()
  }

  /** The port where peers reach us; undefined before `listen`. */
  get port(): number | undefined {
    return this.#listener?.address.port
  }

  /** Connections that others opened and that became peers, over all time. */
  get incomingCount(): number {
    return this.#incoming
  }

  get torrents(): readonly Torrent[] {
    return [...this.#torrents.values()]
  }

  /** Accepts peers. @throws what the transport throws when the address is taken */
  async listen(address: Address): Promise<void> {
    this.#listener = await this.#parts.transport.listen(address, (connection) => this.#accept(connection))
  }

  /** Joins the swarm of an info-hash. Without `infoBytes` the torrent fetches its metadata from peers. */
  add(infoHash: Uint8Array, events: TorrentEvents, infoBytes?: Uint8Array): Torrent {
    const torrent = new Torrent(
      {
        ...this.#parts,
        uploader: this.#uploader,
        downloadLimit: this.#downloadLimit,
        payments: this.#parts.payments,
        listenPort: () => this.port,
        clientName: this.#options.clientName,
      },
      { infoHash, infoBytes, unchokeSlots: this.#options.unchokeSlots },
      events,
    )
    this.#torrents.set(toHex(infoHash), torrent)
    return torrent
  }

  /** Leaves one swarm. */
  remove(torrent: Torrent): void {
    torrent.stop()
    const key = toHex(torrent.infoHash)
    if (this.#torrents.get(key) === torrent) this.#torrents.delete(key)
  }

  /** Leaves every swarm and stops listening. */
  async close(): Promise<void> {
    this.#cancelTick?.()
    this.#cancelTick = undefined
    for (const { handshaker } of this.#pending) handshaker.fail('session closed')
    for (const torrent of this.torrents) torrent.stop()
    this.#torrents.clear()
    await this.#listener?.close()
  }

  #tick(): void {
    this.#cancelTick = this.#parts.timers.after(tickMilliseconds, () => this.#tick())
    const now = this.#parts.clock.now()
    for (const { handshaker, since } of [...this.#pending]) {
      if (now - since > handshakeMillisecondsMax) handshaker.fail('no handshake in time')
    }
    for (const [key, torrent] of this.#torrents) {
      torrent.tick(now)
      this.#connectMore(key, torrent, now)
    }
    if (now - this.#epochAt >= epochMilliseconds) {
      this.#epochAt = now
      const report = this.#parts.market.epoch(now)
      this.#options.onEpoch?.(report, now)
    }
    const starved = this.#parts.market.starvedPeer()
    if (starved >= 0) this.torrents.some((torrent) => torrent.serveBesideSlots(starved))
    this.#uploader.pump()
  }

  #connectMore(key: string, torrent: Torrent, now: number): void {
    if (torrent.phase.kind === 'stopped') return
    const pending = [...this.#pending].filter((entry) => entry.infoHash === key).length
    const room = Math.min(connectsPerTickMax, peersPerTorrentMax - torrent.peers.length - pending)
    if (room <= 0) return
    const connected = new Set(torrent.peers.map((peer) => addressKey(peer.address)))
    for (let begun = 0; begun < room; begun++) {
      const address = torrent.candidates.take(now, connected)
      if (address === undefined) return
      this.#connect(key, torrent, address)
    }
  }

  #connect(key: string, torrent: Torrent, address: Address): void {
    const handshaker = new Handshaker(
      {
        own: (infoHash) => this.#handshake(infoHash),
        onAgreed: (connection, theirs) => {
          this.#pending.delete(pending)
          return this.#admit(torrent, connection, theirs, true)
        },
        onFailed: () => {
          this.#pending.delete(pending)
          torrent.candidates.settle(address, false, this.#parts.clock.now())
        },
      },
      torrent.infoHash,
    )
    const pending: Pending = { handshaker, since: this.#parts.clock.now(), infoHash: key }
    this.#pending.add(pending)
    handshaker.attach(this.#parts.transport.connect(address, handshaker))
  }

  #accept(connection: Connection): ConnectionHandler | undefined {
    const handshaker = new Handshaker({
      own: (infoHash) => this.#handshake(infoHash),
      onAgreed: (agreed, theirs) => {
        this.#pending.delete(pending)
        const torrent = this.#torrents.get(toHex(theirs.infoHash))
        return torrent && this.#admit(torrent, agreed, theirs, false)
      },
      onFailed: (reason) => {
        this.#pending.delete(pending)
        const { host, port } = connection.remote
        this.#parts.logger.log('debug', 'peer refused', { host, port, reason })
      },
    })
    const pending: Pending = { handshaker, since: this.#parts.clock.now(), infoHash: undefined }
    this.#pending.add(pending)
    handshaker.attach(connection)
    return handshaker
  }

  #handshake(infoHash: Uint8Array): Handshake | undefined {
    if (!this.#torrents.has(toHex(infoHash))) return undefined
    return { infoHash, peerId: this.#options.peerId, fast: true, extended: true, dht: false }
  }

  #admit(torrent: Torrent, connection: Connection, theirs: Handshake, isOutgoing: boolean): Peer | undefined {
    if (equalBytes(theirs.peerId, this.#options.peerId)) return undefined
    if (torrent.peers.length >= peersPerTorrentMax || torrent.candidates.isBanned(connection.remote)) return undefined
    const twin = torrent.peers.find((peer) => equalBytes(peer.identity.peerId, theirs.peerId))
    if (twin !== undefined) {
      if (!this.#replaces(theirs.peerId, isOutgoing, twin)) return undefined
      twin.close('the same peer connected twice')
    }
    const peer = new Peer(
      {
        id: this.#nextPeer++,
        peerId: theirs.peerId,
        connection,
        isOutgoing,
        speaksFast: theirs.fast,
        speaksExtended: theirs.extended,
      },
      torrent,
      this.#parts.clock,
    )
    torrent.addPeer(peer)
    if (!isOutgoing) this.#incoming += 1
    return peer
  }

  /**
   * Of two connections between the same peers both sides keep the one that the lower peer id opened; but one that carried
   * payload stays, since closing it would lose requests and, where it is paid, credit.
   */
  #replaces(theirPeerId: Uint8Array, isOutgoing: boolean, twin: Peer): boolean {
    if (twin.identity.isOutgoing === isOutgoing || twin.download.total + twin.upload.total > 0) return false
    const weAreLower = toLatin1(this.#options.peerId) < toLatin1(theirPeerId)
    return isOutgoing === weAreLower
  }
}
