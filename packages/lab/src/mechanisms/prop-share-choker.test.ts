import { seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { stillNeighbours } from '../../testing/still-neighbours.ts'
import type { AgentView, ChokerEvents } from '../behaviour.ts'
import type { Neighbour } from '../neighbour.ts'
import { PropShareChoker } from './prop-share-choker.ts'
import { WeightedTurns } from './weighted-turns.ts'

const block = 16_384
const slots = 3
const silent: ChokerEvents = { isEntitled: () => false, onSlot() {}, onChoke() {} }

function chokerOf(neighbours: readonly Neighbour[]): { choker: PropShareChoker; turns: WeightedTurns } {
  const turns = new WeightedTurns()
  for (const { id } of neighbours) turns.add(id)
  const agent: Pick<AgentView, 'unchokeSlots' | 'random'> = { unchokeSlots: slots, random: seededRandom(1) }
  return { choker: new PropShareChoker(agent, silent, turns), turns }
}

/** Of so many blocks, those that each unchoked neighbour has. */
function served(neighbours: readonly Neighbour[], turns: WeightedTurns, blocks: number): number[] {
  const unchoked = neighbours.filter(({ weChoke }) => !weChoke).map(({ id }) => id)
  const had = neighbours.map(() => 0)
  for (let i = 0; i < blocks; i++) {
    const peer = turns.next(unchoked)
    turns.served(peer, block)
    had[peer - 1] = (had[peer - 1] ?? 0) + 1
  }
  return had
}

describe('the choker of PropShare', () => {
  it('serves those who gave in the last round as they gave, and one stranger with a fifth', () => {
    const neighbours = stillNeighbours(6)
    const { choker, turns } = chokerOf(neighbours)
    choker.tick(neighbours, false, 0)
    neighbours[0]?.download.add(30 * block, 5_000)
    neighbours[1]?.download.add(10 * block, 5_000)
    choker.tick(neighbours, false, 10_000)
    const [first = 0, second = 0, ...strangers] = served(neighbours, turns, 1_000)
    expect(first).toBeGreaterThanOrEqual(598)
    expect(first).toBeLessThanOrEqual(602)
    expect(second).toBeGreaterThanOrEqual(198)
    expect(second).toBeLessThanOrEqual(202)
    expect(strangers.filter((blocks) => blocks > 0)).toHaveLength(1)
  })

  it('forgets what was given before the last round', () => {
    const neighbours = stillNeighbours(2)
    const { choker, turns } = chokerOf(neighbours)
    neighbours[0]?.download.add(1_000 * block, 1_000)
    choker.tick(neighbours, false, 10_000)
    neighbours[1]?.download.add(block, 15_000)
    choker.tick(neighbours, false, 20_000)
    // The first is the stranger now.
    expect(served(neighbours, turns, 100)).toEqual([20, 80])
  })

  it('tries as many strangers as slots while nobody gave anything', () => {
    const neighbours = stillNeighbours(8)
    const { choker } = chokerOf(neighbours)
    choker.tick(neighbours, false, 0)
    expect(neighbours.filter(({ weChoke }) => !weChoke)).toHaveLength(slots)
  })
})
