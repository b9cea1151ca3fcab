import { describe, expect, it } from 'vitest'
import { type ExchangeRate, parseExchangeRate } from './exchange-rate.ts'
import { type Consensus, consensusOf, faultyFeedsMax } from './feed-consensus.ts'
import { openStableAsk, quotedAsk, type StableAskState, type StableAskTerms, stepStableAsk } from './stable-ask.ts'
import type { UnitAsk } from './unit-ask.ts'

const ask: UnitAsk = { amount: 10n ** 18n, unit: 'USD', per: 'MiB' }
const one: StableAskTerms = { feeds: 1, ageMsMax: 10_000, jumpPpmMax: 200_000, tolerancePpm: 20_000, holdMs: 5_000 }
const three: StableAskTerms = { ...one, feeds: 3 }

function rate(text: string): ExchangeRate {
  const parsed = parseExchangeRate(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}

/** Drives a state through readings and time. */
class Watch {
  state: StableAskState
  nowMs = 0
  readonly terms: StableAskTerms

  constructor(terms: StableAskTerms) {
    this.terms = terms
    this.state = openStableAsk(terms)
  }

  read(feed: number, price: string, ageMs = 0): this {
    this.state = stepStableAsk(this.state, { type: 'reading', feed, rate: rate(price), ageMs }, this.terms, this.nowMs)
    return this
  }

  wait(milliseconds: number): this {
    this.nowMs += milliseconds
    this.state = stepStableAsk(this.state, { type: 'tick' }, this.terms, this.nowMs)
    return this
  }

  /** The phase, and the ask in whole base units of 10^-18 BTT a MiB. */
  get seen(): readonly [string, bigint | undefined] {
    return [this.state.phase.kind, quotedAsk(ask, this.state)]
  }

  get why(): string | undefined {
    return this.state.phase.kind === 'fresh' ? undefined : this.state.phase.why.kind
  }
}

const btt = 10n ** 18n

describe('the consensus of feeds', () => {
  const agreed = (...prices: string[]): Consensus => consensusOf(prices.map(rate), prices.length, 20_000)

  it('tolerates fewer than half of the feeds', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map(faultyFeedsMax)).toEqual([0, 0, 1, 1, 2, 2, 3])
  })

  it('is the median, and of two medians the one that asks less', () => {
    expect(agreed('1', '9', '2')).toEqual({ kind: 'agreed', rate: rate('2') })
    expect(agreed('1', '2')).toEqual({ kind: 'agreed', rate: rate('2') })
    expect(agreed('1', '2', '3', '4')).toEqual({ kind: 'agreed', rate: rate('3') })
  })

  it('with a feed missing needs the others to agree within the tolerance', () => {
    expect(consensusOf([rate('1'), rate('1.02')], 3, 20_000)).toEqual({ kind: 'agreed', rate: rate('1.02') })
    expect(consensusOf([rate('1'), rate('1.03')], 3, 20_000)).toEqual({ kind: 'split' })
    expect(consensusOf([rate('1')], 3, 20_000)).toEqual({ kind: 'missing' })
    // One of four may be silent and another lie.
    expect(consensusOf([rate('1'), rate('1'), rate('9')], 4, 20_000)).toEqual({ kind: 'agreed', rate: rate('1') })
  })
})

describe('a stable ask', () => {
  it('sells nothing before the first reading, and then quotes it', () => {
    const watch = new Watch(one)
    expect(watch.seen).toEqual(['free-only', undefined])
    expect(watch.read(0, '0.5').seen).toEqual(['fresh', 2n * btt])
  })

  it('stands within the tolerance and follows beyond it', () => {
    const watch = new Watch(one).read(0, '0.5')
    expect(watch.read(0, '0.51').seen).toEqual(['fresh', 2n * btt])
    expect(watch.read(0, '0.4902').seen[1]).toBe(2n * btt)
    expect(watch.read(0, '0.55').seen).toEqual(['fresh', (20n * btt) / 11n])
  })

  it('keeps the last quote for a time when readings are stale, then sells nothing, then comes back', () => {
    const watch = new Watch(one).read(0, '0.5').wait(10_000)
    expect(watch.seen).toEqual(['fresh', 2n * btt])
    watch.wait(1)
    expect([watch.seen, watch.why]).toEqual([['last-quote', 2n * btt], 'missing'])
    expect(watch.wait(4_999).seen).toEqual(['last-quote', 2n * btt])
    expect(watch.wait(1).seen).toEqual(['free-only', undefined])
    // A reading that was stale when it came changes nothing.
    expect(watch.read(0, '0.51', 10_001).seen).toEqual(['free-only', undefined])
    expect(watch.read(0, '0.55', 10_000).seen).toEqual(['fresh', (20n * btt) / 11n])
  })

  it('believes a jump when it is said twice, and quotes the old rate meanwhile', () => {
    const watch = new Watch(one).read(0, '0.5').wait(1_000).read(0, '1')
    expect([watch.seen, watch.why]).toEqual([['last-quote', 2n * btt], 'jump'])
    watch.wait(1_000)
    expect(watch.seen).toEqual(['last-quote', 2n * btt])
    expect(watch.read(0, '1').seen).toEqual(['fresh', btt])
  })

  it('forgets a jump that was a slip', () => {
    const watch = new Watch(one).read(0, '0.5').wait(1_000).read(0, '50').wait(1_000).read(0, '0.5')
    expect(watch.seen).toEqual(['fresh', 2n * btt])
    expect(watch.wait(1_000).read(0, '50').seen).toEqual(['last-quote', 2n * btt])
  })

  it('sells nothing when a feed keeps jumping to another price each time', () => {
    const watch = new Watch(one).read(0, '0.5')
    for (const price of ['1', '2', '4', '8', '1']) watch.wait(1_000).read(0, price)
    expect(watch.seen).toEqual(['last-quote', 2n * btt])
    expect(watch.wait(1_001).read(0, '3').seen).toEqual(['free-only', undefined])
  })

  it('asks for a jump to be seen twice after an outage too', () => {
    const watch = new Watch(one).read(0, '0.5').wait(60_000).read(0, '1')
    expect([watch.seen, watch.why]).toEqual([['free-only', undefined], 'jump'])
    expect(watch.wait(1_000).read(0, '1').seen).toEqual(['fresh', btt])
  })

  it('is not moved by one of three, lying or silent', () => {
    const watch = new Watch(three).read(0, '0.5').read(1, '0.5')
    expect(watch.seen).toEqual(['fresh', 2n * btt])
    for (const lie of ['0.0001', '1000']) expect(watch.read(2, lie).seen).toEqual(['fresh', 2n * btt])
    watch.wait(9_000).read(0, '0.5').wait(2_000)
    // Feed 1 is stale: of an honest one and a liar nobody can say which is which.
    expect([watch.read(2, '0.4').seen, watch.why]).toEqual([['last-quote', 2n * btt], 'split'])
    expect(watch.wait(9_000).seen).toEqual(['free-only', undefined])
    expect(watch.read(1, '0.5').read(0, '0.5').seen).toEqual(['fresh', 2n * btt])
  })

  it('believes a jump of several feeds only when a majority has said it twice', () => {
    const watch = new Watch(three).read(0, '0.5').read(1, '0.5').read(2, '0.5').wait(1_000)
    expect(watch.read(0, '1').seen[0]).toBe('fresh')
    expect(watch.read(1, '1').seen[0]).toBe('last-quote')
    watch.wait(1_000)
    expect(watch.read(0, '1').seen[0]).toBe('last-quote')
    expect(watch.read(0, '1').seen[0]).toBe('last-quote')
    expect(watch.read(1, '1').seen).toEqual(['fresh', btt])
  })
})
