/** A seller that cheats is refused and gets no more than the buyer had paid ahead; the honest one beside it is paid. */

import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startChain, type TestChain, tradeOn } from '../support/economy.ts'
import { HostileSeller, type Sale, type SellerOptions } from '../support/hostile-seller.ts'
import type { GetReport } from '../support/millrace.ts'
import { btt, domainOf, type MoneyDomain } from '../support/money-proofs.ts'
import { eventually, type Running } from '../support/processes.ts'
import type { Dict } from '../support/raw-peer.ts'
import { type Seeder, TestSwarm } from '../support/swarm.ts'

const bytes = 4 << 20
const pieceLength = 1 << 16
const block = 16_384
const mib = 1 << 20
const overBilled = 7
const price = btt
const prepaid = btt / 4n
const [bid, voucher, reject] = [2, 4, 5]

const swarm = new TestSwarm('hostile-seller', { bytes, pieceLength, seed: 11 })
const content = readFileSync(swarm.content)
let chain: TestChain
let domain: MoneyDomain
let honest: Seeder
let hostile: HostileSeller | undefined
let account = 1
/** What all buyers promised to others than the cheats. */
let promised = 0n

beforeAll(async () => {
  chain = await startChain(swarm.home('chain').folder)
  domain = await domainOf(chain)
  const limit = ['--upload-limit', String(mib)]
  honest = await swarm.seed('honest', ['--ask', '1', '--bill', 'always', ...tradeOn(chain, 1), ...limit])
})
afterEach(() => hostile?.close())
afterAll(() => swarm.close())

interface Bought extends GetReport {
  readonly paid: string
  readonly vouchers: number
  readonly sources: readonly { readonly address: { readonly host: string }; readonly verifiedBytes: number }[]
}

interface Deal {
  readonly seller: HostileSeller
  readonly bought: Bought
  readonly running: Running
  /** What of the good bytes came from the cheat, at its quote. */
  readonly worth: bigint
  /** What everybody else was promised. */
  readonly others: bigint
}

/** A buyer of ours between the honest seller and a cheat, to its end; an account, and so books, of its own. */
async function deal(name: string, cheat: Partial<SellerOptions>, bidRate = '4'): Promise<Deal> {
  const host = '127.0.0.5'
  const base = { host, infoHash: swarm.infoHash, content, pieceLength, domain, pricePerMiB: price, blocksMax: 32 }
  const seller = await HostileSeller.start({ ...base, onMessage: () => undefined, ...cheat })
  hostile = seller
  account += 1
  const terms = ['--bid', bidRate, '--max-price', '2', '--budget', '40', '--prepay', '0.25', '--yes', '--json']
  const running = await swarm.get(name, [seller.address, honest.address], [...terms, ...tradeOn(chain, account)])
  expect((await running.end(60_000)).code, running.printed).toBe(0)
  expect(swarm.difference(name)).toBeUndefined()
  const bought = running.json<Bought>()
  expect(bought.bytes).toBe(bytes)
  const good = bought.sources.filter((source) => source.address.host === host).map((source) => source.verifiedBytes)
  const worth = (BigInt(good.reduce((sum, part) => sum + part, 0)) * price) / BigInt(mib)
  const others = BigInt(bought.paid) - seller.accepted
  promised += others
  return { seller, bought, running, worth, others }
}

/** The buyer's books agree with what the cheat holds, and the honest seller was paid for what it sent. */
function expectBounds({ seller, bought, worth, others, running }: Deal): void {
  const piece = (BigInt(pieceLength) * price) / BigInt(mib)
  expect(seller.accepted, running.printed).toBeLessThanOrEqual(worth + prepaid + piece)
  expect(BigInt(bought.paid)).toBeGreaterThanOrEqual(seller.accepted)
  expect(others, running.printed).toBeGreaterThan(0n)
}

/** Once the first voucher came: the truth would be what was sent so far. */
function afterPrepayment(lie: (sale: Sale) => void): Partial<SellerOptions> {
  let told = false
  return {
    onMessage: (message, sale) => {
      if (message.t !== voucher || told) return
      told = true
      void eventually('bytes are sent', 20_000, () => sale.sentBytes >= 8 * block).then(() => lie(sale))
    },
  }
}

const due = (sent: number): bigint => (BigInt(sent) * price) / BigInt(mib)

describe('a seller is refused as over-billing that bills', { timeout: 120_000 }, () => {
  it.each<readonly [what: string, lie: (sale: Sale) => void]>([
    ['more bytes than it sent', (sale) => sale.state({ bytes: 2 * bytes, billed: due(2 * bytes) })],
    ['a price above its quote', (sale) => sale.state({ bytes: 8 * block, billed: 2n * due(8 * block) })],
    ['the prepayment for nothing', (sale) => sale.state({ bytes: 0, billed: prepaid })],
    ['what was never promised', (sale) => sale.state({ bytes: 0, billed: 0n, accepted: 1_000n * btt })],
  ])('%s', async (what, lie) => {
    const done = await deal(what.replaceAll(' ', '-'), afterPrepayment(lie))
    expect(done.seller.refusals, done.running.printed).toEqual([overBilled])
    expectBounds(done)
  })

  it('faster than the bid', async () => {
    // A hundredth of a BTT a second, and half a BTT of good blocks at once.
    const lie = (sale: Sale): void => sale.state({ bytes: 32 * block, billed: due(32 * block) })
    const done = await deal(
      'fast',
      afterPrepayment((sale) => {
        void eventually('all is sent', 20_000, () => sale.sentBytes >= 32 * block).then(() =>
          setTimeout(() => lie(sale), 200),
        )
      }),
      '0.02',
    )
    expect(done.seller.refusals, done.running.printed).toEqual([overBilled])
    expectBounds(done)
  })
})

describe('a seller gets no more than was paid ahead that', { timeout: 120_000 }, () => {
  it('rejects everything', async () => {
    const refuses: number[] = [bid, voucher]
    const onMessage = (message: Dict, sale: Sale): void => {
      if (refuses.includes(Number(message.t))) sale.peer.sendSpeed({ t: reject, o: Number(message.t), k: 3, d: 'no' })
    }
    const done = await deal('rejects', { onMessage })
    expect(done.seller.accepted).toBeLessThanOrEqual(prepaid)
    expectBounds(done)
  })

  it('sends pieces that are wrong: it is banned', async () => {
    const done = await deal('corrupt', { corrupts: true, blocksMax: 1 << 20 })
    // On a busy machine a handshake may time out and be tried again; but nobody asks it for bytes a second time.
    const asked = done.seller.sales.filter((sale) => sale.sentBytes > 0)
    expect(asked.length, done.running.printed).toBe(1)
    expect(asked[0]?.peer.isClosed).toBe(true)
    expect(done.worth).toBe(0n)
    expect(done.seller.accepted).toBeLessThanOrEqual(prepaid)
    expectBounds(done)
  })
})

it('what the buyers were told to have paid is what the honest seller has cashed', async () => {
  expect((await honest.running.stop('SIGINT')).code).toBe(0)
  const sale = honest.running.json<{ earned: string; cashed: string }>()
  expect(sale.cashed).toBe(sale.earned)
  expect(BigInt(sale.earned)).toBeGreaterThan(0n)
  expect(BigInt(sale.earned)).toBeLessThanOrEqual(promised)
})
