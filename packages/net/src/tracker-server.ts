/** A small HTTP tracker (BEP 3, 7, 23, 48): state in memory, everything bounded, every refusal bencoded. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import {
  type Clock,
  type Logger,
  messageOf,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
  toLatin1,
} from '@millrace/base'
import { type Encodable, encode } from '@millrace/bencode'
import { encodeCompactPeers, formatIp, parseIp } from '@millrace/wire'
import { NetError } from './errors.ts'
import { TrackerBeacons } from './tracker-beacons.ts'
import { type AnnounceQuery, parseQuery, readAnnounce, readScrape, type ScrapeQuery } from './tracker-query.ts'
import { type TrackedPeer, TrackerSwarms } from './tracker-swarms.ts'

export interface TrackerOptions {
  /** A literal address; all IPv4 interfaces by 0.0.0.0, all of both kinds by `::`. */
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  /** Between two announces of a peer. */
  readonly intervalSeconds?: number
  readonly swarmsMax?: number
  readonly peersPerSwarmMax?: number
}

export interface TrackerComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export interface Tracker {
  /** The announce URL. */
  readonly url: string
  stats(): TrackerStats
  close(): Promise<void>
}

export interface TrackerStats {
  readonly swarms: number
  readonly peers: number
  readonly seeders: number
  readonly announces: number
  readonly scrapes: number
  /** Beacons that are kept now. */
  readonly beacons: number
  /** Requests answered with a failure reason. */
  readonly refused: number
}

const intervalSecondsDefault = 1_800
const swarmsMaxDefault = 10_000
const peersPerSwarmMaxDefault = 2_000
/** Silent for this many intervals and a grace, a peer is forgotten. */
const lifeIntervals = 2
const lifeGraceMs = 30_000
const connectionsMax = 1_000
const requestTimeoutMs = 10_000
const headerBytesMax = 16_384
const systemComponents: TrackerComponents = { clock: systemClock, random: systemRandom, logger: silentLogger }

/**
 * @throws NetError `listen-failed`
 * @example
 * const tracker = await startTracker({ host: '127.0.0.1', port: 6969 })
 * tracker.url // 'http://127.0.0.1:6969/announce'
 */
export async function startTracker(
  options: TrackerOptions,
  components: TrackerComponents = systemComponents,
): Promise<Tracker> {
  const desk = new TrackerDesk(options, components)
  const server = createServer(
    { maxHeaderSize: headerBytesMax, requestTimeout: requestTimeoutMs },
    (request, response) => desk.answer(request, response),
  )
  server.maxConnections = connectionsMax
  server.on('clientError', (_, socket) => {
    desk.refused += 1
    const body = toLatin1(failure('this is no HTTP request'))
    if (socket.writable) socket.end(`HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n${body}`)
    else socket.destroy()
  })
  const port = await listen(server, options)
  return {
    url: `http://${hostInUrl(options.host)}:${port}/announce`,
    stats: () => desk.stats(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

class TrackerDesk {
  readonly #intervalSeconds: number
  readonly #swarms: TrackerSwarms
  readonly #beacons: TrackerBeacons
  readonly #logger: Logger
  #announces = 0
  #scrapes = 0
  refused = 0

  constructor(options: TrackerOptions, components: TrackerComponents) {
    this.#intervalSeconds = options.intervalSeconds ?? intervalSecondsDefault
    this.#logger = components.logger
    this.#beacons = new TrackerBeacons(components.clock)
    this.#swarms = new TrackerSwarms(components, {
      swarmsMax: options.swarmsMax ?? swarmsMaxDefault,
      peersPerSwarmMax: options.peersPerSwarmMax ?? peersPerSwarmMaxDefault,
      peerLifeMs: lifeIntervals * this.#intervalSeconds * 1000 + lifeGraceMs,
    })
  }

  stats(): TrackerStats {
    const { swarms, peers, seeders } = this.#swarms.totals()
    const [announces, scrapes, beacons] = [this.#announces, this.#scrapes, this.#beacons.total]
    return { swarms, peers, seeders, announces, scrapes, beacons, refused: this.refused }
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    request.resume()
    const body = this.#reply(request)
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length, connection: 'close' })
    response.end(body)
  }

  #reply(request: IncomingMessage): Uint8Array {
    const host = clientHost(request.socket.remoteAddress)
    if (request.method !== 'GET' || host === undefined) return this.#refuse('only GET is answered')
    const [path = '', query = ''] = splitOnce(request.url ?? '', '?')
    const fields = parseQuery(query)
    if (!fields.ok) return this.#refuse(fields.error)
    if (path === '/announce') {
      const announce = readAnnounce(fields.value)
      return announce.ok ? this.#announce(host, announce.value) : this.#refuse(announce.error)
    }
    if (path !== '/scrape') return this.#refuse('only /announce and /scrape are answered')
    const scrape = readScrape(fields.value)
    return scrape.ok ? this.#scrape(scrape.value) : this.#refuse(scrape.error)
  }

  #announce(socketHost: string, query: AnnounceQuery): Uint8Array {
    const named = query.ip === undefined ? undefined : parseIp(query.ip)
    const host = named !== undefined && isLoopback(socketHost) ? formatIp(named) : socketHost
    const peers = this.#swarms.announce(host, query)
    if (peers === undefined) return this.#refuse('this tracker is full')
    this.#announces += 1
    this.#logger.log('debug', 'announce', { host, port: query.port, event: query.event, left: query.left })
    const { seeders, leechers } = this.#swarms.counts(query.infoHash)
    return encode({
      interval: this.#intervalSeconds,
      complete: seeders,
      incomplete: leechers,
      'warning message': this.#noteBeacon(host, query),
      ...(query.isCompact ? compactPeers(peers) : { peers: peers.map((peer) => peerDict(peer, query.withPeerIds)) }),
    })
  }

  /** @returns why the beacon that came along is not passed on */
  #noteBeacon(host: string, { event, infoHash, port, beacon }: AnnounceQuery): string | undefined {
    if (event === 'stopped') this.#beacons.drop(infoHash, host, port)
    else if (beacon !== undefined) return this.#beacons.put(infoHash, host, port, beacon)
    return undefined
  }

  #scrape({ infoHashes, ledger }: ScrapeQuery): Uint8Array {
    this.#scrapes += 1
    const files = new Map<string, Encodable>()
    const beacons = ledger && this.#beacons.of(infoHashes, ledger)
    for (const [i, hash] of infoHashes.entries()) {
      const { seeders, leechers, completed } = this.#swarms.counts(hash)
      const counts = { complete: seeders, downloaded: completed, incomplete: leechers }
      files.set(toLatin1(hash), { btt_beacons: beacons?.[i], ...counts })
    }
    return encode({ files })
  }

  #refuse(reason: string): Uint8Array {
    this.refused += 1
    return failure(reason)
  }
}

function compactPeers(peers: readonly TrackedPeer[]): { readonly [key: string]: Encodable | undefined } {
  const peers6 = encodeCompactPeers(peers, 16)
  return { peers: encodeCompactPeers(peers, 4), peers6: peers6.length === 0 ? undefined : peers6 }
}

function peerDict(peer: TrackedPeer, withId: boolean): Encodable {
  return { ip: peer.host, port: peer.port, 'peer id': withId ? peer.id : undefined }
}

function failure(reason: string): Uint8Array {
  return encode({ 'failure reason': reason })
}

function listen(server: Server, { host, port }: TrackerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `the tracker cannot listen on ${host} port ${port}: ${messageOf(cause)}. Choose another port`
      reject(new NetError('listen-failed', message, { cause }))
    })
    server.listen({ host, port }, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

/** The literal address of a client: IPv4 where a dual-stack socket maps it, no zone. */
function clientHost(address: string | undefined): string | undefined {
  const ip = parseIp(address?.split('%')[0] ?? '')
  return ip === undefined ? undefined : formatIp(ip)
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.')
}

function hostInUrl(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}
