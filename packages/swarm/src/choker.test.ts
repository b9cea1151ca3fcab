import { seededRandom } from '@millrace/base'
import { expect, test } from 'vitest'
import { type ChokerPeer, nextForFreeSlots, rechoke, seedTurnBytes, seedTurnMilliseconds } from './choker.ts'

function peer(id: number, fields: Partial<ChokerPeer> = {}): ChokerPeer {
  return {
    peer: id,
    addressGroup: `group ${id}`,
    interested: true,
    unchoked: false,
    downloadRate: 0,
    turnBytes: 0,
    turnedAt: 0,
    snubbed: false,
    ...fields,
  }
}

const leeching = { slots: 3, seeding: false, now: 100_000, optimistic: undefined, turnEnded: new Map<string, number>() }

test('while leeching the fastest uploaders are served, and one more by chance', () => {
  const peers = [1, 2, 3, 4, 5].map((id) => peer(id, { downloadRate: id * 1000 }))
  const { unchoked, optimistic } = rechoke({ ...leeching, peers }, seededRandom(3))
  expect(unchoked.has(5) && unchoked.has(4)).toBe(true)
  expect(unchoked.size).toBe(3)
  expect([1, 2, 3]).toContain(optimistic)
})

test('every waiting peer gets the optimistic slot sooner or later', () => {
  const peers = [1, 2, 3, 4, 5].map((id) => peer(id, { downloadRate: id * 1000 }))
  const random = seededRandom(5)
  const lucky = new Set(Array.from({ length: 50 }, () => rechoke({ ...leeching, peers }, random).optimistic))
  expect([...lucky].sort()).toEqual([1, 2, 3])
})

test('who snubs us or wants nothing is served only by the optimistic slot, or not at all', () => {
  const peers = [
    peer(1, { downloadRate: 9000, snubbed: true }),
    peer(2, { interested: false, downloadRate: 9000 }),
    peer(3),
  ]
  const { unchoked, optimistic } = rechoke({ ...leeching, peers }, seededRandom(1))
  expect([...unchoked].sort()).toEqual([1, 3])
  expect(optimistic).toBe(1)
})

test('a holder keeps the optimistic slot while its time lasts', () => {
  const peers = [1, 2, 3, 4, 5].map((id) => peer(id, { downloadRate: id * 1000 }))
  for (let seed = 0; seed < 20; seed++) {
    expect(rechoke({ ...leeching, peers, optimistic: 2 }, seededRandom(seed)).optimistic).toBe(2)
  }
})

test('while seeding a slot is kept until its turn is over, then goes to who waited longest', () => {
  const over = { unchoked: true, turnBytes: seedTurnBytes, turnedAt: 100_000 - seedTurnMilliseconds }
  const peers = [
    peer(1, over),
    peer(2, { unchoked: true, turnedAt: 90_000 }),
    peer(3, { turnedAt: 50 }),
    peer(4, { turnedAt: 10 }),
  ]
  const view = { ...leeching, peers, slots: 2, seeding: true }
  expect([...rechoke(view, seededRandom(1)).unchoked].sort()).toEqual([2, 4])
  expect([...rechoke({ ...view, slots: 4 }, seededRandom(1)).unchoked].sort()).toEqual([1, 2, 3, 4])
})

test('an empty slot goes to who waits, those first whose group has none', () => {
  const holder = (id: number, addressGroup: string, hasSlot: boolean) => ({
    id,
    addressGroup,
    hasSlot,
    isInterested: true,
  })
  const peers = [holder(1, 'a', true), holder(2, 'a', false), holder(3, 'a', false), holder(4, 'b', false)]
  expect(nextForFreeSlots(peers, 1)).toEqual([])
  expect(nextForFreeSlots(peers, 2).map(({ id }) => id)).toEqual([4])
  expect(nextForFreeSlots(peers, 3).map(({ id }) => id)).toEqual([4, 2])
  expect(nextForFreeSlots(peers, 9).map(({ id }) => id)).toEqual([4, 2, 3])
})

/** Rounds of ten seconds for who holds a slot among nine honest peers and one person with `identities`; its part of all. */
function slotPart(identities: number, seeding: boolean, returns: boolean): number {
  const random = seededRandom(identities)
  let ids = 100
  let peers = [
    ...Array.from({ length: identities }, () => peer(ids++, { addressGroup: 'one person' })),
    ...Array.from({ length: 9 }, (_, i) => peer(i, { downloadRate: seeding ? 0 : 1 + i })),
  ]
  const turnEnded = new Map<string, number>()
  let [mine, all] = [0, 0]
  let optimistic: number | undefined
  for (let now = 0; now < 6_000_000; now += 10_000) {
    const isOver = now % 30_000 === 0
    const view = { peers, slots: 3, seeding, now, optimistic: isOver ? undefined : optimistic, turnEnded }
    const decision = rechoke(view, random)
    optimistic = decision.optimistic
    peers = peers.map((it) => {
      const unchoked = decision.unchoked.has(it.peer)
      const isMine = it.addressGroup === 'one person'
      if (unchoked) all++
      if (unchoked && isMine) mine++
      if (it.unchoked && !unchoked) turnEnded.set(it.addressGroup, now)
      // Who lost its slot may come again under another name.
      if (returns && isMine && it.unchoked && !unchoked)
        return peer(ids++, { addressGroup: 'one person', turnedAt: now })
      const turnBytes = unchoked && it.unchoked ? it.turnBytes + seedTurnBytes / 4 : 0
      return { ...it, unchoked, turnBytes, turnedAt: unchoked === it.unchoked ? it.turnedAt : now }
    })
  }
  return mine / all
}

test.each([
  ['while seeding', true, false, 1 / 10],
  ['while seeding, by new names too', true, true, 1 / 10],
  // Of three slots one is given by chance, to one of eight.
  ['while leeching', false, false, 1 / 24],
])('more identities in one address group get no more turns %s', (_, seeding, returns, fair) => {
  for (const identities of [1, 2, 8, 64]) {
    const part = slotPart(identities, seeding, returns)
    expect(part).toBeGreaterThan(0.7 * fair)
    expect(part).toBeLessThan(1.3 * fair)
  }
})
