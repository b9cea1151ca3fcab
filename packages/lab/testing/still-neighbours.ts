/** Neighbours of a peer at which nothing happens but what a test does: for chokers. */

import { DelayMeter } from '../src/delay-meter.ts'
import { Downlink } from '../src/downlink.ts'
import { EventQueue } from '../src/event-queue.ts'
import { Neighbour, type Owner } from '../src/neighbour.ts'
import { Turns } from '../src/turns.ts'

const events = new EventQueue()
const turns = new Turns(0, 0)

/** So many, with handles from 1 on, all interested. */
export function stillNeighbours(count: number): Neighbour[] {
  const self = owner(0)
  return Array.from({ length: count }, (_, i) => {
    const ours = end(i + 1, self, owner(i + 1))
    const theirs = end(1, ours.other, self)
    ours.tie(theirs)
    theirs.tie(ours)
    ours.isInterested = true
    return ours
  })
}

function end(id: number, self: Owner, other: Owner): Neighbour {
  const terms = { latencyMs: 10, blocksPerPiece: 8, requestsMax: 250, bitfield: new Uint8Array(1), nowMs: 0 }
  return new Neighbour({ ...terms, id, owner: self, other, addressGroup: `peer ${other.id}` })
}

function owner(id: number): Owner {
  return {
    id,
    classIndex: 0,
    downlink: new Downlink(1_000_000, events, turns, new DelayMeter()),
    turns,
    lengthOf: () => 16_384,
    onBlock() {},
    onRequest() {},
    onCancel() {},
    onChoke() {},
    onInterest() {},
    onHave() {},
    refresh() {},
  }
}
