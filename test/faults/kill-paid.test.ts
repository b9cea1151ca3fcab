/** kill -9 in the middle of a paid download: the bytes complete, books and chain agree, losses stay in their bounds. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { audit, startChain, type TestChain, tradeOn } from '../support/economy.ts'
import { untilBytes } from '../support/millrace.ts'
import type { Running } from '../support/processes.ts'
import { type Seeder, TestSwarm } from '../support/swarm.ts'

const bytes = 24 << 20
const pieceLength = 1 << 16
const half = bytes / 2
const priceMaxPerMiB = 2
const prepaymentBtt = 1
/** Promise 7: the dearest download there can be, a prepayment and a piece. Who pays for all of it twice pays more. */
const spentMax =
  BigInt(Math.ceil(priceMaxPerMiB * ((bytes + pieceLength) / 2 ** 20) * 1e6 + prepaymentBtt * 1e6)) * 10n ** 12n
let swarm: TestSwarm
let chain: TestChain

beforeEach(async () => {
  swarm = new TestSwarm('kill-paid', { bytes, pieceLength, seed: 8 })
  chain = await startChain(swarm.home('chain').folder)
})
afterEach(() => swarm.close())

function sell(port?: number): Promise<Seeder> {
  const limit = ['--upload-limit', String(4 << 20)]
  return swarm.seed('seller', ['--ask', '1', '--bill', 'always', ...tradeOn(chain, 1), ...limit], port)
}

function buy(seller: Seeder, ...more: string[]): Promise<Running> {
  // Little is paid ahead, so that a seller that comes back must be paid anew.
  const limits = ['--bid', '4', '--max-price', String(priceMaxPerMiB), '--prepay', String(prepaymentBtt)]
  const terms = [...limits, '--budget', '1000', '--yes', ...tradeOn(chain, 2)]
  return swarm.get('buyer', [seller.address], [...terms, ...more])
}

/** The end of each test: all bytes are right, the seller cashes, and the sums add up without us. */
async function settle(buyer: Running, seller: Seeder): Promise<void> {
  expect((await buyer.end(120_000)).code, buyer.printed).toBe(0)
  expect(swarm.difference('buyer')).toBeUndefined()
  const ended = await seller.running.stop('SIGINT')
  expect([0, 130], seller.running.printed).toContain(ended.code)
  const sale = seller.running.json<{ cashed: string; earned: string }>()
  expect(BigInt(sale.earned)).toBeGreaterThan(0n)
  // A run also cashes what one before it had accepted when it was killed: nothing is left over.
  expect(BigInt(sale.cashed)).toBeGreaterThanOrEqual(BigInt(sale.earned))
  const { imbalance, paidOut, journals } = await audit(chain, swarm.folder)
  expect(imbalance).toBe('0')
  expect(BigInt(paidOut)).toBeLessThanOrEqual(spentMax)
  expect(journals).toMatchObject({ files: 2, accepted: paidOut, cashed: paidOut })
}

describe('promise 7: kill -9 in a paid download of', { timeout: 240_000 }, () => {
  it('the buyer: it goes on paying from its books', async () => {
    const seller = await sell()
    const first = await buy(seller, '--jsonl')
    await untilBytes(first, half)
    await first.stop('SIGKILL')
    await settle(await buy(seller, '--json'), seller)
  })

  it('the seller: it goes on selling from its books, and cashes what it had earned', async () => {
    const seller = await sell()
    const buyer = await buy(seller, '--jsonl')
    await untilBytes(buyer, half)
    await seller.running.stop('SIGKILL')
    await settle(buyer, await sell(seller.port))
  })

  it('the seller, which does not come back: its owner cashes from the books', async () => {
    const seller = await sell()
    const buyer = await buy(seller, '--jsonl')
    await untilBytes(buyer, half)
    await seller.running.stop('SIGKILL')
    await buyer.stop('SIGINT')
    const cashing = swarm.start('seller', ['wallet', 'cash', '--yes', '--json', ...tradeOn(chain, 1)])
    expect((await cashing.end(60_000)).code, cashing.printed).toBe(0)
    const { cashed } = cashing.json<{ cashed: string }>()
    expect(BigInt(cashed)).toBeGreaterThan(0n)
    expect(await audit(chain, swarm.folder)).toMatchObject({
      imbalance: '0',
      paidOut: cashed,
      journals: { accepted: cashed, cashed },
    })
  })

  it('the chain: nobody waits for it, and it has every block when it is back', async () => {
    const seller = await sell()
    const buyer = await buy(seller, '--jsonl')
    await untilBytes(buyer, half)
    await chain.running.stop('SIGKILL')
    await untilBytes(buyer, half + (bytes - half) / 2)
    const again = await startChain(swarm.home('chain').folder, { port: chain.port })
    expect(again.vault).toBe(chain.vault)
    await settle(buyer, seller)
  })
})
