import { blockBytes, seededRandom, virtualClock } from '@millrace/base'
import type { Info } from '@millrace/metainfo'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fullBitfield } from './bitfield.ts'
import { noProgress } from './download-progress.ts'
import { Downloader, snubMilliseconds } from './downloader.ts'
import { Peer, type PeerEvents } from './peer.ts'
import type { Connection, Store } from './ports.ts'

const info: Info = {
  name: 'one piece',
  pieceLength: 4 * blockBytes,
  pieceCount: 1,
  pieceHashes: new Uint8Array(20),
  totalSize: 4 * blockBytes,
  files: [{ path: [], size: 4 * blockBytes }],
  isPrivate: false,
} as unknown as Info // what a downloader looks at

const connection: Connection = {
  remote: { host: '192.0.2.7', port: 6881 },
  queuedBytes: 0,
  write() {},
  cork() {},
  uncork() {},
  pause() {},
  resume() {},
  close() {},
}

/** A downloader of one piece of four blocks, and `count` peers that have it; `asked` grows by each request sent. */
function downloadFrom(count: number) {
  const clock = virtualClock()
  const store: Store = {
    verified: new Uint8Array(1),
    acquire: () => new Uint8Array(info.pieceLength),
    release() {},
    commit: (piece) => committed.push(piece),
    lookup: () => undefined,
    unpin() {},
    fetch() {},
  }
  const committed: number[] = []
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
  const peers = Array.from({ length: count }, (_, index) => {
    const identity = { id: index + 1, peerId: new Uint8Array(20), connection, isOutgoing: true }
    const peer = new Peer({ ...identity, speaksFast: true, speaksExtended: true }, events, clock)
    peer.chokesUs = false
    peer.bitfield = fullBitfield(1)
    peer.sendRequest = (_piece, begin) => {
      asked.push([index + 1, begin / blockBytes])
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
  return { clock, downloader, peers, committed, fillAll, takeAsked }
}

function begin(peer: Peer | undefined, block: number, length = blockBytes): void {
  peer?.onPieceStart(0, block * blockBytes, length)
}

function send(peer: Peer | undefined, block: number): void {
  begin(peer, block)
  peer?.onPieceData(new Uint8Array(blockBytes), 0, blockBytes)
  peer?.onPieceEnd()
}

const four = [0, 1, 2, 3]

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
  quick?.download.add(100 * blockBytes, clock.now())
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

/** Lets a peer sell; answers how many bytes it was credited with. */
function makeSeller(peer: Peer): { bytes: number } {
  const received = { bytes: 0 }
  peer.extended = { reqq: 100, bttSpeed: { sells: true } } as Peer['extended'] // what a downloader looks at
  const rest = { receive() {}, isSettled: () => true, onClose() {}, billedBytes: () => 0 }
  const onBlock = (_: number, bytes: number): void => {
    received.bytes += bytes
  }
  peer.paid = { ...rest, onBlock, onVerified() {}, onFailed() {} }
  return received
}

test('at the end a slow seller gives way to a faster one, and what it had under way counts as received', () => {
  const { clock, downloader, peers, committed, takeAsked } = downloadFrom(2)
  const [slow, fast] = peers
  if (slow === undefined || fast === undefined) throw new Error('two peers')
  const received = [slow, fast].map(makeSeller)
  downloader.fill(slow)
  expect(takeAsked()).toEqual(four.map((block) => [1, block]))
  clock.advance(1_000)
  // Two sellers of the same speed keep what they were asked for.
  for (const peer of peers) peer.download.add(8 * blockBytes, clock.now())
  downloader.fill(fast)
  expect(takeAsked()).toEqual([])
  clock.advance(1_000)
  fast.download.add(192 * blockBytes, clock.now())
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
    fast.download.add(100 * blockBytes, clock.now())
    downloader.fill(fast)
    expect(takeAsked().toSorted()).toEqual(four.map((block) => [3, block]))
    const owed = [first, second].map(({ outstanding }) => [...outstanding].length)
    expect(owed).toEqual(isSelling ? [0, 0] : [2, 2])
    for (const block of four) send(fast, block)
    expect(committed).toEqual([0])
  }
})

test('whatever peers do at the end, no block is owed by more than two, nor by a seller and another, and all come', () => {
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
