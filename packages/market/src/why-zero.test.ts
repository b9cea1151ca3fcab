import { btt, oneBtt, zeroBtt } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { emptySalesTally, type SalesTally, tallyEpoch } from './sales-tally.ts'
import { UploadMarket } from './upload-market.ts'
import { type SalesFacts, whyZero } from './why-zero.ts'

const ask = btt(2n * oneBtt)
const mib = 1 << 20

/** The tally of so many epochs of a real market in which peers did what `act` says. */
function tallyOf(epochs: number, act: (market: UploadMarket, nowMs: number) => void): SalesTally {
  const market = new UploadMarket({ capacity: { kind: 'limited', bytesPerSecond: mib }, askPerMiB: ask })
  let tally = emptySalesTally
  for (let second = 0; second < epochs; second++) {
    if (second === 0) act(market, 0)
    tally = tallyEpoch(tally, market.epoch(1000 * (second + 1)), ask)
  }
  return tally
}

function bidder(cap: bigint, paid: bigint) {
  return (market: UploadMarket, nowMs: number) => {
    market.addPeer(1, 'a', nowMs)
    market.setInterested(1, true)
    market.setUnchoked(1, true, nowMs)
    market.setBacklog(1, 16_384, nowMs)
    market.bindAccount(1, 'buyer', 16_384, nowMs)
    market.setAccount('buyer', { paid: btt(paid), billed: zeroBtt }, nowMs)
    market.noteQuote(1, ask, nowMs)
    market.setBid(1, { number: 1, spendRatePerSecond: btt(oneBtt / 8n), priceMaxPerMiB: btt(cap) }, nowMs)
  }
}

function facts(over: Partial<SalesFacts>): SalesFacts {
  return {
    isAsked: true,
    askPerMiB: ask,
    hasLedger: true,
    areBooksOpen: true,
    isSellable: true,
    incoming: 1,
    offered: 1,
    withoutLedger: 0,
    uncovered: 0,
    billed: zeroBtt,
    tally: emptySalesTally,
    ...over,
  }
}

const codes = (over: Partial<SalesFacts>): readonly string[] => whyZero(facts(over)).map(({ code }) => code)
const bare = (over: Partial<SalesFacts>) => whyZero(facts(over)).map(({ remedy: _, ...data }) => data)

describe('why 0', () => {
  it('names what is missing before any peer comes', () => {
    const over = {
      isAsked: false,
      hasLedger: false,
      areBooksOpen: false,
      isSellable: false,
      staleFeed: { seconds: 90 },
    }
    expect(codes(over)).toEqual([
      'no-ask',
      'no-ledger',
      'not-sellable',
      'books-closed',
      'feed-stale',
      'nobody-connected',
    ])
  })

  it('tells who came from who could not reach us', () => {
    expect(codes({ incoming: 0 })).toEqual(['nobody-connected', 'not-reachable'])
    const idle = tallyOf(2, (market, now) => market.addPeer(1, 'a', now))
    expect(bare({ incoming: 0, tally: idle })).toEqual([
      { code: 'nobody-interested', connectedMost: 1 },
      { code: 'not-reachable', connectedMost: 1 },
    ])
  })

  it('tells clients that do not pay from other ledgers, and from peers that did not bid', () => {
    const tally = tallyOf(2, (market, now) => {
      market.addPeer(1, 'a', now)
      market.setInterested(1, true)
    })
    expect(bare({ tally, offered: 0 })).toEqual([{ code: 'nobody-pays', interestedMost: 1 }])
    expect(bare({ tally, offered: 2, withoutLedger: 2 })).toEqual([
      { code: 'no-common-ledger', offered: 2, withoutLedger: 2 },
    ])
    expect(bare({ tally, offered: 3, withoutLedger: 1 })).toEqual([
      { code: 'no-common-ledger', offered: 3, withoutLedger: 1 },
      { code: 'nobody-bids', offered: 2 },
    ])
  })

  it('tells bids below the ask, with both prices', () => {
    expect(bare({ tally: tallyOf(3, bidder(oneBtt, oneBtt)) })).toEqual([
      { code: 'bids-below-ask', bidsMost: 1, askPerMiB: ask, highestCapPerMiB: oneBtt },
    ])
  })

  it('tells bids without money, and vouchers that nothing covers', () => {
    expect(bare({ tally: tallyOf(3, bidder(ask, 0n)), uncovered: 2 })).toEqual([
      { code: 'bids-without-money', bidsMost: 1, seconds: 3 },
      { code: 'not-covered', vouchers: 2 },
    ])
  })

  it('tells bids that sleep: a lone buyer has as much for nothing', () => {
    expect(bare({ tally: tallyOf(3, bidder(ask, 100n * oneBtt)) })).toEqual([
      { code: 'bids-asleep', bidsMost: 1, seconds: 3, usedPpm: 0 },
    ])
  })

  it('tells what was billed and not paid', () => {
    expect(bare({ tally: tallyOf(1, bidder(ask, 100n * oneBtt)), billed: btt(7n) }).at(-1)).toEqual({
      code: 'billed-not-paid',
      billed: 7n,
    })
  })

  it('has a remedy of one or two sentences for each', () => {
    for (const { remedy } of whyZero(facts({ isAsked: false, incoming: 0 }))) expect(remedy).toMatch(/^[A-Z].*\.$/)
  })
})
