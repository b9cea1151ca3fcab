/** A seller that asks in dollars, as a process with real feeds: the quotes follow, and when the feeds fail the bytes go on. */

import { parseBtt } from '@millrace/base'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { audit, startChain, type TestChain, tradeOn } from '../support/economy.ts'
import { freePort, waitForListener } from '../support/network.ts'
import { deployOracle } from '../support/oracle.ts'
import { PriceServer } from '../support/price-server.ts'
import { eventually, type Running } from '../support/processes.ts'
import { TestSwarm } from '../support/swarm.ts'

/** More than leaves while a test runs: a download that ends would end the trade. */
const swarm = new TestSwarm('stable', { bytes: 128 << 20, pieceLength: 1 << 16, seed: 11 })
const uploadBytesPerSecond = 1 << 20
const patienceMilliseconds = 60_000
const asked = ['--ask', '1 USD/MiB', '--bill', 'always', '--feed-interval', '0.2']
const limits = ['--price-tolerance', '2', '--feed-max-jump', '20', '--feed-max-age', '2', '--feed-hold', '2']
/** Where one feed or the chain answers late on a busy machine, that shall change nothing. */
const patient = ['--feed-max-age', '6']
/** 0.4 MiB a second at the first price: less than the paid class has, so that the price is the ask. */
const bids = ['--bid', '0.8', '--max-price', '8', '--budget', '1000', '--yes']
const pages: PriceServer[] = []
let chain: TestChain

beforeAll(async () => {
  chain = await startChain(swarm.home('chain').folder)
})
afterEach(async () => {
  for (const page of pages.splice(0)) await page.stop()
})
afterAll(() => swarm.close())

/** What `seed --jsonl` says each quarter of a second; amounts are decimal strings in base units. */
interface Sale {
  readonly event: string
  readonly uploadedBytes: number
  readonly billed: string
  readonly earned: string
  readonly askPerMiB?: string
  readonly pricePerMiB: string
  readonly buyers: readonly { readonly paidBytes: number; readonly freeBytes: number; readonly bid?: object }[]
  readonly stableAsk: {
    readonly ask: string
    readonly askPerMiB?: string
    readonly state: 'fresh' | 'last-quote' | 'free-only'
    readonly why?: string
    readonly rate?: string
    readonly feeds: readonly { readonly name: string; readonly isFresh: boolean; readonly failure?: string }[]
  }
}

interface Purchase {
  readonly event: string
  readonly pricePerMiB?: string
  readonly paid: string
}

function eventsOf<Event extends { readonly event: string }>(lines: readonly string[]): Event[] {
  // The commands document these events.
  const events = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Event)
  return events.filter(({ event }) => event === 'progress')
}

function lastOf<Event extends { readonly event: string }>(running: Running): Event | undefined {
  return eventsOf<Event>(running.out.slice(-1)).at(-1)
}

class Trade {
  readonly seller: Running
  readonly buyer: Running

  constructor(seller: Running, buyer: Running) {
    this.seller = seller
    this.buyer = buyer
  }

  get sales(): Sale[] {
    return eventsOf<Sale>(this.seller.out)
  }

  get sale(): Sale {
    const last = lastOf<Sale>(this.seller)
    if (last === undefined) throw new Error(this.seller.printed)
    return last
  }

  isFreshAt(ask: string): boolean {
    const { stableAsk, askPerMiB } = this.sale
    return stableAsk.state === 'fresh' && askPerMiB === String(parseBtt(ask))
  }

  /** Waits for the seller's state, at this ask in whole BTT. */
  until(state: Sale['stableAsk']['state'], ask: string | undefined): Promise<Sale> {
    const expected = ask === undefined ? undefined : String(parseBtt(ask))
    return eventually(`${state} at ${ask}`, patienceMilliseconds, () => {
      if (this.seller.isOver || this.buyer.isOver) throw new Error(`${this.seller.printed}\n${this.buyer.printed}`)
      const sale = lastOf<Sale>(this.seller)
      return sale?.stableAsk.state === state && sale.askPerMiB === expected ? sale : undefined
    })
  }

  /** Waits until the buyer holds a quote of this many BTT a MiB and has bought at it. */
  async untilQuoted(price: string): Promise<void> {
    await eventually(`the buyer is quoted ${price}`, patienceMilliseconds, () => {
      return lastOf<Purchase>(this.buyer)?.pricePerMiB === String(parseBtt(price))
    })
    const { buyers } = this.sale
    const before = buyers[0]?.paidBytes ?? 0
    await eventually('more is sold', patienceMilliseconds, () => (this.sale.buyers[0]?.paidBytes ?? 0) > before)
  }

  /** While nothing is sold the link is as busy as ever and nothing is billed. */
  async expectFree(): Promise<void> {
    // What is said of buyers is an epoch of a second old: two MiB are two of them.
    const before = await this.untilUploaded(await this.until('free-only', undefined), 2)
    const free = before.buyers[0]?.freeBytes ?? Number.POSITIVE_INFINITY
    const after = await eventually('more is given', patienceMilliseconds, () => {
      return (this.sale.buyers[0]?.freeBytes ?? 0) > free ? this.sale : undefined
    })
    expect(after.stableAsk.state).toBe('free-only')
    expect(after.billed).toBe(before.billed)
    expect(after.buyers[0]?.paidBytes).toBe(before.buyers[0]?.paidBytes)
    expect(after.buyers[0]?.bid).toBeDefined()
  }

  untilUploaded({ uploadedBytes }: Sale, seconds: number): Promise<Sale> {
    return eventually(`bytes of ${seconds} seconds`, patienceMilliseconds, () => {
      return this.sale.uploadedBytes >= uploadedBytes + seconds * uploadBytesPerSecond ? this.sale : undefined
    })
  }

  async end(): Promise<void> {
    await this.buyer.stop('SIGINT')
    await this.seller.stop('SIGINT')
    expect(await audit(chain, swarm.folder)).toMatchObject({ imbalance: '0', warnings: [] })
  }
}

/** Dev accounts `first` and the one after it trade. */
async function trade(first: number, feeds: readonly string[], more: readonly string[] = []): Promise<Trade> {
  const port = await freePort()
  const told = feeds.flatMap((feed) => ['--feed', feed])
  const limit = ['--upload-limit', String(uploadBytesPerSecond)]
  const serve = ['seed', swarm.content, '--torrent', swarm.torrent, '--port', String(port), '--jsonl', ...limit]
  const seller = swarm.start(`seller-${first}`, [
    ...serve,
    ...asked,
    ...limits,
    ...more,
    ...told,
    ...tradeOn(chain, first),
  ])
  await waitForListener(seller, port)
  const paying = [...bids, ...tradeOn(chain, first + 1), '--jsonl']
  const buyer = await swarm.get(`buyer-${first}`, [`127.0.0.1:${port}`], paying)
  return new Trade(seller, buyer)
}

async function page(price: string): Promise<PriceServer> {
  const server = await new PriceServer().start()
  server.state = { kind: 'price', price }
  pages.push(server)
  return server
}

describe('an ask in dollars', () => {
  it('follows a page that jumps, goes stale, dies and comes back, and never by a wrong price', {
    timeout: 240_000,
  }, async () => {
    const server = await page('0.5')
    const { feed } = server
    const made = await trade(1, [feed])
    const first = await made.until('fresh', '2')
    expect(first.stableAsk).toMatchObject({ ask: '1 USD/MiB', rate: '0.5' })
    await made.untilQuoted('2')

    // A slip is said once and believed by nobody.
    server.once.push({ kind: 'price', price: '5' })
    await eventually('the slip was heard', patienceMilliseconds, () =>
      made.seller.err.some((line) => line.includes('last-quote') && line.includes('went to 5')),
    )
    await made.until('fresh', '2')
    // News are said twice; cheaper and dearer quotes both reach the buyer.
    server.state = { kind: 'price', price: '1' }
    await made.until('fresh', '1')
    await made.untilQuoted('1')
    server.state = { kind: 'price', price: '0.25' }
    await made.until('fresh', '4')
    await made.untilQuoted('4')

    // A page that answers and says itself that it is old.
    server.state = { kind: 'price', price: '0.3', ageSeconds: 3_600 }
    await made.expectFree()
    const held = made.sales.filter(({ stableAsk }) => stableAsk.state === 'last-quote').at(-1)
    expect(held).toMatchObject({ askPerMiB: String(parseBtt('4')), stableAsk: { rate: '0.25' } })
    server.state = { kind: 'price', price: '0.25' }
    await made.until('fresh', '4')
    await made.untilQuoted('4')

    // A page that is gone.
    await server.stop()
    await made.expectFree()
    expect(made.sale.stableAsk.feeds[0]?.failure).toMatch(/ECONNREFUSED/)
    expect(made.sale.stableAsk.why).toContain('0 of 1')
    await server.start()
    await made.until('fresh', '4')
    await made.untilQuoted('4')

    const asks = new Set(made.sales.map(({ askPerMiB }) => askPerMiB))
    const [one, two, four] = ['1', '2', '4'].map((ask) => String(parseBtt(ask)))
    expect([...asks].filter((ask) => ask !== undefined).toSorted()).toEqual([one, two, four])
    await made.end()
  })

  it('of three feeds is moved by none that lies', { timeout: 120_000 }, async () => {
    const honest = [await page('0.5'), await page('0.5')]
    const liar = await page('0.5')
    const made = await trade(
      3,
      [...honest, liar].map(({ feed }) => feed),
      patient,
    )
    await made.until('fresh', '2')
    await made.untilQuoted('2')
    for (const price of ['0.0000001', '1000']) {
      liar.state = { kind: 'price', price }
      await eventually('the lie was heard', patienceMilliseconds, () =>
        made.sale.stableAsk.feeds.some((feed) => 'rate' in feed && feed.rate === price),
      )
      expect(made.sale.stableAsk).toMatchObject({ state: 'fresh', askPerMiB: String(parseBtt('2')) })
    }
    // With an honest one dead nobody can tell the other from the liar.
    await honest[0]?.stop()
    await made.until('free-only', undefined)
    expect(made.sale.stableAsk.why).toContain('do not agree')
    await made.expectFree()
    await made.end()
  })

  it('follows the oracle on the chain that settles, and sells nothing once its report is old', {
    timeout: 240_000,
  }, async () => {
    const oracle = await deployOracle(chain.rpc)
    let reportedAt = 0
    const report = async (price: string): Promise<void> => {
      const observedAt = Math.floor(Date.now() / 1000) - 1
      // The contract takes one report a second.
      if (observedAt > reportedAt) await oracle.report(parseBtt(price), BigInt(observedAt))
      reportedAt = observedAt
    }
    const made = await trade(5, [`oracle:${oracle.address}`], patient)
    await made.until('free-only', undefined)
    expect(made.sale.stableAsk.feeds[0]?.failure).toMatch(/the contract refuses/)
    // A report is fresh for six seconds: where the machine is slow one is not enough.
    await eventually('the buyer is quoted', patienceMilliseconds, async () => {
      await report('0.5')
      return made.isFreshAt('2') && lastOf<Purchase>(made.buyer)?.pricePerMiB === String(parseBtt('2'))
    })
    // No report comes after it: by its own time it is stale six seconds later.
    await made.expectFree()
    await eventually('the new report is heard', patienceMilliseconds, async () => {
      await report('0.55')
      return made.isFreshAt('1.818181818181818181')
    })
    await made.end()
  })
})
