import { btt } from '@millrace/base'
import type { Account } from '@millrace/voucher'
import { expect, test } from 'vitest'
import { UntriedSellers } from './untried-sellers.ts'

const one: Account = `0x${'01'.repeat(20)}`
const two: Account = `0x${'02'.repeat(20)}`
const three: Account = `0x${'03'.repeat(20)}`

test('untried sellers share one ceiling, and who was tried gives its part back', () => {
  const untried = new UntriedSellers(btt(100n))
  untried.promise(one, btt(60n))
  expect(untried.roomFor(one)).toBe(40n)
  expect(untried.roomFor(two)).toBe(40n)
  untried.promise(two, btt(40n))
  expect(untried.roomFor(three)).toBe(0n)
  untried.release(two, btt(10n))
  expect(untried.roomFor(three)).toBe(10n)
  untried.tried(one)
  expect(untried.roomFor(one)).toBeUndefined()
  expect(untried.roomFor(three)).toBe(70n)
  // A tried seller's bill decides: what it gets is not counted here.
  untried.promise(one, btt(1_000n))
  expect(untried.roomFor(three)).toBe(70n)
})
