import { seededRandom } from '@millrace/base'
import { expect, test } from 'vitest'
import { type ChokerPeer, rechoke, seedTurnBytes, seedTurnMilliseconds } from './choker.ts'

function peer(id: number, fields: Partial<ChokerPeer> = {}): ChokerPeer {
  return {
    peer: id,
    interested: true,
    unchoked: false,
    downloadRate: 0,
    turnBytes: 0,
    turnedAt: 0,
    snubbed: false,
    ...fields,
  }
}

const leeching = { slots: 3, seeding: false, now: 100_000, optimistic: undefined }

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
  const view = { peers, slots: 2, seeding: true, now: 100_000, optimistic: undefined }
  expect([...rechoke(view, seededRandom(1)).unchoked].sort()).toEqual([2, 4])
  expect([...rechoke({ ...view, slots: 4 }, seededRandom(1)).unchoked].sort()).toEqual([1, 2, 3, 4])
})
