/** What every PriceFeed of node must do: say the price to its last digit, how old it is, or in one class of error that it has none. */

import { type ExchangeRate, parseExchangeRate } from '@millrace/market'
import { FeedError, type PriceFeed } from '@millrace/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** A source of a price, and the feed that reads it. */
export interface FeedSource {
  /** `price` is what the source says from the start. */
  readonly feed: PriceFeed
  /** Absent from a constant, whose price never moves and never fails. */
  readonly moving?: {
    /** Says another price that is so old. */
    publish(price: string, ageSeconds: number): Promise<void>
    /** From then on there is none; `publish` ends that. */
    fail(): Promise<void>
  }
  remove(): Promise<void>
}

/** More digits than a double holds. */
export const price = '0.000001234567890123'
/** What one block or one second of a header may add to an age. */
const ageSlackSeconds = 5

export function priceFeedCompliance(
  name: string,
  kind: 'constant' | 'moving',
  create: () => Promise<FeedSource>,
): void {
  describe(`the PriceFeed of ${name}`, () => {
    let source: FeedSource
    const read = () => source.feed.read(new AbortController().signal)
    beforeEach(async () => {
      source = await create()
    })
    afterEach(() => source.remove())

    it('says the price to its last digit, each time it is asked', async () => {
      const [first, second] = [await read(), await read()]
      expect([first.rate, second.rate]).toEqual([rateOf(price), rateOf(price)])
      expect(first.ageMs).toBeGreaterThanOrEqual(0)
      expect(first.ageMs).toBeLessThanOrEqual(ageSlackSeconds * 1000)
    })

    it('has a name without a secret', () => {
      expect(source.feed.name.length).toBeGreaterThan(0)
      expect(source.feed.name).not.toContain('secret')
    })

    it('answers two questions at once', async () => {
      const rates = (await Promise.all([read(), read()])).map(({ rate }) => rate)
      expect(rates).toEqual([rateOf(price), rateOf(price)])
    })

    it('broken off, it ends with a price or with its error', async () => {
      const [outcome] = await Promise.allSettled([source.feed.read(AbortSignal.abort())])
      if (outcome?.status === 'rejected') expect(outcome.reason).toBeInstanceOf(FeedError)
      else expect(outcome?.value.rate).toBe(rateOf(price))
    })

    if (kind === 'moving') moving(() => source)
  })
}

function moving(current: () => FeedSource): void {
  const read = () => current().feed.read(new AbortController().signal)

  it('follows its source, and says how old the price is', async () => {
    await current().moving?.publish('0.0000025', 120)
    const { rate, ageMs } = await read()
    expect(rate).toBe(rateOf('0.0000025'))
    expect(ageMs / 1000).toBeGreaterThanOrEqual(120 - ageSlackSeconds)
    expect(ageMs / 1000).toBeLessThanOrEqual(120 + ageSlackSeconds)
  })

  it('says that it has no price while its source has none, and goes on after that', async () => {
    await current().moving?.fail()
    await expect(read()).rejects.toBeInstanceOf(FeedError)
    await current().moving?.publish('0.000003', 0)
    expect((await read()).rate).toBe(rateOf('0.000003'))
  })
}

function rateOf(text: string): ExchangeRate {
  const rate = parseExchangeRate(text)
  if (!rate.ok) throw new Error(rate.error)
  return rate.value
}
