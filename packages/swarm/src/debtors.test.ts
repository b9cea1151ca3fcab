import { expect, test } from 'vitest'
import { AskedBlocks } from './asked-blocks.ts'
import { Debtors, debtorOf, searchAgainMs } from './debtors.ts'
import { rateKnownMilliseconds, type Sender } from './peer-speed.ts'
import { RateMeter } from './rate-meter.ts'

function sender(owed: number, id = 1): Sender & { readonly download: RateMeter } {
  const outstanding = new AskedBlocks()
  for (let key = 0; key < owed; key++) outstanding.add(key)
  return { id, outstanding, download: new RateMeter(0), lastBlockAt: 0, pace: 0 }
}

test('a debtor is one that has had the time to send', () => {
  expect(debtorOf(sender(0), 60_000)).toBeUndefined()
  expect(debtorOf(sender(2), rateKnownMilliseconds - 1)).toBeUndefined()
  expect(debtorOf(sender(2), rateKnownMilliseconds)?.bytesPerSecond).toBe(0)
  const sending = sender(2)
  sending.download.add(9_000, 2_900)
  expect(debtorOf(sending, 3_000)?.bytesPerSecond).toBe(3_000)
})

test('debtors are those that owe blocks, the slowest to send them all first, and are looked at anew after a while', () => {
  const peers = [3, 0, 9].map((owed, id) => sender(owed, id))
  for (const { download } of peers) download.add(1_000, 900)
  const debtors = new Debtors()
  const ids = (now: number): number[] => [...debtors.at(now, () => peers).keys()]
  expect(ids(1_000)).toEqual([2, 0])
  peers[1]?.outstanding.add(7)
  peers[2]?.outstanding.clear()
  expect(ids(999 + searchAgainMs)).toEqual([2, 0])
  expect(ids(1_000 + searchAgainMs)).toEqual([0, 1])
})
