import { type Btt, silentLogger, virtualClock } from '@millrace/base'
import { parseExchangeRate, parseUnitAsk } from '@millrace/market'
import { beforeEach, describe, expect, it } from 'vitest'
import { AskKeeper } from './ask-keeper.ts'
import { FeedError, type PriceFeed } from './ports.ts'

/** A feed whose answers the test writes. */
class ScriptedFeed implements PriceFeed {
  readonly name: string
  answer: string | Error = new FeedError('unreachable', 'nothing answers')
  ageMs = 0
  asked = 0

  constructor(name: string) {
    this.name = name
  }

  async read() {
    this.asked++
    if (this.answer instanceof Error) throw this.answer
    const rate = parseExchangeRate(this.answer)
    if (!rate.ok) throw new Error(rate.error)
    return { rate: rate.value, ageMs: this.ageMs }
  }
}

/** Timers that fire when the test moves the clock. */
class ManualTimers {
  readonly clock = virtualClock()
  #due: { readonly atMs: number; readonly wake: () => void }[] = []

  after(milliseconds: number, wake: () => void): () => void {
    const entry = { atMs: this.clock.now() + milliseconds, wake }
    this.#due.push(entry)
    return () => {
      this.#due = this.#due.filter((other) => other !== entry)
    }
  }

  get pending(): number {
    return this.#due.length
  }

  async pass(milliseconds: number): Promise<void> {
    const endMs = this.clock.now() + milliseconds
    for (;;) {
      await settled()
      const next = this.#due.toSorted((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined || next.atMs > endMs) break
      this.#due = this.#due.filter((other) => other !== next)
      this.clock.advance(next.atMs - this.clock.now())
      next.wake()
    }
    this.clock.advance(endMs - this.clock.now())
    await settled()
  }
}

/** Every promise that is ready has been followed. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

const btt = 10n ** 18n
let timers: ManualTimers
let asks: (Btt | undefined)[]
let feeds: ScriptedFeed[]

function keeper(): AskKeeper {
  const ask = parseUnitAsk('1 USD/MiB')
  if (ask === undefined) throw new Error('an ask')
  const limits = { ageMsMax: 60_000, jumpPpmMax: 200_000, tolerancePpm: 20_000, holdMs: 30_000 }
  return new AskKeeper(
    { ask, feeds, intervalMs: 10_000, limits },
    { onAsk: (askPerMiB) => asks.push(askPerMiB), clock: timers.clock, timers, logger: silentLogger },
  )
}

beforeEach(() => {
  timers = new ManualTimers()
  asks = []
  feeds = ['a', 'b', 'c'].map((name) => new ScriptedFeed(name))
})

describe('the keeper of an ask', () => {
  it('sells nothing until enough feeds answer, then says each change once', async () => {
    const kept = keeper()
    kept.start()
    await timers.pass(25_000)
    expect(asks).toEqual([])
    expect(kept.view()).toMatchObject({ state: 'free-only', askPerMiB: undefined, rate: undefined })
    expect(kept.view().why).toContain('0 of 3')
    for (const feed of feeds) feed.answer = '0.5'
    await timers.pass(10_000)
    expect(asks).toEqual([2n * btt])
    expect(kept.view()).toMatchObject({ ask: '1 USD/MiB', state: 'fresh', rate: '0.5', why: undefined })
    for (const feed of feeds) feed.answer = '0.55'
    await timers.pass(10_000)
    expect(asks).toEqual([2n * btt, (20n * btt) / 11n])
  })

  it('asks each feed at its interval, and goes on asking one that fails', async () => {
    keeper().start()
    await timers.pass(35_000)
    expect(feeds.map(({ asked }) => asked)).toEqual([4, 4, 4])
  })

  it('goes from fresh over the last quote to nothing when all fall silent, and comes back', async () => {
    for (const feed of feeds) feed.answer = '0.5'
    const kept = keeper()
    kept.start()
    await timers.pass(10_000)
    for (const feed of feeds) feed.answer = new FeedError('no-price', 'closed for today')
    await timers.pass(60_000)
    expect(kept.view().state).toBe('fresh')
    await timers.pass(2_000)
    expect(kept.view()).toMatchObject({ state: 'last-quote', askPerMiB: 2n * btt, rate: '0.5' })
    expect(kept.view().feeds[0]).toMatchObject({ name: 'a', isFresh: false, rate: '0.5', failure: 'closed for today' })
    await timers.pass(30_000)
    expect(kept.view()).toMatchObject({ state: 'free-only', askPerMiB: undefined })
    expect(asks).toEqual([2n * btt, undefined])
    for (const feed of feeds) feed.answer = '0.5'
    await timers.pass(10_000)
    expect(asks).toEqual([2n * btt, undefined, 2n * btt])
    expect(kept.view().feeds[0]?.failure).toBeUndefined()
  })

  it('counts the age that a feed says itself', async () => {
    for (const feed of feeds) {
      feed.answer = '0.5'
      feed.ageMs = 60_001
    }
    const kept = keeper()
    kept.start()
    await timers.pass(1_000)
    expect([kept.view().state, kept.view().feeds[0]?.ageSeconds]).toEqual(['free-only', 61.001])
  })

  it('leaves no timer behind, and an answer that comes after the end changes nothing', async () => {
    for (const feed of feeds) feed.answer = '0.5'
    const kept = keeper()
    kept.start()
    kept.close()
    await timers.pass(60_000)
    expect([timers.pending, asks]).toEqual([0, []])
  })
})
