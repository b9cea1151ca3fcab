import { seededRandom, silentLogger, virtualClock } from '@millrace/base'
import { UploadMarket } from '@millrace/market'
import type { Info } from '@millrace/metainfo'
import { expect, test } from 'vitest'
import { takingConnection } from '../testing/silent-peer.ts'
import { Peer } from './peer.ts'
import type { Store, Transport } from './ports.ts'
import { Session } from './session.ts'
import type { Timers } from './uploader.ts'

const nowhere: Transport = {
  connect: () => {
    throw new Error('nobody is dialled here')
  },
  listen: () => Promise.reject(new Error('nobody listens here')),
}
const deaf = takingConnection()
const events = { onMetadata() {}, onPiece() {}, onComplete() {}, onError() {} }

function openSession(transport = nowhere, timers: Timers = { after: () => () => {} }): Session {
  const parts = {
    transport,
    market: new UploadMarket({ capacity: { kind: 'limited', bytesPerSecond: 1_000_000 }, askPerMiB: undefined }),
    clock: virtualClock(),
    random: seededRandom(1),
    timers,
    logger: silentLogger,
  }
  return new Session(parts, { peerId: new Uint8Array(20), clientName: 'test', unchokeSlots: 4 })
}

test('a torrent whose info dictionary is known asks nobody for it, even while its files are checked', () => {
  const infoBytes = new Uint8Array([100, 101])
  const known = openSession().add(new Uint8Array(20).fill(1), events, infoBytes)
  expect(known.phase.kind).toBe('opening')
  expect(known.metadataFetch).toBeUndefined()
  expect(known.infoBytes).toBe(infoBytes)
})

test('a torrent of a magnet link fetches it', () => {
  const fetched = openSession().add(new Uint8Array(20).fill(2), events)
  expect(fetched.metadataFetch?.plan(1, 100, 0)).toEqual([0])
})

test('a torrent that stopped is activated again: peers that leave late are not counted where they never were', () => {
  const torrent = openSession().add(new Uint8Array(20).fill(3), events)
  const info = { pieceCount: 1, pieceLength: 16_384, totalSize: 16_384, isPrivate: false } as Info // what is looked at
  const released: number[] = []
  const store: Store = {
    verified: new Uint8Array(1),
    acquire: () => new Uint8Array(16_384),
    release: (piece) => released.push(piece),
    commit() {},
    lookup: () => undefined,
    unpin() {},
    fetch() {},
  }
  const identity = { id: 1, peerId: new Uint8Array(20), connection: deaf, isOutgoing: true }
  const peer = new Peer({ ...identity, speaksFast: true, speaksExtended: false }, torrent, virtualClock())
  torrent.activate(info, new Uint8Array(), store)
  torrent.addPeer(peer)
  peer.onMessage({ type: 'haveAll' })
  peer.onMessage({ type: 'unchoke' })
  peer.onPieceStart(0, 0, 16_384)
  peer.onPieceData(new Uint8Array(16_384), 0, 16_384)
  peer.onPieceEnd()
  torrent.stop(new Error('the disk is full'))
  expect(torrent.peers).toEqual([])
  expect(released).toEqual([])
  torrent.storeEvents.onVerified(0)
  expect(released).toEqual([0])
  expect(torrent.progress.verifiedBytes).toBe(16_384)
  torrent.activate(info, new Uint8Array(), store)
  expect(() => peer.onClose()).not.toThrow()
})

test('a peer that connected to us is not dialled where it listens', () => {
  const dialled: number[] = []
  const wakes: (() => void)[] = []
  const transport: Transport = {
    connect: ({ port }) => {
      dialled.push(port)
      return deaf
    },
    listen: nowhere.listen,
  }
  const after = (_: number, wake: () => void): (() => void) => {
    wakes.push(wake)
    return () => {}
  }
  const torrent = openSession(transport, { after }).add(new Uint8Array(20).fill(4), events)
  const identity = { id: 1, peerId: new Uint8Array(20), connection: deaf, isOutgoing: false }
  const peer = new Peer({ ...identity, speaksFast: true, speaksExtended: false }, torrent, virtualClock())
  peer.extended = { m: {}, p: 7_000 }
  torrent.addPeer(peer)
  torrent.onAddresses([7_000, 7_001].map((port) => ({ host: deaf.remote.host, port })))
  for (const wake of wakes.splice(0)) wake()
  expect(dialled).toEqual([7_001])
})
