/** A downloader of one piece and peers that have it: requests and cancels are noted, blocks come when a test sends them. */

import { blockBytes, seededRandom, virtualClock } from '@millrace/base'
import type { Info } from '@millrace/metainfo'
import { fullBitfield } from '../src/bitfield.ts'
import { noProgress } from '../src/download-progress.ts'
import { Downloader } from '../src/downloader.ts'
import { Peer, type PeerEvents } from '../src/peer.ts'
import type { Store } from '../src/ports.ts'
import { takingConnection } from './silent-peer.ts'

/** `count` peers with the ids 1 and on; `takeAsked` and `takeCancelled` answer `[peer, block]` and forget. */
export function downloadFrom(count: number, blocks = 4) {
  const pieceLength = blocks * blockBytes
  const info = { pieceLength, pieceCount: 1, totalSize: pieceLength } as unknown as Info // what a downloader looks at
  const clock = virtualClock()
  const committed: number[] = []
  const store: Store = {
    verified: new Uint8Array(1),
    acquire: () => new Uint8Array(pieceLength),
    release() {},
    commit: (piece) => committed.push(piece),
    lookup: () => undefined,
    unpin() {},
    fetch() {},
  }
  const events: PeerEvents = {
    onMessage() {},
    onHave() {},
    onRequest() {},
    onCancel() {},
    onReject() {},
    onBlockStart: (peer, piece, begin, length) => downloader.onBlockStart(peer, piece, begin, length),
    onBlockEnd: (peer, piece, begin, length) => downloader.onBlockEnd(peer, piece, begin, length),
    onBatchEnd() {},
    onDrain() {},
    onClose() {},
  }
  const asked: [number, number][] = []
  const cancelled: [number, number][] = []
  const peers = Array.from({ length: count }, (_, index) => {
    const identity = { id: index + 1, peerId: new Uint8Array(20), connection: takingConnection(), isOutgoing: true }
    const peer = new Peer({ ...identity, speaksFast: true, speaksExtended: true }, events, clock)
    peer.chokesUs = false
    peer.bitfield = fullBitfield(1)
    peer.sendRequest = (_piece, begin) => {
      asked.push([index + 1, begin / blockBytes])
    }
    peer.send = (message) => {
      if (message.type === 'cancel') cancelled.push([index + 1, message.begin / blockBytes])
    }
    return peer
  })
  const downloader = new Downloader(
    {
      info,
      store,
      clock,
      random: seededRandom(1),
      progress: noProgress(),
      allowance: { bytes: () => Number.POSITIVE_INFINITY, take() {} },
    },
    { peer: (id) => peers[id - 1], peers: () => peers, onPiece() {}, onGuilty() {} },
  )
  for (const peer of peers) downloader.addPeer(peer, fullBitfield(1))
  const fillAll = (): void => {
    for (const peer of peers) downloader.fill(peer)
  }
  const takeAsked = (): [number, number][] => asked.splice(0)
  const takeCancelled = (): [number, number][] => cancelled.splice(0)
  return { clock, downloader, peers, committed, fillAll, takeAsked, takeCancelled }
}

export function begin(peer: Peer | undefined, block: number, length = blockBytes): void {
  peer?.onPieceStart(0, block * blockBytes, length)
}

export function send(peer: Peer | undefined, block: number): void {
  begin(peer, block)
  peer?.onPieceData(new Uint8Array(blockBytes), 0, blockBytes)
  peer?.onPieceEnd()
}

/** Lets a peer sell; answers how many bytes it was credited with. */
export function makeSeller(peer: Peer): { bytes: number } {
  const received = { bytes: 0 }
  peer.extended = { reqq: 100, bttSpeed: { sells: true } } as Peer['extended'] // what a downloader looks at
  const rest = { receive() {}, isSettled: () => true, onClose() {}, billedBytes: () => 0 }
  const onBlock = (_: number, bytes: number): void => {
    received.bytes += bytes
  }
  peer.paid = { ...rest, onBlock, onVerified() {}, onFailed() {} }
  return received
}

/** Lets a peer have sent for a second what it was asked for, until `now`. */
export function proveSpeed(peer: Peer | undefined, bytesPerSecond: number, now: number): void {
  peer?.speed.begin(now - 1_000)
  peer?.download.add(bytesPerSecond, now)
  peer?.speed.onBlock(now, false)
}
