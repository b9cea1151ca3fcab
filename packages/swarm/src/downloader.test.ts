import { blockBytes } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { begin, downloadFrom, makeSeller, proveSpeed, send } from '../testing/one-piece.ts'
import { snubMilliseconds } from './downloader.ts'

const four = [0, 1, 2, 3]

/** So many blocks each so many milliseconds. */
interface Pace {
  readonly everyMs: number
  readonly count: number
}

test('a block of the wrong length is asked for again', () => {
  const { peers, committed, fillAll, takeAsked } = downloadFrom(1)
  const [peer] = peers
  fillAll()
  expect(takeAsked()).toEqual(four.map((block) => [1, block]))
  begin(peer, 0, 100)
  peer?.onPieceEnd()
  fillAll()
  expect(takeAsked()).toEqual([[1, 0]])
  for (const block of four) send(peer, block)
  expect(committed).toEqual([0])
})

test('a block that comes while another peer sends it can be asked for again, but not before that peer fails', () => {
  const { clock, downloader, peers, committed, fillAll, takeAsked } = downloadFrom(2)
  const [slow, quick] = peers
  if (slow !== undefined) downloader.fill(slow)
  clock.advance(1_000)
  proveSpeed(quick, 100 * blockBytes, clock.now())
  fillAll()
  expect(takeAsked()).toHaveLength(8)
  begin(slow, 0)
  for (const block of four) send(quick, block)
  expect([...(quick?.outstanding ?? [])]).toEqual([])
  fillAll()
  expect(takeAsked()).toEqual([])
  if (slow !== undefined) downloader.removePeer(slow)
  if (quick !== undefined) downloader.fill(quick)
  expect(takeAsked()).toEqual([[2, 0]])
  send(quick, 0)
  expect(committed).toEqual([0])
})

test('a peer that stopped in the middle of a block gives way to one that sends it', () => {
  const { clock, downloader, peers, committed, takeAsked } = downloadFrom(2)
  const [stuck, quick] = peers
  if (stuck !== undefined) downloader.fill(stuck)
  begin(stuck, 0)
  clock.advance(snubMilliseconds + 1)
  downloader.tick(peers, clock.now())
  expect(takeAsked().filter(([id]) => id === 2)).toHaveLength(4)
  for (const block of four) send(quick, block)
  expect(committed).toEqual([0])
})

test('what a snubbing peer owed goes to the others before it is asked again', () => {
  const { clock, downloader, peers, takeAsked } = downloadFrom(2)
  const [stuck] = peers
  if (stuck !== undefined) downloader.fill(stuck)
  takeAsked()
  clock.advance(snubMilliseconds + 1)
  downloader.tick(peers, clock.now())
  expect(takeAsked().slice(0, 4)).toEqual(four.map((block) => [2, block]))
})

test('the only source is asked again after each snub, whatever it owes since before', () => {
  const { clock, downloader, peers, committed, fillAll, takeAsked } = downloadFrom(1)
  const [peer] = peers
  fillAll()
  takeAsked()
  for (let snub = 0; snub < 3; snub++) {
    clock.advance(snubMilliseconds + 1)
    downloader.tick(peers, clock.now())
    expect(takeAsked()).toEqual([[1, 0]])
  }
  send(peer, 0)
  fillAll()
  expect(takeAsked()).toEqual([1, 2, 3].map((block) => [1, block]))
  for (const block of [1, 2, 3]) send(peer, block)
  expect(committed).toEqual([0])
})

test('a peer that sends again is not asked twice for what stands in its queue', () => {
  const { clock, downloader, peers, committed, fillAll, takeAsked } = downloadFrom(1)
  const [peer] = peers
  fillAll()
  clock.advance(snubMilliseconds + 1)
  downloader.tick(peers, clock.now())
  takeAsked()
  send(peer, 0)
  fillAll()
  expect(takeAsked()).toEqual([])
  for (const block of [1, 2, 3]) send(peer, block)
  expect(committed).toEqual([0])
})

test('at the end a slow seller gives way to a faster one, and what it had under way counts as received', () => {
  const { clock, downloader, peers, committed, takeAsked } = downloadFrom(2)
  const [slow, fast] = peers
  if (slow === undefined || fast === undefined) throw new Error('two peers')
  const received = [slow, fast].map(makeSeller)
  downloader.fill(slow)
  expect(takeAsked()).toEqual(four.map((block) => [1, block]))
  clock.advance(1_000)
  // Two sellers of the same speed keep what they were asked for.
  slow.download.add(8 * blockBytes, clock.now())
  proveSpeed(fast, 8 * blockBytes, clock.now())
  downloader.fill(fast)
  expect(takeAsked()).toEqual([])
  clock.advance(1_000)
  proveSpeed(fast, 192 * blockBytes, clock.now())
  downloader.fill(fast)
  expect(takeAsked()).toEqual([
    [2, 3],
    [2, 2],
  ])
  const bytes = (): number[] => received.map((it) => it.bytes)
  send(slow, 3)
  expect(bytes()).toEqual([blockBytes, 0])
  send(slow, 3)
  expect(bytes(), 'once').toEqual([blockBytes, 0])
  for (const block of [0, 1]) send(slow, block)
  for (const block of [2, 3]) send(fast, block)
  expect(bytes()).toEqual([3 * blockBytes, 2 * blockBytes])
  expect(committed).toEqual([0])
})

test('a block that two slow peers owe goes to a fast one: a seller alone, or in place of the slower', () => {
  for (const isSelling of [true, false]) {
    const { clock, downloader, peers, committed, takeAsked } = downloadFrom(3)
    const [first, second, fast] = peers
    if (first === undefined || second === undefined || fast === undefined) throw new Error('three peers')
    if (isSelling) makeSeller(fast)
    downloader.fill(first)
    clock.advance(1_000)
    downloader.fill(second)
    clock.advance(2_000)
    expect(takeAsked()).toEqual([
      [1, 0],
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 3],
      [2, 2],
    ])
    proveSpeed(fast, 100 * blockBytes, clock.now())
    downloader.fill(fast)
    expect(takeAsked().toSorted()).toEqual(four.map((block) => [3, block]))
    const owed = [first, second].map(({ outstanding }) => [...outstanding].length)
    expect(owed).toEqual(isSelling ? [0, 0] : [2, 2])
    for (const block of four) send(fast, block)
    expect(committed).toEqual([0])
  }
})

test.each([
  { blocks: 1_000, fast: 25, slow: [{ everyMs: 400, count: 1 }], withinMs: 4_300 }, // 252 blocks a second
  { blocks: 12_000, fast: 200, slow: Array<Pace>(20).fill({ everyMs: 100, count: 2 }), withinMs: 5_900 }, // 2,400
])(
  'at the end a peer that sends $fast blocks each 100 ms has work until the last, however much slow ones were asked for',
  ({ blocks, fast, slow, withinMs }) => {
    const { clock, downloader, peers, committed, fillAll } = downloadFrom(1 + slow.length, blocks)
    fillAll()
    // As limited links hand them out.
    const paces = [{ everyMs: 100, count: fast }, ...slow]
    for (let ms = 0; committed.length === 0 && ms < 60_000; ms += 100) {
      clock.advance(100)
      for (const [i, { everyMs, count }] of paces.entries()) {
        const peer = peers[i]
        if (peer === undefined || ms % everyMs !== 0) continue
        for (const block of [...peer.outstanding].slice(0, count)) send(peer, block)
        downloader.fill(peer)
      }
      if (ms % 1_000 === 0) downloader.tick(peers, clock.now())
    }
    expect(clock.now()).toBeLessThan(withinMs)
  },
)

test('whatever peers do at the end, no block is owed by more than two, nor by two sellers, and all come', () => {
  const step = fc.record({ peer: fc.nat(3), what: fc.constantFrom('fill', 'send', 'choke', 'wait', 'tick') })
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      fc.array(step, { maxLength: 120 }),
      (sells, steps) => {
        const { clock, downloader, peers, committed, takeAsked } = downloadFrom(4)
        for (const [i, peer] of peers.entries()) if (sells[i] === true) makeSeller(peer)
        for (const { peer: index, what } of steps) {
          const peer = peers[index]
          if (peer === undefined) throw new Error('a peer')
          const [oldest] = peer.outstanding
          if (what === 'fill') downloader.fill(peer)
          else if (what === 'send' && oldest !== undefined) send(peer, oldest)
          else if (what === 'choke') downloader.loseRequests(peer)
          else if (what === 'wait') clock.advance(700)
          else if (what === 'tick') downloader.tick(peers, clock.now())
          takeAsked()
          for (const block of four) {
            const owing = peers.flatMap(({ outstanding }, i) => (outstanding.has(block) ? [sells[i]] : []))
            expect(owing.filter((isSelling) => isSelling).length).toBeLessThanOrEqual(1)
            expect(owing.length).toBeLessThanOrEqual(2)
          }
        }
        for (let round = 0; round < 20 && committed.length === 0; round++) {
          clock.advance(1_000)
          downloader.tick(peers, clock.now())
          const [peer] = peers
          for (const block of peer === undefined ? [] : [...peer.outstanding]) send(peer, block)
          for (const other of peers.slice(1)) downloader.loseRequests(other)
        }
        expect(committed).toEqual([0])
      },
    ),
  )
})
