/** The extension messages of one torrent: the extended handshake (BEP 10), metadata (BEP 9), PEX (BEP 11), btt_speed. */

import type { Clock } from '@millrace/base'
import {
  bttSpeedMessageBytesMax,
  decodeExtendedHandshake,
  decodeMetadataMessage,
  decodePex,
  type ExtendedHandshake,
  encodeExtendedHandshake,
  encodeMetadataMessage,
  encodePex,
  metadataPieceBytes,
  ownExtensionIds,
} from '@millrace/wire'
import { type MetadataFetch, metadataPiece } from './metadata-fetch.ts'
import type { Peer } from './peer.ts'
import { type KnownPeer, pexMilliseconds, pexUpdate } from './pex.ts'
import type { Address, PaidTorrent, Payments } from './ports.ts'
import { requestQueueLengthMax } from './request-queue.ts'

/** PEX messages accepted from a peer: one in this time, with slack for clocks (BEP 11: one a minute). */
const pexMillisecondsMin = 20_000
/** Metadata pieces sent to a peer in a second, once it had all of them twice; what it asks beyond is rejected (BEP 9). */
export const metadataAnswersPerSecondMax = 16

export interface ExtensionParts {
  readonly clock: Clock
  readonly clientName: string
  readonly listenPort: () => number | undefined
  readonly payments: Payments | undefined
}

/** What the torrent knows that extensions need, and what it does with what they bring. */
export interface ExtensionHost {
  /** The info dictionary as it was hashed; undefined while it is unknown. */
  readonly infoBytes: Uint8Array | undefined
  /** Undefined once the info dictionary is known. */
  readonly metadataFetch: MetadataFetch | undefined
  /** What payments need of the torrent; undefined while its pieces are unknown. */
  readonly paidTorrent: PaidTorrent | undefined
  readonly isPrivate: boolean
  knownPeers(except: Peer): readonly KnownPeer[]
  onAddresses(addresses: readonly Address[]): void
  onMetadata(infoBytes: Uint8Array): void
}

/** Answers left to a peer now, and since when they grow. */
interface AnswerLimit {
  answers: number
  at: number
}

export class Extensions {
  readonly #parts: ExtensionParts
  readonly #host: ExtensionHost
  readonly #told = new WeakMap<Peer, { readonly at: number; readonly peers: ReadonlyMap<string, Address> }>()
  readonly #heardPexAt = new WeakMap<Peer, number>()
  readonly #metadataLimits = new WeakMap<Peer, AnswerLimit>()

  constructor(parts: ExtensionParts, host: ExtensionHost) {
    this.#parts = parts
    this.#host = host
  }

  /** Our extended handshake, sent at the start and again when it has more to say. */
  greet(peer: Peer): void {
    const { infoBytes, paidTorrent } = this.#host
    if (paidTorrent !== undefined && peer.offer === undefined) peer.offer = this.#parts.payments?.offer(paidTorrent)
    const port = this.#parts.listenPort()
    const handshake: ExtendedHandshake = {
      m: {
        ut_metadata: ownExtensionIds.ut_metadata,
        ...(this.#host.isPrivate ? {} : { ut_pex: ownExtensionIds.ut_pex }),
        ...(peer.offer === undefined ? {} : { btt_speed: ownExtensionIds.btt_speed }),
      },
      v: this.#parts.clientName,
      reqq: requestQueueLengthMax,
      ...(port === undefined ? {} : { p: port }),
      ...(infoBytes === undefined ? {} : { metadataSize: infoBytes.length }),
      ...(peer.offer === undefined ? {} : { bttSpeed: peer.offer }),
    }
    peer.send({ type: 'extended', id: 0, payload: encodeExtendedHandshake(handshake) })
    this.#openPayments(peer)
  }

  receive(peer: Peer, id: number, payload: Uint8Array): void {
    if (id === 0) this.#receiveHandshake(peer, payload)
    else if (id === ownExtensionIds.ut_metadata) this.#receiveMetadata(peer, payload)
    else if (id === ownExtensionIds.ut_pex) this.#receivePex(peer, payload)
    else if (id === ownExtensionIds.btt_speed) this.#receivePayment(peer, payload)
  }

  /** Asks for metadata that is missing and tells peers of peers. */
  tick(peers: readonly Peer[], now: number): void {
    for (const peer of peers) {
      this.#askMetadata(peer, now)
      this.#tellPeers(peer, now)
    }
  }

  #receiveHandshake(peer: Peer, payload: Uint8Array): void {
    const decoded = decodeExtendedHandshake(payload)
    if (!decoded.ok) return peer.close(decoded.error.message)
    // Both sides sign what they offered first: a later handshake does not change it.
    const offered = peer.extended?.bttSpeed
    peer.extended = offered === undefined ? decoded.value : { ...decoded.value, bttSpeed: offered }
    this.#askMetadata(peer, this.#parts.clock.now())
    this.#openPayments(peer)
  }

  #askMetadata(peer: Peer, now: number): void {
    const id = extensionId(peer, 'ut_metadata')
    const fetch = this.#host.metadataFetch
    if (id === undefined || fetch === undefined) return
    for (const piece of fetch.plan(peer.id, peer.extended?.metadataSize, now)) {
      peer.send({ type: 'extended', id, payload: encodeMetadataMessage({ type: 'request', piece }) })
    }
  }

  #receiveMetadata(peer: Peer, payload: Uint8Array): void {
    const decoded = decodeMetadataMessage(payload)
    if (!decoded.ok) return peer.close(decoded.error.message)
    const message = decoded.value
    if (message.type === 'request') this.#answerMetadata(peer, message.piece)
    if (message.type === 'reject') this.#host.metadataFetch?.lose(peer.id, message.piece)
    if (message.type !== 'data') return
    const outcome = this.#host.metadataFetch?.receive(peer.id, message.piece, message.bytes, this.#parts.clock.now())
    if (outcome === undefined) return this.#askMetadata(peer, this.#parts.clock.now())
    if (outcome.ok) this.#host.onMetadata(outcome.value)
    else if (outcome.error.includes(peer.id)) peer.close('sent metadata that does not match the info-hash')
  }

  #answerMetadata(peer: Peer, piece: number): void {
    const id = extensionId(peer, 'ut_metadata')
    const { infoBytes } = this.#host
    if (id === undefined) return
    const data = infoBytes && this.#mayAnswer(peer, infoBytes) ? metadataPiece(infoBytes, piece) : undefined
    const payload =
      infoBytes === undefined || data === undefined
        ? encodeMetadataMessage({ type: 'reject', piece })
        : encodeMetadataMessage({ type: 'data', piece, totalSize: infoBytes.length, bytes: data })
    peer.send({ type: 'extended', id, payload })
  }

  #mayAnswer(peer: Peer, infoBytes: Uint8Array): boolean {
    const now = this.#parts.clock.now()
    const burst = Math.max(metadataAnswersPerSecondMax, 2 * Math.ceil(infoBytes.length / metadataPieceBytes))
    const limit = this.#metadataLimits.get(peer) ?? { answers: burst, at: now }
    limit.answers = Math.min(burst, limit.answers + ((now - limit.at) * metadataAnswersPerSecondMax) / 1000)
    limit.at = now
    this.#metadataLimits.set(peer, limit)
    if (limit.answers < 1) return false
    limit.answers--
    return true
  }

  #receivePex(peer: Peer, payload: Uint8Array): void {
    if (this.#host.isPrivate) return
    const now = this.#parts.clock.now()
    if (now - (this.#heardPexAt.get(peer) ?? Number.NEGATIVE_INFINITY) < pexMillisecondsMin) return
    this.#heardPexAt.set(peer, now)
    const decoded = decodePex(payload)
    if (decoded.ok) this.#host.onAddresses(decoded.value.added)
    else peer.close(decoded.error.message)
  }

  #tellPeers(peer: Peer, now: number): void {
    const id = extensionId(peer, 'ut_pex')
    const last = this.#told.get(peer)
    if (this.#host.isPrivate || id === undefined || (last !== undefined && now - last.at < pexMilliseconds)) return
    const { message, told } = pexUpdate(last?.peers ?? new Map(), this.#host.knownPeers(peer))
    this.#told.set(peer, { at: now, peers: told })
    if (message !== undefined) peer.send({ type: 'extended', id, payload: encodePex(message) })
  }

  #openPayments(peer: Peer): void {
    const { paidTorrent } = this.#host
    const theirs = peer.extended?.bttSpeed
    const id = extensionId(peer, 'btt_speed')
    if (peer.paid !== undefined || paidTorrent === undefined || peer.offer === undefined) return
    if (theirs === undefined || id === undefined) return
    peer.paid = this.#parts.payments?.open({
      peer: peer.id,
      torrent: paidTorrent,
      remote: peer.address,
      ownOffer: peer.offer,
      peerOffer: theirs,
      send: (payload) => {
        peer.send({ type: 'extended', id, payload })
        peer.flush()
      },
      close: (reason) => peer.close(reason),
    })
  }

  #receivePayment(peer: Peer, payload: Uint8Array): void {
    if (payload.length > bttSpeedMessageBytesMax) peer.close(`a btt_speed message of ${payload.length} bytes`)
    else peer.paid?.receive(payload)
  }
}

/** The id under which the peer wants an extension; 0 in its handshake switches it off (BEP 10). */
function extensionId(peer: Peer, name: keyof typeof ownExtensionIds): number | undefined {
  return peer.extended?.m[name] || undefined
}
