import { blockBytes } from '@millrace/base'
import { expect, test } from 'vitest'
import {
  requestWindow,
  requestWindowMax,
  requestWindowMin,
  requestWindowSeconds,
  requestWindowStart,
} from './request-window.ts'

test('before a rate is known the window grows by one for each block that came', () => {
  expect(requestWindow(undefined, 0, undefined)).toBe(requestWindowStart)
  expect(requestWindow(undefined, 10 * blockBytes, undefined)).toBe(requestWindowStart + 10)
  expect(requestWindow(undefined, 2 ** 40, undefined)).toBe(requestWindowMax)
})

test('a known rate is asked for some seconds ahead, within what the peer keeps', () => {
  expect(requestWindow(10 * blockBytes, 2 ** 40, undefined)).toBe(10 * requestWindowSeconds + requestWindowMin)
  expect(requestWindow(0, 2 ** 40, undefined)).toBe(requestWindowMin)
  expect(requestWindow(1e12, 0, undefined)).toBe(requestWindowMax)
  expect(requestWindow(1e12, 0, 250)).toBe(250)
  expect(requestWindow(0, 0, 0)).toBe(1)
})
