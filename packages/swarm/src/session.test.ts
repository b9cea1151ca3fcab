import { seededRandom, silentLogger, virtualClock } from '@millrace/base'
import { UploadMarket } from '@millrace/market'
import { expect, test } from 'vitest'
import type { Transport } from './ports.ts'
import { Session } from './session.ts'

const nowhere: Transport = {
  connect: () => {
    throw new Error('nobody is dialled here')
  },
  listen: () => Promise.reject(new Error('nobody listens here')),
}
const events = { onMetadata() {}, onPiece() {}, onComplete() {}, onError() {} }

function openSession(): Session {
  const parts = {
    transport: nowhere,
    market: new UploadMarket({ capacity: { kind: 'limited', bytesPerSecond: 1_000_000 }, askPerMiB: undefined }),
    clock: virtualClock(),
    random: seededRandom(1),
    timers: { after: () => () => {} },
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
