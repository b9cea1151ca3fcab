import { expect, test } from 'vitest'
import { PeerSpeed, rateKnownMs, searchAgainMs } from './peer-speed.ts'
import { RateMeter } from './rate-meter.ts'

function peer() {
  const meter = new RateMeter(0)
  const speed = new PeerSpeed(meter)
  /** A spell in which `bytes` come within `ms`, which are all that it owed. */
  const send = (from: number, bytes: number, ms: number): void => {
    speed.begin(from)
    meter.add(bytes, from + ms)
    speed.onBlock(from + ms, false)
  }
  return { meter, speed, send }
}

test('a peer that owes nothing is as fast as it was when it did, however long it was idle before and after', () => {
  const { speed, send } = peer()
  send(60_000, 50_000, 500)
  expect(speed.at(60_500, false)).toBe(100_000)
  expect(speed.at(600_000, false)).toBe(100_000)
})

test('a short spell proves no more than its bytes in a quarter of a second', () => {
  const { speed, send } = peer()
  send(60_000, 16_384, 5)
  expect(speed.at(60_005, false)).toBe(65_536)
})

test('what it was is believed for a second of the next spell, then what came in it, then the last seconds', () => {
  const { meter, speed, send } = peer()
  send(10_000, 50_000, 500)
  speed.begin(20_000)
  expect(speed.at(20_000 + rateKnownMs - 1, true)).toBe(100_000)
  meter.add(3_000, 21_000)
  speed.onBlock(21_000, true)
  expect(speed.at(21_500, true)).toBe(2_000)
  expect(speed.at(30_000, true)).toBeUndefined()
  meter.add(7_000, 30_000)
  expect(speed.at(30_000, true)).toBe(meter.bytesPerSecond(30_000))
})

test('who lost blocks for its silence has no speed and helps nobody, each time twice as long, until it sends one', () => {
  const { speed, send } = peer()
  send(0, 50_000, 500)
  speed.onLoss(1_000)
  speed.onLoss(1_001)
  expect(speed.at(1_001, false)).toBeUndefined()
  expect([2_999, 3_000].map((now) => speed.mayHelp(now))).toEqual([false, true])
  speed.onLoss(3_000)
  expect([6_999, 7_000].map((now) => speed.mayHelp(now))).toEqual([false, true])
  speed.onLoss(7_000)
  speed.onBlock(7_100, true)
  expect(speed.mayHelp(7_100)).toBe(true)
  speed.onSearch(8_000)
  expect([7_999 + searchAgainMs, 8_000 + searchAgainMs].map((now) => speed.mayHelp(now))).toEqual([false, true])
})
