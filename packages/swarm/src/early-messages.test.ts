import { expect, test } from 'vitest'
import { silentPeer } from '../testing/silent-peer.ts'
import { EarlyMessages } from './early-messages.ts'

test('what a peer said of its pieces is kept in order, once', () => {
  const early = new EarlyMessages()
  const peer = silentPeer()
  early.keep(peer, { type: 'bitfield', bits: Uint8Array.of(1) })
  early.keep(peer, { type: 'have', piece: 3 })
  expect(early.take(peer).map((message) => message.type)).toEqual(['bitfield', 'have'])
  expect(early.take(peer)).toEqual([])
})

test('of many bitfields only the last is kept: each may be hundreds of KiB', () => {
  const early = new EarlyMessages()
  const peer = silentPeer()
  for (let n = 0; n < 10_000; n++) early.keep(peer, { type: 'bitfield', bits: Uint8Array.of(n & 0xff) })
  expect(early.take(peer)).toEqual([{ type: 'bitfield', bits: Uint8Array.of(9_999 & 0xff) }])
})

test('a peer that announces without end is let go', () => {
  const early = new EarlyMessages()
  const peer = silentPeer()
  for (let piece = 0; piece < 4_096; piece++) early.keep(peer, { type: 'have', piece })
  expect(peer.isClosed).toBe(false)
  early.keep(peer, { type: 'have', piece: 4_096 })
  expect(peer.isClosed).toBe(true)
})
