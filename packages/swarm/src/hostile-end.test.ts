/** Peers that hold up the end of a download: each was found to do so once. */

import { blockBytes } from '@millrace/base'
import { expect, test } from 'vitest'
import { downloadFrom, makeSeller, send } from '../testing/one-piece.ts'
import { snubMilliseconds } from './downloader.ts'
import type { Peer } from './peer.ts'

const stepMs = 50
const blocks = 32

/** Bytes a second that a peer sends of what it owes. */
type Behaviour = (nowMs: number) => number

/** Until the piece is whole, in ms: peers send what they owe, oldest first, and each is filled every 50 ms. */
function finish(world: ReturnType<typeof downloadFrom>, behaviours: readonly Behaviour[]): number {
  const { clock, downloader, peers, committed, fillAll } = world
  const ready = peers.map(() => 0)
  for (let ms = 0; ms < 600_000; ms += stepMs) {
    if (ms % 1_000 === 0) downloader.tick(peers, clock.now())
    fillAll()
    clock.advance(stepMs)
    for (const [i, peer] of peers.entries()) {
      const bytes = Math.min(
        blocks * blockBytes,
        (ready[i] ?? 0) + ((behaviours[i]?.(clock.now()) ?? 0) * stepMs) / 1_000,
      )
      const due = Math.min(Math.floor(bytes / blockBytes), peer.outstanding.size)
      ready[i] = peer.outstanding.size === 0 ? 0 : bytes - due * blockBytes
      for (const block of [...peer.outstanding].slice(0, due)) send(peer, block)
    }
    if (committed.length > 0) return clock.now()
  }
  return Number.POSITIVE_INFINITY
}

const fastThenNothing: Behaviour = (nowMs) => (nowMs < 300 ? 1_000_000 : 0)
const steady =
  (bytesPerSecond: number): Behaviour =>
  () =>
    bytesPerSecond
const silent = steady(0)

test('sellers that were fast and stall do not pass the last blocks to each other beside a slow honest one', () => {
  const alone = downloadFrom(1, blocks)
  alone.peers.forEach(makeSeller)
  const aloneMs = finish(alone, [steady(20_000)])
  const world = downloadFrom(3, blocks)
  world.peers.forEach(makeSeller)
  expect(finish(world, [fastThenNothing, fastThenNothing, steady(20_000)])).toBeLessThan(1.5 * aloneMs)
})

test('sellers that never send keep no block from one that does', () => {
  for (const count of [4, 8]) {
    const world = downloadFrom(count + 1, blocks)
    world.peers.forEach(makeSeller)
    const behaviours = [...Array<Behaviour>(count).fill(silent), steady(20_000)]
    expect(finish(world, behaviours), `${count} of them`).toBeLessThan(45_000)
  }
})

test('what was fast once and trickles holds no blocks that an idle peer would send at once', () => {
  const world = downloadFrom(2, blocks)
  const trickle: Behaviour = (nowMs) => (nowMs < 300 ? 1_000_000 : 18_000)
  const [, fast] = world.peers
  if (fast !== undefined) fast.chokesUs = true
  const unchoke: Behaviour = (nowMs) => {
    if (fast !== undefined && nowMs >= 400) fast.chokesUs = false
    return 1_000_000
  }
  expect(finish(world, [trickle, unchoke])).toBeLessThan(5_000)
})

test('a peer that snubs us helps nobody', () => {
  const { clock, downloader, peers, takeAsked } = downloadFrom(2, blocks)
  const [snubbing, honest] = peers as [Peer, Peer] // two were asked for
  downloader.fill(honest)
  snubbing.snubbed = true
  takeAsked()
  clock.advance(snubMilliseconds)
  downloader.fill(snubbing)
  expect(takeAsked()).toEqual([])
})

test('when a late block comes, all who were asked for it are told, and none of them is asked twice later', () => {
  const { clock, downloader, peers, committed, takeAsked, takeCancelled } = downloadFrom(3)
  const [late, slow, fast] = peers as [Peer, Peer, Peer] // three were asked for
  downloader.fill(late)
  clock.advance(snubMilliseconds + 1)
  downloader.tick([late], clock.now())
  downloader.fill(slow)
  clock.advance(3_000)
  downloader.fill(fast)
  const twice = [0, 1, 2, 3].filter((block) => slow.outstanding.has(block) && fast.outstanding.has(block))
  expect(twice.length).toBeGreaterThan(0)
  takeCancelled()
  for (const block of [0, 1, 2, 3]) send(late, block)
  const told = takeCancelled()
  for (const block of twice)
    expect(told).toEqual(
      expect.arrayContaining([
        [2, block],
        [3, block],
      ]),
    )
  expect([slow, fast].map(({ outstanding }) => outstanding.size)).toEqual([0, 0])
  // What it sent was wrong: the piece starts anew, and whoever is asked owes each block once.
  expect(committed).toEqual([0])
  downloader.onFailed(0)
  downloader.removePeer(late)
  late.chokesUs = true
  takeAsked()
  for (let round = 0; round < 20; round++) {
    clock.advance(1_500)
    for (const peer of [slow, fast]) downloader.fill(peer)
    for (const { outstanding } of [slow, fast]) expect(new Set(outstanding).size).toBe(outstanding.size)
  }
  for (const block of [0, 1, 2, 3]) send(slow.outstanding.has(block) ? slow : fast, block)
  expect(committed).toEqual([0, 0])
})
