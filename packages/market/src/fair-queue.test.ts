import { defined } from '@millrace/base'
import { expect, test } from 'vitest'
import { FairQueue, type Flow } from './fair-queue.ts'

const block = 16_384

function serveAll(queue: FairQueue, blocks: number, nowMs = 0): Map<number, number> {
  const bytes = new Map<number, number>()
  for (let i = 0; i < blocks; i++) {
    const flow = defined(queue.pick(nowMs), 'somebody with a block')
    if (queue.pickedPaid) queue.servedPaid(flow, block, nowMs)
    else queue.servedFree(flow, block)
    bytes.set(flow.peer, (bytes.get(flow.peer) ?? 0) + 1)
  }
  return bytes
}
function add(queue: FairQueue, peer: number, group: string, tier: 'free' | 'paid' = 'free', pace = 0): Flow {
  const flow = queue.add(peer, group)
  if (pace > 0) queue.setPace(flow, pace, 0)
  queue.place(flow, tier)
  return flow
}

test('the free class gives each address group the same, and each peer of a group', () => {
  const queue = new FairQueue(0.15)
  add(queue, 1, 'a')
  add(queue, 2, 'a')
  add(queue, 3, 'b')
  expect(serveAll(queue, 400)).toEqual(
    new Map([
      [1, 100],
      [2, 100],
      [3, 200],
    ]),
  )
})
test('a paid flow with more than its weight to send leaves the free class its share', () => {
  const queue = new FairQueue(0.15)
  add(queue, 1, 'a')
  add(queue, 2, 'b', 'paid', 1e12)
  const served = serveAll(queue, 2000, 1000)
  expect(served.get(1)).toBeGreaterThanOrEqual(299)
  expect(served.get(1)).toBeLessThanOrEqual(301)
})
test('a free share that moves is given from the next block on, whatever it was before', () => {
  for (const [from, to, expected] of [
    [0.15, 0.5, 500],
    [0.5, 0.15, 150],
    // Whose class had nothing of its own, or all, has not run into debts that the new share would first pay off.
    [0, 0.4, 400],
    [1, 0.4, 400],
  ] as const) {
    const queue = new FairQueue(from)
    add(queue, 1, 'a')
    add(queue, 2, 'b', 'paid', 1e12)
    serveAll(queue, 500, 1000)
    queue.setFreeShare(to)
    const free = serveAll(queue, 1000, 1000).get(1)
    expect(free, `${from} to ${to}`).toBeGreaterThanOrEqual(expected - 2)
    expect(free, `${from} to ${to}`).toBeLessThanOrEqual(expected + 2)
  }
})
test('a raised pace is felt at once: what is owed is owed in bytes, not in time', () => {
  const queue = new FairQueue(0.15)
  const flow = add(queue, 1, 'a', 'paid', 240)
  queue.servedPaid(flow, block, 0)
  expect(flow.nextMs).toBeCloseTo(68_267, 0)
  queue.setPace(flow, 240_000, 1000)
  expect(flow.nextMs - 1000).toBeCloseTo(67.267, 2)
})
test('an idle paid flow catches up a quarter of a second and no more', () => {
  const queue = new FairQueue(0.15)
  const flow = add(queue, 1, 'a', 'paid', 16 * block)
  const other = add(queue, 2, 'b')
  let paid = 0
  for (let i = 0; i < 100; i++) {
    const picked = queue.pick(10_000)
    if (queue.pickedPaid) {
      queue.servedPaid(flow, block, 10_000)
      paid++
    } else if (picked === other) queue.servedFree(other, block)
  }
  // 250 ms at 16 blocks a second, and the block of the present.
  expect(paid).toBe(5)
})
test('a group that waited for nothing does not collect service meanwhile', () => {
  const queue = new FairQueue(0.15)
  add(queue, 1, 'a')
  const late = add(queue, 2, 'b')
  queue.place(late, 'idle')
  serveAll(queue, 100)
  queue.place(late, 'free')
  const served = serveAll(queue, 20)
  expect(served.get(2)).toBeLessThanOrEqual(11)
})
test('paid service leads the free tag by H at most', () => {
  const queue = new FairQueue(0.15)
  queue.setFreeLevel(100_000)
  const flow = add(queue, 1, 'a', 'paid', 1e9)
  for (let i = 0; i < 1000; i++) queue.servedPaid(flow, block, i)
  expect(flow.tag - flow.group.virtual).toBe(100_000)
})
