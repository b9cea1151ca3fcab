import { expect, test } from 'vitest'
import { AskedBlocks } from './asked-blocks.ts'
import { rateKnownMilliseconds, speedOf } from './peer-speed.ts'
import { RateMeter } from './rate-meter.ts'

function sender(owed: number, { lastBlockAt = 0, pace = 0 } = {}) {
  const outstanding = new AskedBlocks()
  for (let key = 0; key < owed; key++) outstanding.add(key)
  return { id: 1, outstanding, download: new RateMeter(0), lastBlockAt, pace }
}

test('a peer that owes nothing is as fast as it was when it did', () => {
  expect(speedOf(sender(0, { pace: 5_000 }), 60_000)).toBe(5_000)
  expect(speedOf(sender(1, { pace: 5_000, lastBlockAt: 60_000 }), 60_000 + rateKnownMilliseconds - 1)).toBe(5_000)
})

test('one that owes and sends nothing has no speed, whatever it was', () => {
  expect(speedOf(sender(1, { pace: 5_000 }), rateKnownMilliseconds)).toBeUndefined()
  expect(speedOf(sender(0), 60_000)).toBeUndefined()
})
