import { blockBytes } from '@millrace/base'
import { expect, test } from 'vitest'
import {
  requestBurstMax,
  requestRoom,
  requestWindow,
  requestWindowMax,
  requestWindowMin,
  requestWindowSeconds,
  requestWindowStart,
} from './request-window.ts'

test('a known rate is asked for some seconds ahead, within what the peer keeps', () => {
  expect(requestWindow(undefined, undefined)).toBe(requestWindowStart)
  expect(requestWindow(10 * blockBytes, undefined)).toBe(10 * requestWindowSeconds + requestWindowMin)
  expect(requestWindow(0, undefined)).toBe(requestWindowMin)
  expect(requestWindow(1e12, undefined)).toBe(requestWindowMax)
  expect(requestWindow(1e12, 250)).toBe(250)
  expect(requestWindow(undefined, 16)).toBe(16)
  expect(requestWindow(0, 0)).toBe(1)
})

test('a window that grows at a stroke is asked for in bursts, and a large one is refilled in batches', () => {
  expect(requestRoom(requestWindowMax, 128)).toBe(requestBurstMax)
  expect(requestRoom(requestWindowMax, requestWindowMax - 100)).toBe(0)
  expect(requestRoom(requestWindowMax, requestWindowMax - 125)).toBe(125)
  expect(requestRoom(requestBurstMax, requestBurstMax - 1)).toBe(1)
  expect(requestRoom(4, 16)).toBeLessThan(0)
})
