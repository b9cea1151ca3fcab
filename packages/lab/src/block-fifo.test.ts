import { expect, test } from 'vitest'
import { BlockFifo } from './block-fifo.ts'

test('blocks leave in the order they came, over many turns of the ring', () => {
  const fifo = new BlockFifo()
  const seen: number[] = []
  for (let key = 0; key < 1_000; key++) {
    fifo.push(key, key / 2)
    if (key % 3 !== 0) continue
    expect(fifo.timeMs).toBe(fifo.key / 2)
    seen.push(fifo.key)
    fifo.shift()
  }
  while (fifo.size > 0) {
    seen.push(fifo.key)
    fifo.shift()
  }
  expect(seen).toEqual([...Array(1_000).keys()])
  expect([fifo.key, fifo.timeMs]).toEqual([-1, Number.POSITIVE_INFINITY])
})

test('a block is taken out of the middle, and only once', () => {
  const fifo = new BlockFifo()
  for (const key of [7, 8, 9]) fifo.push(key, 0)
  expect(fifo.remove(8)).toBe(true)
  expect(fifo.remove(8)).toBe(false)
  expect(fifo.clear()).toEqual([7, 9])
  expect(fifo.size).toBe(0)
})
