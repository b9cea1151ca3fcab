/** Whatever comes as btt_speed, in whatever number: who sells goes on serving, and a stranger's nonsense costs little. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startChain, type TestChain, tradeOn } from '../support/economy.ts'
import { HostileBuyer } from '../support/hostile-buyer.ts'
import type { GetReport } from '../support/millrace.ts'
import { btt, domainOf, ledgerOf, type MoneyDomain } from '../support/money-proofs.ts'
import { amount, type Bencoded, bencode } from '../support/raw-peer.ts'
import { type Seeder, TestSwarm } from '../support/swarm.ts'

const bytes = 4 << 20
const pieceLength = 1 << 18
const malformed = 1
const badSignature = 3
const notCovered = 4
const floodMessages = 4_000
const faultsMax = 16
const messageBytesMax = 1024

const swarm = new TestSwarm('hostile-flood', { bytes, pieceLength, seed: 10 })
const firstPiece = readFileSync(swarm.content).subarray(0, pieceLength)
let chain: TestChain
let domain: MoneyDomain
let seller: Seeder
const open: HostileBuyer[] = []

beforeAll(async () => {
  chain = await startChain(swarm.home('chain').folder)
  domain = await domainOf(chain)
  seller = await swarm.seed('seller', ['--ask', '1', '--bill', 'always', ...tradeOn(chain, 1)])
})
afterEach(() => {
  for (const buyer of open.splice(0)) buyer.close()
})
afterAll(() => swarm.close())

async function make(how: 'connect' | 'open'): Promise<HostileBuyer> {
  const options = { port: seller.port, infoHash: swarm.infoHash, domain }
  const buyer = await (how === 'open' ? HostileBuyer.open(options) : HostileBuyer.connect(options))
  open.push(buyer)
  return buyer
}

async function expectServed(buyer: HostileBuyer): Promise<void> {
  const got = await buyer.peer.download(0, pieceLength)
  expect(sha1(got)).toBe(sha1(firstPiece))
}

function sha1(data: Uint8Array): string {
  return createHash('sha1').update(data).digest('hex')
}

const signature = Buffer.alloc(65, 1)
const account = Buffer.alloc(20, 1)
const malformedMessages: readonly (readonly [what: string, message: Bencoded, t: number])[] = [
  ['an unknown t', { t: 77 }, 77],
  ['a negative t', { t: -1 }, -1],
  ['a hello without a signature', { t: 0, a: account }, 0],
  ['a bid without a number', { t: 2, w: amount(1n), m: amount(1n) }, 2],
  ['an amount with a leading zero', { t: 2, n: 1, w: Buffer.from([0, 1]), m: amount(1n) }, 2],
  ['an amount of 33 bytes', { t: 4, f: account, u: Buffer.alloc(33, 1), n: 1, i: amount(1n), z: signature }, 4],
  ['a seq of 65 bits', { t: 4, f: account, u: amount(1n), n: 2n ** 64n, i: amount(1n), z: signature }, 4],
  ['a payer of 19 bytes', { t: 4, f: account.subarray(1), u: amount(1n), n: 1, i: amount(1n), z: signature }, 4],
  ['a signature of 64 bytes', { t: 4, f: account, u: amount(1n), n: 1, i: amount(1n), z: signature.subarray(1) }, 4],
  ['a statement of words', { t: 3, n: 'x', i: 'x', b: 'x', o: 1, g: 1, k: 1 }, 3],
  ['a quote of years', { t: 1, r: amount(1n), p: amount(1n), k: amount(1n), x: 601 }, 1],
]

describe('what cannot be read', { timeout: 60_000 }, () => {
  it.each(malformedMessages)('is refused as malformed: %s', async (_what, message, t) => {
    const buyer = await make('open')
    expect(await buyer.refusalOf(message, t)).toBe(malformed)
    await expectServed(buyer)
  })

  it('gets no answer where it names no t, or is itself a reject: no two sides reject each other for ever', async () => {
    const buyer = await make('open')
    const from = buyer.peer.speed.length
    const unanswered = ['nonsense', 'd1:t', 'de', 'i5e', 'd1:t1:xe', 'l'.repeat(900)].map((text) => Buffer.from(text))
    for (const message of unanswered) buyer.peer.sendSpeed(message)
    buyer.peer.sendSpeed({ t: 5, o: 'x' })
    for (let code = 0; code < 20; code++) buyer.peer.sendSpeed({ t: 5, o: code % 6, k: code, d: 'no' })
    // Answers come in order: the first reject is that of what was sent last.
    expect(await buyer.refusalOf({ t: 99 }, 99)).toBe(malformed)
    expect(buyer.peer.speed.slice(from).filter((message) => message.t === 5)).toHaveLength(1)
    await expectServed(buyer)
  })

  it('closes the connection when there is too much of it, and when it is longer than 1 KiB', async () => {
    const patient = await make('open')
    for (let i = 0; i < faultsMax; i++) patient.peer.sendSpeed({ t: 50 + i })
    expect(await patient.refusalOf({ t: 100 }, 100).catch(() => 'closed')).toBe('closed')
    const fits = await make('open')
    const padding = (length: number): Buffer => {
      const bare = bencode({ t: 78, z: '' }).length
      return bencode({ t: 78, z: Buffer.alloc(length - bare - String(length).length + 1) })
    }
    const whole = padding(messageBytesMax)
    expect(whole.length).toBeLessThanOrEqual(messageBytesMax)
    expect(await fits.refusalOf(whole, 78)).toBe(malformed)
    fits.peer.sendSpeed(padding(messageBytesMax + 8))
    expect(await fits.peer.untilClosed()).toBe(true)
  })
})

describe('promise 10: what a hostile peer can make the loop do is counted', { timeout: 120_000 }, () => {
  it('of thousands of bad messages in one go sixteen are answered, and the connection is gone', async () => {
    const buyer = await make('open')
    const from = buyer.peer.speed.length
    buyer.peer.socket.cork()
    for (let i = 0; i < floodMessages; i++) buyer.peer.sendSpeed({ t: 50 + (i % 100) })
    buyer.peer.socket.uncork()
    expect(await buyer.peer.untilClosed()).toBe(true)
    const refused = buyer.peer.speed.slice(from).filter((message) => message.t === 5)
    // The end may overtake the last answers; there are never more.
    expect(refused.length).toBeLessThanOrEqual(faultsMax)
    await expectServed(await make('open'))
  })

  it('of thousands of forged vouchers, each of which needs the curve, one a second is checked', async () => {
    const buyer = await make('open')
    const good = await buyer.voucher(btt, 1n)
    const [from, start] = [buyer.peer.speed.length, performance.now()]
    // The signature of another seq: it recovers somebody, and nothing cheaper tells that it is wrong.
    for (let seq = 2; seq < floodMessages; seq++) {
      buyer.peer.sendSpeed({ ...good, n: seq })
      if (seq % 64 === 0) await written(buyer)
    }
    // What is read in order, and answered at once, comes after all of them.
    expect(await buyer.refusalOf({ t: 99 }, 99)).toBe(malformed)
    const checked = buyer.peer.speed.slice(from).filter((message) => message.t === 5 && message.k === badSignature)
    const begun = 1 + Math.floor((performance.now() - start) / 1000)
    expect(checked.length).toBeLessThanOrEqual(begun)
    // Those that were not are forgotten but for one: what is right and newer is taken as if nothing had been.
    buyer.peer.sendSpeed(await buyer.voucher(btt, BigInt(floodMessages)))
    await buyer.peer.untilSpeed(5, (reject) => reject.o === 4 && reject.k === notCovered, from)
    await expectServed(buyer)
  })
})

describe('a flood', { timeout: 120_000 }, () => {
  it('of vouchers and hellos from many at once leaves the seller to the others', async () => {
    const flooders = await Promise.all([make('open'), make('open'), make('connect'), make('open')])
    let isOver = false
    let sent = 0
    const floods = flooders.map(async (buyer, which) => {
      // The third never says who it is; the fourth never reads what it is told.
      const [hello, good] = [await buyer.sayHello(), which === 2 ? undefined : await buyer.voucher(btt, 1n)]
      if (which === 3) buyer.peer.socket.pause()
      for (let seq = 1; !isOver && !buyer.peer.isClosed; seq++) {
        buyer.peer.sendSpeed(good === undefined ? hello : { ...good, n: seq, z: Buffer.alloc(65, seq % 256) })
        sent += 1
        if (seq % 64 === 0) await written(buyer)
      }
    })
    const honest = await swarm.get('honest', [seller.address], ['--download-limit', String(2 << 20), '--json'])
    expect((await honest.end(60_000)).code, honest.printed).toBe(0)
    isOver = true
    await Promise.all(floods)
    expect(sent).toBeGreaterThan(1_000)
    expect(swarm.difference('honest')).toBeUndefined()
    expect(honest.json<GetReport>().bytes).toBe(bytes)
    // Not one of them paid for anything, and who keeps to the rules after that is served.
    await expectServed(await make('open'))
  })
})

/** Resolves when the kernel has taken what was written, or never will; other events had their turn. */
async function written(buyer: HostileBuyer): Promise<void> {
  const { socket } = buyer.peer
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off('drain', done)
      socket.off('close', done)
      setImmediate(resolve)
    }
    if (socket.destroyed || !socket.writableNeedDrain) return done()
    socket.once('drain', done)
    socket.once('close', done)
  })
}

const offers: readonly (readonly [what: string, offer: Bencoded])[] = [
  ['an integer', 7],
  ['a list', [1, 2]],
  ['empty', {}],
  ['a short nonce', { v: 1, n: Buffer.alloc(15), s: 0, l: [] }],
  ['an s of 2', { v: 1, n: Buffer.alloc(16), s: 2, l: [] }],
  ['words for numbers', { v: 'one', n: Buffer.alloc(16), s: 'no', l: [] }],
  ['ledgers of 31 bytes', { v: 1, n: Buffer.alloc(16), s: 0, l: [Buffer.alloc(31)] }],
  ['ledgers of integers', { v: 1, n: Buffer.alloc(16), s: 0, l: [1, 2, 3] }],
  ['a dictionary of ledgers', { v: 1, n: Buffer.alloc(16), s: 0, l: { a: 1 } }],
  ['a version of nothing', { v: 0, n: Buffer.alloc(16), s: 0, l: [] }],
]

describe('an offer that breaks the specification makes an ordinary peer', { timeout: 60_000 }, () => {
  it.each(offers)('%s', async (_what, offer) => {
    await expectOrdinary((buyer) => buyer.peer.greet(offer))
  })

  it('also without a message id for it, with a bad one, and with ledgers that nobody shares', async () => {
    const good = { v: 1, n: Buffer.alloc(16, 5), s: 0, l: [ledgerOf(domain)] }
    await expectOrdinary((buyer) => buyer.peer.greet(good, {}))
    await expectOrdinary((buyer) => buyer.peer.greet(good, { btt_speed: 'x' }))
    await expectOrdinary((buyer) => buyer.peer.greet(good, { btt_speed: 0 }))
    await expectOrdinary((buyer) => buyer.peer.greet(good, { btt_speed: 256 }))
    await expectOrdinary((buyer) => buyer.peer.greet({ ...good, l: [Buffer.alloc(32, 1)] }))
  })
})

/** No word of btt_speed comes, whatever is said, and every byte of a piece does. */
async function expectOrdinary(greet: (buyer: HostileBuyer) => void): Promise<void> {
  const options = { port: seller.port, infoHash: swarm.infoHash, domain }
  const buyer = HostileBuyer.unannounced(options)
  open.push(buyer)
  greet(buyer)
  await buyer.peer.until('the extended handshake', () => buyer.peer.greeting)
  buyer.bid(1, btt, btt)
  await buyer.sayHello()
  await expectServed(buyer)
  expect(buyer.peer.speed).toEqual([])
  buyer.close()
}
