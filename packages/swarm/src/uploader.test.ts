import { blockBytes, virtualClock } from '@millrace/base'
import { UploadMarket } from '@millrace/market'
import { expect, test } from 'vitest'
import { silentPeer, takingConnection } from '../testing/silent-peer.ts'
import type { Store } from './ports.ts'
import { UploadLane } from './upload-lane.ts'
import { Uploader } from './uploader.ts'

const pieceBytes = 32 * blockBytes

/** A piece that is in memory as a whole. */
const store: Store = {
  verified: Uint8Array.of(0x80),
  acquire: () => undefined,
  release() {},
  commit() {},
  lookup: () => ({ piece: 0, begin: 0, bytes: new Uint8Array(pieceBytes) }),
  unpin() {},
  fetch() {},
}

/** A seeder of two blocks a second with one peer that asked for `blocks` and was served the first burst. */
function servedPeer(blocks: number) {
  const clock = virtualClock()
  const written: number[] = []
  const market = new UploadMarket({
    capacity: { kind: 'limited', bytesPerSecond: 2 * blockBytes },
    askPerMiB: undefined,
  })
  const uploader = new Uploader(market, clock, { after: () => () => {} })
  const connection = takingConnection((bytes) => written.push(bytes))
  const peer = silentPeer(connection, clock)
  const lane = new UploadLane(connection, store)
  peer.lane = lane
  market.addPeer(1, '192.0.2.0/24', clock.now())
  market.setUnchoked(1, true, clock.now())
  uploader.add(peer)
  for (let block = 0; block < blocks; block++) lane.queue.push(0, block * blockBytes, blockBytes)
  uploader.refresh(peer)
  uploader.pump()
  return { clock, market, uploader, peer, lane, written }
}

test('blocks leave as the limit allows, headers before payload', () => {
  const { clock, uploader, written, lane } = servedPeer(6)
  expect(written.slice(0, 2)).toEqual([13, blockBytes])
  const atOnce = written.length / 2
  clock.advance(1_000)
  uploader.pump()
  expect(written.length / 2).toBe(atOnce + 2)
  expect(lane.queue.size).toBe(6 - atOnce - 2)
})

test('a peer that is closed between its requests and their turn is sent nothing, whatever waits in its queue', () => {
  const { clock, uploader, peer, lane, written } = servedPeer(6)
  const before = written.length
  expect(lane.queue.size).toBeGreaterThan(0)
  // In one chunk: everything taken back, a far larger block asked for, then a message that ends the connection.
  lane.queue.clear(() => {})
  lane.queue.push(0, 0, 8 * blockBytes)
  peer.close('asked for bytes outside the piece')
  uploader.refresh(peer)
  clock.advance(10_000)
  uploader.pump()
  expect(written.length).toBe(before)
})

test('a closed peer does not hold the turn of others', () => {
  const { clock, market, uploader, peer, lane } = servedPeer(6)
  lane.queue.clear(() => {})
  peer.close('a malformed message')
  clock.advance(10_000)
  uploader.pump()
  expect(market.choose(clock.now())).toBe(-1)
})
