import { blockBytes, btt } from '@millrace/base'
import { expect, test } from 'vitest'
import { UploadMarket } from './upload-market.ts'

const mib = 1_048_576
const ask = btt(64_000n) // 1,000 base units a block

function seller(capacity = 8 * mib): UploadMarket {
  return new UploadMarket({
    capacity: { kind: 'limited', bytesPerSecond: capacity },
    askPerMiB: ask,
    wakePpm: 0,
    sleepPpm: 0,
  })
}
function addBuyer(market: UploadMarket, peer: number, account: string, spend: bigint, paid: bigint): void {
  market.addPeer(peer, `group ${peer}`, 0)
  market.setUnchoked(peer, true, 0)
  market.setBacklog(peer, blockBytes, 0)
  market.bindAccount(peer, account, blockBytes, 0)
  market.noteQuote(peer, market.pricePerMiB, 0)
  market.setBid(peer, { number: 1, spendRatePerSecond: btt(spend), priceMaxPerMiB: btt(10n ** 9n) }, 0)
  if (paid > 0n) market.setPaid(account, btt(paid), 0)
}
/** Serves what the link lets go until `toMs`; returns what was billed. */
function serve(market: UploadMarket, fromMs: number, toMs: number): bigint {
  let billed = 0n
  for (let now = fromMs; now < toMs; now++) {
    for (let peer = market.choose(now); peer >= 0; peer = market.choose(now))
      billed += market.served(peer, blockBytes, now)
  }
  return billed
}

test('without an ask everybody is in the free class and nothing is billed', () => {
  const market = new UploadMarket({ capacity: { kind: 'limited', bytesPerSecond: mib }, askPerMiB: undefined })
  for (const peer of [1, 2]) {
    market.addPeer(peer, `group ${peer}`, 0)
    market.setBacklog(peer, blockBytes, 0)
  }
  market.setUnchoked(1, true, 0)
  expect(market.choose(0)).toBe(1)
  expect(market.served(1, blockBytes, 0)).toBe(0n)
  market.setBacklog(1, 0, 0)
  // Nobody unchoked wants bytes: whoever asks is served.
  expect(market.choose(0)).toBe(2)
})
test('a free share that moves is what the free class gets while buyers want more, and what they get follows', () => {
  const capacity = 8 * mib
  const market = seller(capacity)
  addBuyer(market, 1, 'a', 10n ** 12n, 10n ** 15n)
  market.addPeer(2, 'free', 0)
  market.setUnchoked(2, true, 0)
  market.setBacklog(2, blockBytes, 0)
  let free = 0
  const second = (toMs: number): number => {
    serve(market, toMs - 1000, toMs)
    market.epoch(toMs)
    const before = free
    free = market.peerView(2).freeBytes
    return (free - before) / capacity
  }
  for (const [ppm, fromMs] of [
    [150_000, 0],
    [400_000, 10_000],
    [0, 20_000],
    [250_000, 30_000],
  ] as const) {
    if (fromMs > 0) market.setFreeShare(ppm)
    expect(market.freeSharePpm).toBe(ppm)
    // The first seconds fill the books of the epoch before.
    for (let s = 1; s <= 3; s++) second(fromMs + s * 1000)
    for (let s = 4; s <= 10; s++) expect(second(fromMs + s * 1000), `${ppm} ppm`).toBeCloseTo(ppm / 1e6, 2)
    expect(market.peerView(1).share / capacity).toBeCloseTo(1 - ppm / 1e6, 2)
  }
  expect(() => market.setFreeShare(1_000_001)).toThrow(/a free share/)
})
test('a limited link says when a block may leave again', () => {
  const market = seller(blockBytes)
  expect(market.retryAtMs(0)).toBe(Number.POSITIVE_INFINITY)
  market.addPeer(1, 'a', 0)
  market.setBacklog(1, blockBytes, 0)
  for (let block = 0; block < 2; block++) market.served(market.choose(0), blockBytes, 0)
  expect(market.choose(0)).toBe(-1)
  const at = market.retryAtMs(0)
  expect(at).toBeGreaterThan(0)
  expect(market.choose(at - 0.5)).toBe(-1)
  expect(market.choose(at)).toBe(1)
})
test('the bill uses the last quote while the price is above it, and the price once that is below', () => {
  const market = seller()
  addBuyer(market, 1, 'a', 10_000_000n, 10n ** 9n)
  addBuyer(market, 2, 'b', 10_000_000n, 10n ** 9n)
  for (let now = 1000; now <= 8000; now += 1000) {
    serve(market, now - 1000, now)
    market.epoch(now)
  }
  expect(market.pricePerMiB).toBeGreaterThan(2n * ask)
  expect(market.peerView(1).billPricePerMiB).toBe(ask)
  market.noteQuote(1, market.pricePerMiB, 8000)
  expect(market.peerView(1).billPricePerMiB).toBe(market.pricePerMiB)
  market.setBid(2, undefined, 8000)
  market.epoch(8001)
  expect(market.peerView(1).billPricePerMiB).toBe(market.pricePerMiB)
})
test('billing stops when the credit is used up and the peer is served in the free class', () => {
  const market = seller()
  addBuyer(market, 1, 'a', 640_000_000n, 80_000n)
  let billed = 0n
  for (let now = 1000; now <= 8000; now += 1000) {
    market.epoch(now)
    billed += serve(market, now, now + 1000)
  }
  // L + L/8 pays for 90 blocks at 1,000 a block.
  expect(billed).toBe(90_000n)
  expect(market.account('a').billed).toBe(90_000n)
  expect(market.account('a').available).toBe(0n)
  expect(market.peerView(1).freeBytes).toBeGreaterThan(0)
})
test('statements are due at a quarter of the credit and once a second while it bills', () => {
  const market = seller()
  addBuyer(market, 1, 'a', 640_000n, 8_000_000n)
  market.epoch(1000)
  expect(market.statementsDue(1000)).toEqual([])
  serve(market, 1000, 1100)
  expect(market.statementsDue(1100)).toEqual(['a'])
  market.noteStatement('a', 1100)
  serve(market, 1100, 1200)
  expect(market.statementsDue(1200)).toEqual([])
  expect(market.statementsDue(2100)).toEqual(['a'])
})
test('an account that is forgotten is owed no statement, and one of its name starts anew', () => {
  const market = seller()
  addBuyer(market, 1, 'a', 640_000n, 8_000_000n)
  market.epoch(1000)
  serve(market, 1000, 1100)
  expect(market.account('a').unstated).toBeGreaterThan(0n)
  market.removePeer(1, 1100)
  market.dropAccount('a')
  expect(market.statementsDue(1100)).toEqual([])
  addBuyer(market, 2, 'a', 640_000n, 8_000_000n)
  market.epoch(2000)
  serve(market, 2000, 2100)
  expect(market.statementsDue(2100)).toEqual(['a'])
})
test('a cut bid counts at once, a withdrawn one bills nothing more', () => {
  const market = seller()
  addBuyer(market, 1, 'a', 6_400_000n, 10n ** 9n)
  market.epoch(1000)
  const { share } = market.peerView(1)
  market.setBid(1, { number: 2, spendRatePerSecond: btt(64_000n / 8n), priceMaxPerMiB: btt(10n ** 9n) }, 1000)
  expect(share).toBeGreaterThan(mib / 8)
  expect(market.peerView(1).share).toBe(mib / 8)
  market.setBid(1, undefined, 1000)
  expect(serve(market, 1000, 2000)).toBe(0n)
})
test('a measured link grows to what it sends, so one buyer is soon paced at the speed of the line', () => {
  const market = new UploadMarket({
    capacity: { kind: 'measured', startBytesPerSecond: 16 * mib },
    askPerMiB: ask,
    freeSharePpm: 20_000,
    wakePpm: 0,
    sleepPpm: 0,
  })
  addBuyer(market, 1, 'a', 10n ** 12n, 64_000n * 100_000n)
  const line = 600 * mib
  for (let now = 0; now < 5000; now += 10) {
    if (now > 0 && now % 1000 === 0) market.epoch(now)
    for (let sent = 0; sent < line / 100; sent += blockBytes) market.served(market.choose(now), blockBytes, now)
  }
  expect(market.capacity).toBeGreaterThan(0.99 * line)
  expect(market.peerView(1).share).toBeGreaterThan(500 * mib)
  const { paidBytes } = market.peerView(1)
  for (let sent = 0; sent < line; sent += blockBytes)
    market.served(1, market.choose(5000 + (sent / line) * 1000) * blockBytes, 5000 + (sent / line) * 1000)
  expect((market.peerView(1).paidBytes - paidBytes) / line).toBeGreaterThan(0.95)
})
test('an interested peer is named when nobody who may be served wants bytes', () => {
  const market = seller()
  market.addPeer(7, 'a', 0)
  expect(market.starvedPeer()).toBe(-1)
  market.setInterested(7, true)
  expect(market.starvedPeer()).toBe(7)
  market.setUnchoked(7, true, 0)
  expect(market.starvedPeer()).toBe(-1)
})

test('room that nobody was cleared for paces a bid above the demand that was guessed', () => {
  const market = seller()
  addBuyer(market, 1, 'a', 10n ** 9n, 10n ** 9n)
  market.epoch(1000)
  expect(market.peerView(1).share).toBe(mib / 4) // C/32
  serve(market, 1000, 2000)
  expect(market.peerView(1).paidBytes).toBeGreaterThan(0.84 * 8 * mib)
})
test('paces never sum above the paid class: a bid with spare money takes nothing from one that was cleared', () => {
  const market = seller()
  addBuyer(market, 1, 'a', 3n * 10n ** 9n, 10n ** 12n)
  addBuyer(market, 2, 'b', 10n ** 9n, 10n ** 12n)
  for (let now = 1000; now <= 8000; now += 1000) {
    serve(market, now - 1000, now)
    market.epoch(now)
  }
  const before = [1, 2].map((peer) => market.peerView(peer).paidBytes)
  serve(market, 8000, 12_000)
  const [rich = 0, poor = 0] = [1, 2].map((peer, i) => market.peerView(peer).paidBytes - (before[i] ?? 0))
  expect(rich / poor).toBeCloseTo(3, 1)
})
test('a payment that wakes a silent bid is heard within a tenth of a second, also right after an epoch', () => {
  const market = seller()
  addBuyer(market, 1, 'a', 10n ** 9n, 0n)
  market.epoch(1000)
  market.setPaid('a', btt(10n ** 9n), 1010)
  market.choose(1099)
  expect(market.peerView(1).share).toBe(0)
  market.choose(1100)
  expect(market.peerView(1).share).toBeGreaterThan(0)
})
test('who sells nothing for now serves all for nothing, keeps the bids, and hears them again at the new ask', () => {
  const market = seller()
  addBuyer(market, 1, 'a', 64_000n * 4n, 10n ** 9n)
  market.epoch(1_000)
  expect(market.peerView(1).awake).toBe(true)
  expect(serve(market, 1_000, 2_000)).toBeGreaterThan(0n)
  market.setAsk(undefined, 2_000)
  expect(market.askPerMiB).toBeUndefined()
  const { freeBytes, paidBytes } = market.peerView(1)
  expect(serve(market, 2_000, 3_000)).toBe(0n)
  market.epoch(3_000)
  expect(serve(market, 3_000, 4_000)).toBe(0n)
  // The whole link, free of charge, and the bid is still known.
  const free = market.peerView(1)
  expect(free.freeBytes - freeBytes).toBeGreaterThan(2 * 8 * mib * 0.99)
  expect([free.paidBytes, free.entitled, free.bid?.number]).toEqual([paidBytes, false, 1])
  market.setAsk(btt(128_000n), 4_000)
  expect([market.pricePerMiB, market.peerView(1).awake]).toEqual([128_000n, true])
  expect(serve(market, 4_000, 5_000)).toBeGreaterThan(0n)
})
test('a dearer ask bills at the old quote until the new one has left, and a bid below it buys nothing', () => {
  const market = seller()
  addBuyer(market, 1, 'a', 64_000n * 4n, 10n ** 9n)
  market.epoch(1_000)
  market.setAsk(btt(128_000n), 1_000)
  expect([market.pricePerMiB, market.peerView(1).billPricePerMiB]).toEqual([128_000n, ask])
  market.noteQuote(1, market.pricePerMiB, 1_001)
  expect(market.peerView(1).billPricePerMiB).toBe(128_000n)
  market.setAsk(btt(10n ** 9n + 1n), 1_002)
  expect(market.peerView(1)).toMatchObject({ awake: false, share: 0 })
  expect(serve(market, 1_002, 2_000)).toBe(0n)
})
test('a stranger with a bid is billed for no trial while nothing is sold', () => {
  const market = seller()
  addBuyer(market, 1, 'a', 64_000n * 4n, 0n)
  market.setAsk(undefined, 0)
  market.setBid(1, { number: 2, spendRatePerSecond: btt(64_000n), priceMaxPerMiB: btt(10n ** 9n) }, 0)
  expect(serve(market, 0, 1_000)).toBe(0n)
  market.setAsk(ask, 1_000)
  expect(serve(market, 1_000, 2_000)).toBeGreaterThan(0n)
})

test('a stranger that paid less ahead than a block costs is billed for its trial, and pays its way from there', () => {
  const market = seller(mib)
  addBuyer(market, 1, 'a', 64_000n, 500n)
  addBuyer(market, 2, 'b', 0n, 0n)
  market.epoch(1_000)
  expect(serve(market, 1_000, 3_000)).toBeGreaterThanOrEqual(1_000n)
  const { billed } = market.account('a')
  // The trial is all it gets so.
  for (let second = 3; second < 9; second++) {
    market.epoch(1_000 * second)
    serve(market, 1_000 * second, 1_000 * (second + 1))
  }
  expect(market.account('a').billed).toBeLessThanOrEqual(64_000n)
  market.setPaid('a', btt(billed + 8_000n), 9_000)
  market.epoch(9_000)
  serve(market, 9_000, 10_000)
  expect(market.account('a').billed).toBeGreaterThan(billed)
})
