/**
 * Trade with a client that somebody else could have written: test/second-client knows docs/spec/btt-speed.md and its
 * vectors, and shares no package with ours. Real sockets, the embedded chain, money on both sides.
 */

import { readFileSync } from 'node:fs'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BuyingClient } from '../second-client/buying-client.ts'
import { SellingClient } from '../second-client/selling-client.ts'
import { ledgerId } from '../second-client/signing.ts'
import { readTorrent } from '../second-client/torrent.ts'
import { Vault } from '../second-client/vault.ts'
import { audit, startChain, type TestChain, tradeOn } from '../support/economy.ts'
import { TestSwarm } from '../support/swarm.ts'

/** The last piece is short, and so is its last block. */
const bytes = (16 << 20) + 12_345
const mib = 1n << 20n
const oneBtt = 10n ** 18n
/** The phrase that Ethereum's development tools share; the embedded chain funds its accounts. */
const phrase = 'test test test test test test test test test test test junk'
const swarm = new TestSwarm('second-client', { bytes, pieceLength: 1 << 16, seed: 11 })
const torrent = readTorrent(readFileSync(swarm.torrent))
const content = readFileSync(swarm.content)
let chain: TestChain
/** What the vouchers of each trade came to. */
let [bought, sold] = [0n, 0n]

interface Sale {
  readonly billed: string
  readonly earned: string
  readonly cashed: string
}
interface Purchase {
  readonly bytes: number
  readonly paidBytes: number
  readonly billed: string
  readonly paid: string
}

beforeAll(async () => {
  chain = await startChain(swarm.home('chain').folder)
})
afterAll(() => swarm.close())

function keyOf(devAccount: number): Buffer {
  const { privateKey } = mnemonicToAccount(phrase, { addressIndex: devAccount }).getHdKey()
  if (privateKey === null) throw new Error('a derived key is private')
  return Buffer.from(privateKey)
}

describe('a client written from the page alone', () => {
  it('buys from our seeder: every byte, and its vouchers are cashed', { timeout: 120_000 }, async () => {
    const terms = ['--ask', '1', '--bill', 'always', '--upload-limit', String(4 << 20)]
    const seeder = await swarm.seed('seller', [...terms, ...tradeOn(chain, 1)])
    const key = keyOf(2)
    const vault = await Vault.open(chain.rpc, chain.vault, key)
    expect(await vault.ledgerId()).toEqual(ledgerId(vault.domain))
    await vault.deposit(100n * oneBtt)
    const money = { w: 4n * oneBtt, m: 2n * oneBtt, budget: 100n * oneBtt, allowance: 10n * oneBtt }
    const buyer = new BuyingClient({ host: '127.0.0.1', port: seeder.port, torrent, vault, key, ...money })
    await buyer.download()
    await seeder.running.stop('SIGINT')
    const sale = seeder.running.json<Sale>()

    expect(buyer.content.equals(content)).toBe(true)
    // A seller that has not heard from the chain yet says 4, and takes the voucher when it has.
    expect(buyer.refusals.filter(({ o, k }) => !(o === 4 && k === 4))).toEqual([])
    const { session } = buyer
    expect(session?.stopped).toBeUndefined()
    expect(session?.billed.b).toBeGreaterThan(bytes / 2)
    expect(sale.billed).toBe(String(session?.billed.o))
    const paid = session?.promised ?? 0n
    expect(paid).toBeGreaterThanOrEqual(session?.billed.o ?? 0n)
    // The prepayment was used up: what is kept ahead falls with what is missing.
    expect(paid).toBeLessThan((session?.billed.o ?? 0n) + 2n * money.w)
    expect({ earned: sale.earned, cashed: sale.cashed }).toEqual({ earned: String(paid), cashed: String(paid) })
    const books = await vault.booksOf(vault.account, seller(1))
    expect(books).toMatchObject({ deposited: 100n * oneBtt, paidOut: paid, cashed: paid })
    bought = paid
  })

  it('sells to our leecher: it bills, is paid, and cashes', { timeout: 120_000 }, async () => {
    const key = keyOf(3)
    const vault = await Vault.open(chain.rpc, chain.vault, key)
    const client = await SellingClient.start({ host: '127.0.0.1', torrent, content, vault, key, ask: oneBtt })
    try {
      const terms = ['--bid', '4', '--max-price', '2', '--budget', '100', '--yes', ...tradeOn(chain, 4)]
      const getting = await swarm.get('buyer', [client.address], [...terms, '--json'])
      expect((await getting.end(90_000)).code, getting.printed).toBe(0)
      const purchase = getting.json<Purchase>()
      const [sale, ...more] = client.sales
      expect(more).toEqual([])

      expect(swarm.difference('buyer')).toBeUndefined()
      expect(sale?.refusals).toEqual([])
      expect(sale?.session?.isDisputed).toBe(false)
      const { billed = 0n, billedBytes = 0 } = sale ?? {}
      expect(billedBytes).toBeGreaterThan(bytes / 2)
      expect(billed).toBe((BigInt(billedBytes) * oneBtt) / mib)
      expect(purchase).toMatchObject({ bytes, paidBytes: billedBytes, billed: String(billed) })
      const paid = sale?.session?.paid ?? 0n
      expect(String(paid)).toBe(purchase.paid)
      expect(paid).toBeGreaterThanOrEqual(billed)
      await client.cash()
      const books = await vault.booksOf(sale?.buyer ?? Buffer.alloc(20), vault.account)
      expect(books).toMatchObject({ paidOut: paid, cashed: paid })
      expect(await vault.balanceOf(vault.account)).toBe(paid)
      sold = paid
    } finally {
      client.close()
    }
  })

  it('leaves a chain and books of ours that add up', async () => {
    const journals = { files: 2, issued: String(sold), accepted: String(bought), cashed: String(bought) }
    const sums = await audit(chain, swarm.folder)
    expect(sums).toMatchObject({ imbalance: '0', paidOut: String(bought + sold), journals, warnings: [] })
  })
})

function seller(devAccount: number): Buffer {
  return Buffer.from(mnemonicToAccount(phrase, { addressIndex: devAccount }).address.slice(2), 'hex')
}
