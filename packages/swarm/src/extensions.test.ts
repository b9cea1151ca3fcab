import { virtualClock } from '@millrace/base'
import {
  decodeMetadataMessage,
  encodeExtendedHandshake,
  encodeMetadataMessage,
  metadataPieceBytes,
  ownExtensionIds,
} from '@millrace/wire'
import { expect, test } from 'vitest'
import { silentPeer, takingConnection } from '../testing/silent-peer.ts'
import { type ExtensionHost, Extensions, metadataAnswersPerSecondMax } from './extensions.ts'

const hostWithout: ExtensionHost = {
  infoBytes: undefined,
  metadataFetch: undefined,
  paidTorrent: undefined,
  isPrivate: false,
  knownPeers: () => [],
  onAddresses() {},
  onMetadata() {},
}

test('the first offer of btt_speed stands, whatever later handshakes say', () => {
  const clock = virtualClock()
  const parts = { clock, clientName: 'test', listenPort: () => undefined, payments: undefined }
  const extensions = new Extensions(parts, hostWithout)
  const peer = silentPeer(takingConnection(), clock)
  const offer = (byte: number) => ({ v: 1, nonce: new Uint8Array(16).fill(byte), sells: true, ledgers: [] })
  const greet = (handshake: Parameters<typeof encodeExtendedHandshake>[0]): void =>
    extensions.receive(peer, 0, encodeExtendedHandshake(handshake))
  greet({ m: {}, reqq: 1 })
  greet({ m: { btt_speed: 9 }, bttSpeed: offer(1) })
  greet({ m: { btt_speed: 9 }, bttSpeed: offer(2), reqq: 7 })
  greet({ m: { btt_speed: 9 } })
  expect(peer.extended?.bttSpeed).toEqual(offer(1))
  greet({ m: { btt_speed: 9 }, reqq: 8 })
  expect(peer.extended).toEqual({ m: { btt_speed: 9 }, reqq: 8, bttSpeed: offer(1) })
})

test('a peer gets the metadata twice as fast as it asks, then so many pieces a second', () => {
  const pieces = 20
  const clock = virtualClock()
  const host: ExtensionHost = { ...hostWithout, infoBytes: new Uint8Array(pieces * metadataPieceBytes) }
  const extensions = new Extensions(
    { clock, clientName: 'test', listenPort: () => undefined, payments: undefined },
    host,
  )
  const peer = silentPeer(takingConnection(), clock)
  peer.extended = { m: { ut_metadata: 3 } }
  const answers = { data: 0, reject: 0, request: 0 }
  peer.send = (message) => {
    const decoded = message.type === 'extended' ? decodeMetadataMessage(message.payload) : undefined
    if (decoded?.ok === true && decoded.value.type in answers) answers[decoded.value.type as keyof typeof answers]++ // it is one of them
  }
  const ask = (count: number): void => {
    for (let index = 0; index < count; index++) {
      const request = encodeMetadataMessage({ type: 'request', piece: index % pieces })
      extensions.receive(peer, ownExtensionIds.ut_metadata, request)
    }
  }
  ask(1_000)
  expect(answers).toEqual({ data: 2 * pieces, reject: 1_000 - 2 * pieces, request: 0 })
  clock.advance(1_000)
  ask(1_000)
  expect(answers.data).toBe(2 * pieces + metadataAnswersPerSecondMax)
})
