/** A buyer that cheats gets the code that says why, and what anybody gets for nothing; everybody else is served. */

import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startChain, type TestChain, tradeOn } from '../support/economy.ts'
import { type BuyerOptions, HostileBuyer } from '../support/hostile-buyer.ts'
import { btt, bytesOf, deposit, domainOf, freshKey, hexOf, type MoneyDomain } from '../support/money-proofs.ts'
import { freePort, waitForListener } from '../support/network.ts'
import { eventually } from '../support/processes.ts'
import type { Dict } from '../support/raw-peer.ts'
import { type Seeder, TestSwarm } from '../support/swarm.ts'

const bytes = 2 << 20
const pieceLength = 1 << 18
const malformed = 1
const wrongLedger = 2
const badSignature = 3
const notCovered = 4
const notRising = 5
const priceAboveCap = 6
const noQuote = 8
const rateLimit = 9
const identity = 11
const [hello, bid, voucher] = [0, 2, 4]

const swarm = new TestSwarm('hostile-buyer', { bytes, pieceLength, seed: 9 })
const content = readFileSync(swarm.content)
let chain: TestChain
let domain: MoneyDomain
let seller: Seeder
const open: HostileBuyer[] = []

beforeAll(async () => {
  chain = await startChain(swarm.home('chain').folder)
  domain = await domainOf(chain)
  const port = await freePort()
  const terms = ['--ask', '1', '--bill', 'always', ...tradeOn(chain, 1)]
  const shared = ['seed', swarm.content, '--torrent', swarm.torrent, '--port', String(port), '--jsonl']
  const running = swarm.start('seller', [...shared, ...terms])
  await waitForListener(running, port)
  seller = { running, port, address: `127.0.0.1:${port}` }
})
afterEach(() => {
  for (const buyer of open.splice(0)) buyer.close()
})
afterAll(() => swarm.close())

const options = (more: Partial<BuyerOptions> = {}): BuyerOptions => ({
  port: seller.port,
  infoHash: swarm.infoHash,
  domain,
  ...more,
})

async function connected(more: Partial<BuyerOptions> = {}): Promise<HostileBuyer> {
  const buyer = await HostileBuyer.connect(options(more))
  open.push(buyer)
  return buyer
}

async function bound(more: Partial<BuyerOptions> = {}): Promise<HostileBuyer> {
  const buyer = await HostileBuyer.open(options(more))
  open.push(buyer)
  return buyer
}

/** Bound, with money in the vault and a voucher for half of it accepted. */
async function paying(): Promise<{ buyer: HostileBuyer; first: Awaited<ReturnType<HostileBuyer['voucher']>> }> {
  const key = freshKey()
  await deposit(chain, key.address, 2n * btt)
  const buyer = await bound({ key })
  const first = await buyer.voucher(btt, 1n)
  buyer.peer.sendSpeed(first)
  await eventually('the voucher is accepted', 20_000, async () => (await accountOf(buyer))?.paid === btt.toString())
  return { buyer, first }
}

interface Credit {
  readonly billed: string
  readonly paid: string
  readonly credit: string
}

/** What the seller's next report says of a buyer. */
async function accountOf(buyer: HostileBuyer): Promise<Credit | undefined> {
  const from = seller.running.out.length
  const line = await eventually('a report', 10_000, () => seller.running.out.slice(from).at(-1))
  const report = JSON.parse(line) as { credits: Record<string, Credit> } // a progress event of a seller
  return report.credits[buyer.key.address.toLowerCase()]
}

/** It is served like anybody: a piece comes, is right, and is not billed. */
async function expectServedForNothing(buyer: HostileBuyer, piece = 0): Promise<void> {
  const before = await accountOf(buyer)
  const got = await buyer.peer.download(piece, pieceLength)
  expect(sha1(got)).toBe(sha1(content.subarray(piece * pieceLength, (piece + 1) * pieceLength)))
  const after = await accountOf(buyer)
  expect(after?.billed ?? '0').toBe(before?.billed ?? '0')
}

function sha1(data: Uint8Array): string {
  return createHash('sha1').update(data).digest('hex')
}

describe('a voucher', { timeout: 120_000 }, () => {
  it('that is replayed is refused as not rising', async () => {
    const { buyer, first } = await paying()
    expect(await buyer.refusalOf(first, voucher)).toBe(notRising)
    const [lower, sameSeq] = [await buyer.voucher(btt - 1n, 2n), await buyer.voucher(btt + 1n, 1n)]
    expect(await buyer.refusalOf(lower, voucher)).toBe(notRising)
    expect(await buyer.refusalOf(sameSeq, voucher)).toBe(notRising)
    expect(await accountOf(buyer)).toMatchObject({ billed: '0', paid: btt.toString() })
    await expectServedForNothing(buyer)
  })

  it('of another connection is refused for who does not own it, and not rising for who does', async () => {
    const { buyer, first } = await paying()
    const thief = await bound()
    expect(await thief.refusalOf(first, voucher)).toBe(identity)
    buyer.close()
    const again = await bound({ key: buyer.key })
    expect(await again.refusalOf(first, voucher)).toBe(notRising)
    expect(await accountOf(thief)).toEqual({ billed: '0', paid: '0', credit: '0' })
    await expectServedForNothing(thief)
  })

  it('for the same vault on another chain is refused as of a wrong ledger', async () => {
    const buyer = await bound()
    for (const chainId of [199n, 1_029n]) {
      const foreign = await buyer.voucher(btt, chainId, {}, { ...domain, chainId })
      expect(await buyer.refusalOf(foreign, voucher)).toBe(wrongLedger)
    }
    await expectServedForNothing(buyer)
  })

  it('for a ledger that nobody knows is refused as badly signed', async () => {
    const buyer = await bound()
    const otherVault = await buyer.voucher(btt, 1n, {}, { ...domain, vault: freshKey().address })
    expect(await buyer.refusalOf(otherVault, voucher)).toBe(badSignature)
    const otherGenesis = await buyer.voucher(btt, 1n, {}, { ...domain, genesisHash: hexOf(randomBytes(32)) })
    expect(await buyer.refusalOf(otherGenesis, voucher)).toBe(badSignature)
    await expectServedForNothing(buyer)
  })

  it('with a bad signature is refused, whatever is bad about it', async () => {
    const buyer = await bound()
    const good = await buyer.voucher(btt, 1n)
    const changed = { ...good, u: (await buyer.voucher(btt - 1n, 1n)).u }
    const bad = [
      { ...good, z: Buffer.alloc(65) },
      { ...good, z: Buffer.alloc(65, 0xff) },
      { ...good, z: mirrored(good.z) },
      changed,
      await buyer.voucher(btt, 1n, { payee: freshKey().address }),
    ]
    for (const message of bad) expect(await buyer.refusalOf(message, voucher)).toBe(badSignature)
    expect(await accountOf(buyer)).toEqual({ billed: '0', paid: '0', credit: '0' })
    await expectServedForNothing(buyer)
  })

  it('that the vault does not cover is refused, and counts once a deposit is in a block', async () => {
    const buyer = await bound()
    const early = await buyer.voucher(btt, 1n)
    expect(await buyer.refusalOf(early, voucher)).toBe(notCovered)
    await expectServedForNothing(buyer)
    await deposit(chain, buyer.key.address, btt / 2n)
    expect(await buyer.refusalOf(early, voucher)).toBe(notCovered)
    await deposit(chain, buyer.key.address, btt / 2n)
    await eventually('it counts', 20_000, async () => (await accountOf(buyer))?.paid === btt.toString())
    // The rest of what was ever issued counts as well: more to others than the vault holds is no cover for us.
    const over = await buyer.voucher(btt + 1n, 2n, { totalIssued: btt + 1n })
    expect(await buyer.refusalOf(over, voucher)).toBe(notCovered)
  })

  it('that is covered from the start counts at once, without a block', async () => {
    const key = freshKey()
    await deposit(chain, key.address, btt)
    const buyer = await connected({ key })
    await buyer.sayHello()
    // Not waiting for the quote: the seller has not asked the chain about this payer yet.
    buyer.peer.sendSpeed(await buyer.voucher(btt, 1n))
    await eventually('it counts', 20_000, async () => (await accountOf(buyer))?.paid === btt.toString())
  })

  it('whose total is below its sum is malformed, and one that names another payer is no voucher of theirs', async () => {
    const buyer = await bound()
    const total = await buyer.voucher(btt, 1n, { totalIssued: btt - 1n })
    expect(await buyer.refusalOf(total, voucher)).toBe(malformed)
    const rich = (await paying()).buyer.key.address
    expect(await buyer.refusalOf(await buyer.voucher(btt, 1n, { payer: rich }), voucher)).toBe(identity)
    await expectServedForNothing(buyer)
  })
})

/** The same signature seen in the mirror: s above half the order, v flipped (EIP-2 forbids it). */
function mirrored(signature: Buffer): Buffer {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = order - BigInt(`0x${signature.toString('hex', 32, 64)}`)
  const v = signature[64] === 27 ? 28 : 27
  return Buffer.concat([signature.subarray(0, 32), bytesOf(`0x${s.toString(16).padStart(64, '0')}`), Buffer.from([v])])
}

describe('a hello', { timeout: 120_000 }, () => {
  it('for an account that did not sign it is refused, and so is every later one', async () => {
    const rich = (await paying()).buyer
    const buyer = await connected()
    await buyer.sayHello({}, rich.key.address)
    expect((await buyer.peer.untilSpeed(5)).k).toBe(identity)
    const from = buyer.peer.speed.length
    await buyer.sayHello()
    expect((await buyer.peer.untilSpeed(5, (reject) => reject.o === hello, from)).k).toBe(identity)
    // Not bound: nobody's vouchers and no bids have a place here.
    expect(await buyer.refusalOf(await buyer.voucher(btt, 1n), voucher)).toBe(identity)
    buyer.bid(1, btt, 2n * btt)
    expect((await buyer.peer.untilSpeed(5, (reject) => reject.o === bid)).k).toBe(noQuote)
    expect(await accountOf(rich)).toMatchObject({ billed: '0', paid: btt.toString() })
    await expectServedForNothing(buyer)
  })

  it.each([
    ['an earlier connection', (buyer: HostileBuyer) => ({ otherNonce: randomBytes(16), ownNonce: buyer.ownNonce })],
    ['another torrent', () => ({ infoHash: randomBytes(20).toString('hex') })],
    ['another role', () => ({ role: 2 })],
    ['swapped nonces', (buyer: HostileBuyer) => ({ ownNonce: buyer.otherNonce, otherNonce: buyer.ownNonce })],
  ])('of %s is refused', async (_what, lie) => {
    const buyer = await connected()
    await buyer.sayHello(lie(buyer))
    expect(await buyer.peer.untilSpeed(5)).toMatchObject({ o: hello, k: identity })
    await expectServedForNothing(buyer)
  })

  it('is refused with the code of what is wrong: no signature, or another ledger', async () => {
    const none = await connected()
    none.peer.sendSpeed({ t: 0, a: bytesOf(none.key.address), z: Buffer.alloc(65) })
    expect(await none.peer.untilSpeed(5)).toMatchObject({ o: hello, k: badSignature })
    const foreign = await connected()
    await foreign.sayHello({}, foreign.key.address, { ...domain, chainId: 199n })
    expect(await foreign.peer.untilSpeed(5)).toMatchObject({ o: hello, k: wrongLedger })
    await expectServedForNothing(foreign)
  })

  it('that was heard on one connection proves nothing on the next, also with the same nonce', async () => {
    const victim = await connected()
    const heard = await victim.sayHello()
    await victim.peer.untilSpeed(1)
    victim.close()
    const thief = await connected({ nonce: victim.ownNonce })
    expect(await thief.refusalOf(heard, hello)).toBe(identity)
    await expectServedForNothing(thief)
  })

  it('reflected to who said it is refused', async () => {
    const buyer = await connected()
    const theirs = await buyer.peer.untilSpeed(0)
    const reflected = { t: 0, a: theirs.a as Buffer, z: theirs.z as Buffer } // both byte strings
    expect(await buyer.refusalOf(reflected, hello)).toBe(identity)
    await expectServedForNothing(buyer)
  })

  it('said twice by the same account is asked to wait, and changes nothing', async () => {
    const buyer = await bound()
    expect(await buyer.refusalOf(await buyer.sayHello(), hello)).toBe(rateLimit)
  })
})

describe('a bid', { timeout: 120_000 }, () => {
  it('before the hello, and so before any quote, is refused', async () => {
    const buyer = await connected()
    buyer.bid(1, btt, 2n * btt)
    expect((await buyer.peer.untilSpeed(5)).k).toBe(noQuote)
    await expectServedForNothing(buyer)
  })

  it('below the ask, too soon after another, or with a number that does not rise, is refused', async () => {
    const buyer = await bound()
    const at = (number: number, rate: bigint, cap: bigint): Promise<unknown> => {
      const from = buyer.peer.speed.length
      buyer.bid(number, rate, cap)
      return buyer.peer.until('an answer', () => buyer.peer.speed.slice(from).find((m) => answers(m, number)))
    }
    expect(await at(1, btt, btt - 1n)).toMatchObject({ t: 5, o: bid, k: priceAboveCap })
    expect(await at(2, btt, 2n * btt)).toMatchObject({ t: 3, i: 2 })
    expect(await at(3, btt, 2n * btt)).toMatchObject({ t: 5, o: bid, k: rateLimit })
    expect(await at(2, 0n, 0n)).toMatchObject({ t: 5, o: bid, k: malformed })
    expect(await at(4, 0n, 0n)).toMatchObject({ t: 3, i: 4 })
    await expectServedForNothing(buyer)
  })
})

function answers(message: Dict, number: number): boolean {
  return message.t === 5 || (message.t === 3 && message.i === number)
}
