import { blockBytes } from '@millrace/base'
import { expect, test } from 'vitest'
import {
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
