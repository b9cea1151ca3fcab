import { seededRandom } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fullBitfield, setPiece } from './bitfield.ts'
import { nobody, senderOf } from './partial-piece.ts'
import { type Asker, Picker, randomFirstPieces } from './picker.ts'

const blocksPerPiece = 4

function makePicker(pieceCount: number, options: { seed?: number; memory?: number; have?: number[] } = {}) {
  const verified = new Uint8Array(Math.ceil(pieceCount / 8))
  for (const piece of options.have ?? []) setPiece(verified, piece)
  let memory = options.memory ?? Number.POSITIVE_INFINITY
  const picker = new Picker({
    pieceCount,
    blockCount: () => blocksPerPiece,
    verified,
    acquire: () => (memory-- > 0 ? new Uint8Array(blocksPerPiece * 16_384) : undefined),
    random: seededRandom(options.seed ?? 1),
  })
  return picker
}

function asker(peer: number, bitfield: Uint8Array): Asker {
  return { peer, bitfield, isExhausted: false }
}

/** Whom else the block was asked of, and whether the piece is complete; undefined when the block was here. */
function receive(picker: Picker, piece: number, block: number, peer: number) {
  const partial = picker.partial(piece)
  if (partial === undefined || senderOf(partial, block) !== nobody) return undefined
  const [other = nobody] = picker.receive(partial, block, peer)
  return { other, isComplete: partial.missingCount === 0 }
}

function collect(picker: Picker, who: Asker, room: number): [number, number][] {
  const blocks: [number, number][] = []
  picker.pick(who, room, (piece, block) => blocks.push([piece, block]))
  return blocks
}

test('an unfinished piece is asked for before another is started', () => {
  const picker = makePicker(10)
  const all = fullBitfield(10)
  picker.addPeer(all)
  const first = collect(picker, asker(1, all), 1)
  const then = collect(picker, asker(2, all), 3)
  expect(then.map(([piece]) => piece)).toEqual(Array(3).fill(first[0]?.[0]))
  expect(new Set([...first, ...then].map(([, block]) => block)).size).toBe(4)
})

test('after the first pieces the rarest is started', () => {
  const picker = makePicker(20, { have: [0, 1, 2, 3] })
  const all = fullBitfield(20)
  for (let peer = 0; peer < 3; peer++) picker.addPeer(all)
  for (let piece = 0; piece < 20; piece++) if (piece !== 13) picker.addPeerPiece(piece)
  expect(collect(picker, asker(1, all), 1)[0]?.[0]).toBe(13)
})

test('the first pieces are taken at random', () => {
  const starts = new Set<number | undefined>()
  for (let seed = 0; seed < 40; seed++) {
    const picker = makePicker(20, { seed })
    const all = fullBitfield(20)
    picker.addPeer(all)
    picker.addPeerPiece(0)
    starts.add(collect(picker, asker(1, all), 1)[0]?.[0])
  }
  expect(starts.size).toBeGreaterThan(randomFirstPieces)
})

test('in the end game a block may be asked of a second peer, and who was not as fast is told', () => {
  const picker = makePicker(1)
  const all = fullBitfield(1)
  for (const _ of [1, 2, 3]) picker.addPeer(all)
  expect(collect(picker, asker(1, all), 10)).toHaveLength(4)
  expect(collect(picker, asker(2, all), 10)).toHaveLength(0)
  expect(picker.owedBy(asker(1, all), 0, 2), 'its own').toBeUndefined()
  expect(picker.owedBy(asker(2, new Uint8Array(1)), 0, 2), 'lacks the piece').toBeUndefined()
  expect(picker.owedBy(asker(2, all), 0, 2)).toEqual([1, nobody])
  picker.askToo(0, 2, 2)
  expect(picker.owedBy(asker(3, all), 0, 2)).toEqual([1, 2])
  expect(receive(picker, 0, 2, 2)).toEqual({ other: 1, isComplete: false })
  expect(receive(picker, 0, 2, 1), 'it is here').toBeUndefined()
  expect(picker.owedBy(asker(3, all), 0, 2), 'it is here').toBeUndefined()
})

test('in the end game a block goes from one peer to another, and the end game goes on', () => {
  const picker = makePicker(1)
  const all = fullBitfield(1)
  for (const _ of [1, 2]) picker.addPeer(all)
  collect(picker, asker(1, all), 4)
  picker.lose(0, 3, 1)
  picker.askToo(0, 3, 2)
  expect(collect(picker, asker(1, all), 10), 'nothing is free').toHaveLength(0)
  expect(picker.owedBy(asker(1, all), 0, 3)).toEqual([2, nobody])
  expect(receive(picker, 0, 3, 2)).toEqual({ other: nobody, isComplete: false })
})

test('without memory no other piece is started, and nothing is lost', () => {
  const picker = makePicker(3, { memory: 1 })
  const all = fullBitfield(3)
  picker.addPeer(all)
  expect(collect(picker, asker(1, all), 12)).toHaveLength(4)
  expect(picker.wantsMore).toBe(true)
})

test('a piece that failed with several senders comes from one peer the next time', () => {
  const picker = makePicker(1)
  const all = fullBitfield(1)
  picker.addPeer(all)
  for (const [peer, room] of [
    [1, 2],
    [2, 2],
  ] as const) {
    for (const [piece, block] of collect(picker, asker(peer, all), room)) receive(picker, piece, block, peer)
  }
  picker.restart(0)
  expect(collect(picker, asker(2, all), 1)).toHaveLength(1)
  expect(collect(picker, asker(1, all), 4)).toHaveLength(0)
  picker.forget(2)
  picker.lose(0, 0, 2)
  expect(collect(picker, asker(1, all), 4)).toHaveLength(4)
})

/** Asks for a third of what others owe, and holds what the picker says of it to who was asked. */
function askToo(picker: Picker, who: Asker, asked: Map<string, Set<number>>, here: Set<string>, third: number): void {
  for (const [key, peers] of [...asked].filter((_, i) => i % 3 === third % 3)) {
    const [piece = 0, block = 0] = key.split(':').map(Number)
    const owing = picker.owedBy(who, piece, block)
    const isOpen = !here.has(key) && !peers.has(who.peer)
    expect(owing?.filter((id) => id !== nobody).toSorted()).toEqual(isOpen ? [...peers].toSorted() : undefined)
    if (!isOpen || peers.size === 2) continue
    picker.askToo(piece, block, who.peer)
    peers.add(who.peer)
  }
}

test('whatever peers do, each block is asked of at most two, every piece ends complete, and nothing is asked again once here', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.array(fc.tuple(fc.nat(3), fc.nat(4), fc.nat(7)), { maxLength: 400 }),
      (seed, steps) => {
        const pieceCount = 5
        const picker = makePicker(pieceCount, { seed })
        const all = fullBitfield(pieceCount)
        const asked = new Map<string, Set<number>>()
        const here = new Set<string>()
        const done = new Set<number>()
        for (let peer = 0; peer < 4; peer++) picker.addPeer(all)
        const take = (key: string, peer: number): void => {
          const [piece = 0, block = 0] = key.split(':').map(Number)
          const receipt = receive(picker, piece, block, peer)
          asked.get(key)?.delete(peer)
          if (receipt === undefined) return
          if (receipt.other !== nobody) asked.get(key)?.delete(receipt.other)
          here.add(key)
          if (!receipt.isComplete) return
          picker.finish(piece)
          done.add(piece)
        }
        const ask = (peer: number, room: number): void => {
          picker.pick(asker(peer, all), room, (piece, block) => {
            const key = `${piece}:${block}`
            expect(here.has(key)).toBe(false)
            const peers = asked.get(key) ?? new Set()
            expect(peers.has(peer)).toBe(false)
            peers.add(peer)
            expect(peers.size).toBeLessThanOrEqual(2)
            asked.set(key, peers)
          })
          askToo(picker, asker(peer, all), asked, here, room)
        }
        const heldBy = (peer: number): string[] => [...asked].filter(([, peers]) => peers.has(peer)).map(([key]) => key)
        for (const [peer, action, size] of steps) {
          const held = heldBy(peer)
          const key = held[size % Math.max(1, held.length)]
          if (action <= 1) ask(peer, size)
          else if (action <= 3 && key !== undefined) take(key, peer)
          else if (key !== undefined) {
            const [piece = 0, block = 0] = key.split(':').map(Number)
            asked.get(key)?.delete(peer)
            picker.lose(piece, block, peer)
          }
        }
        for (let round = 0; round < 200 && done.size < pieceCount; round++) {
          ask(0, 8)
          for (const key of heldBy(0)) take(key, 0)
          for (const peer of [1, 2, 3]) for (const key of heldBy(peer)) take(key, peer)
        }
        expect(done.size).toBe(pieceCount)
        expect(picker.wantsMore).toBe(false)
      },
    ),
    { numRuns: 150 },
  )
})

test('who has nothing left to start is not searched again until a piece is to be started anew', () => {
  const picker = makePicker(6)
  const few = new Uint8Array(1)
  setPiece(few, 2)
  picker.addPeer(few)
  const who = asker(1, few)
  expect(collect(picker, who, 2 * blocksPerPiece)).toHaveLength(blocksPerPiece)
  expect(who.isExhausted).toBe(true)
  const { restarts } = picker
  picker.restart(2)
  expect(picker.restarts).not.toBe(restarts)
  expect(collect(picker, asker(1, few), blocksPerPiece)).toHaveLength(blocksPerPiece)
})
