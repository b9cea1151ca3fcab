import { expect, test } from 'vitest'
import { RequestQueue, requestQueueLengthMax } from './request-queue.ts'

test('requests leave in the order they came, across the end of the ring', () => {
  const queue = new RequestQueue()
  for (let lap = 0; lap < 3; lap++) {
    for (let piece = 0; piece < 1500; piece++) expect(queue.push(piece, lap, 16_384)).toBe(true)
    for (let piece = 0; piece < 1500; piece++) {
      expect([queue.piece, queue.begin, queue.length]).toEqual([piece, lap, 16_384])
      queue.shift()
    }
  }
  expect(queue.size).toBe(0)
  expect(queue.length).toBe(0)
})

test('a full queue takes no more', () => {
  const queue = new RequestQueue()
  for (let piece = 0; piece < requestQueueLengthMax; piece++) queue.push(piece, 0, 1)
  expect(queue.push(1, 0, 1)).toBe(false)
})

test('a cancelled request is gone and the others keep their order', () => {
  const queue = new RequestQueue()
  for (const piece of [1, 2, 3]) queue.push(piece, 0, 9)
  expect(queue.remove(2, 0, 9)).toBe(true)
  expect(queue.remove(2, 0, 9)).toBe(false)
  const left: number[] = []
  queue.clear((piece) => left.push(piece))
  expect(left).toEqual([1, 3])
})
