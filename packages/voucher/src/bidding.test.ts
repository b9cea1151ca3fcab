import { btt } from '@millrace/base'
import { rejectCodes } from '@millrace/wire'
import { expect, test } from 'vitest'
import { bidPeriodMs, nextBid, noBids, onEcho, onRefusal, onSent } from './bidding.ts'

test('a bid that was refused goes out again when the echo of the one before shows what the seller holds', () => {
  const bid = (number: number, spend: bigint) => ({
    number,
    spendRatePerSecond: btt(spend),
    priceMaxPerMiB: btt(9n),
  })
  const want = bid(0, 1n)
  const quoted = { ...noBids, quote: { pricePerMiB: btt(5n), endsAtMs: 1e6 } }
  const first = onEcho(onSent(quoted, bid(1, 1n), 0), 1)
  // The second is taken and not echoed yet when the third, which says what the first did, comes too early.
  const third = onSent(onSent(first, bid(2, 7n), bidPeriodMs), bid(3, 1n), 2 * bidPeriodMs)
  const refused = onRefusal(third, rejectCodes.rateLimit)
  const echoed = onEcho(refused, 2)
  expect(echoed.counted?.spendRatePerSecond).toBe(7n)
  expect(nextBid(echoed, want, 4 * bidPeriodMs)).toMatchObject({ number: 4, spendRatePerSecond: 1n })
})
