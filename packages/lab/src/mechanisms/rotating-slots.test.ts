import { seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { stillNeighbours } from '../../testing/still-neighbours.ts'
import type { Neighbour } from '../neighbour.ts'
import { OpenChoker } from './open-choker.ts'
import { RotatingSlots } from './rotating-slots.ts'

const slots = 4
const roundMs = 10_000

function slotsFor(isMember?: (neighbour: Neighbour) => boolean): RotatingSlots {
  const gate = new OpenChoker({ isEntitled: () => false, onSlot() {}, onChoke() {} }, () => true)
  return new RotatingSlots({ slots, random: seededRandom(7), gate, ...(isMember === undefined ? {} : { isMember }) })
}

function holders(neighbours: readonly Neighbour[]): number[] {
  return neighbours.filter(({ weChoke }) => !weChoke).map(({ id }) => id)
}

describe('slots that go round', () => {
  it('one changes hands in each round, the oldest first, and all come to have one', () => {
    const neighbours = stillNeighbours(12)
    const choker = slotsFor()
    const seen = new Set<number>()
    let before: number[] = []
    for (let round = 0; round < 100; round++) {
      choker.tick(neighbours, true, round * roundMs)
      const now = holders(neighbours)
      expect(now).toHaveLength(slots)
      if (round > 0) expect(now.filter((id) => !before.includes(id)).length).toBeLessThanOrEqual(1)
      for (const id of now) seen.add(id)
      before = now
    }
    expect(seen.size).toBe(12)
  })

  it('nobody loses a slot while nobody waits for one', () => {
    const neighbours = stillNeighbours(slots)
    const choker = slotsFor()
    for (let round = 0; round < 5; round++) choker.tick(neighbours, true, round * roundMs)
    expect(holders(neighbours)).toEqual([1, 2, 3, 4])
    expect(neighbours.map(({ turnedAt }) => turnedAt)).toEqual([0, 0, 0, 0])
  })

  it('a slot of who is interested no more goes to another at once', () => {
    const neighbours = stillNeighbours(6)
    const choker = slotsFor()
    choker.tick(neighbours, true, 0)
    const [first] = neighbours.filter(({ weChoke }) => !weChoke)
    if (first !== undefined) first.isInterested = false
    choker.fillFree(neighbours, 1_000)
    expect(neighbours.filter((it) => it.isInterested && !it.weChoke)).toHaveLength(slots)
  })

  it('who is no member is left as it is', () => {
    const neighbours = stillNeighbours(10)
    slotsFor(({ id }) => id > 5).tick(neighbours, true, 0)
    expect(holders(neighbours).every((id) => id > 5)).toBe(true)
    expect(holders(neighbours)).toHaveLength(slots)
  })
})
