/** Two desks that sell to each other over a real chain, real books and real markets; only the socket is memory. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Btt, blockBytes, btt, oneBtt, silentLogger, systemClock } from '@millrace/base'
import { type ChainNode, startChain } from '@millrace/chain'
import { exportJournal } from '@millrace/journal'
import { UploadMarket } from '@millrace/market'
import type { PaidConnection, PaidSession, PaidTorrent } from '@millrace/swarm'
import { ledgerId } from '@millrace/voucher'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { booksFolderOf, buildPayments, openLedgerAccess } from './open-money.ts'
import type { PaymentDesk } from './payment-desk.ts'

const handle = 1
const ask = oneBtt
const prepayment = btt(oneBtt / 4n)
const torrent = { infoHash: new Uint8Array(20).fill(9), pieceLength: 65_536, isPrivate: false }
let folder: string
let chain: ChainNode
let open: (() => Promise<void>)[]

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-set-off-'))
  open = []
  chain = await startChain({
    blockTime: { kind: 'on-demand', leastSeconds: 0 },
    rpc: { host: '127.0.0.1', port: 0 },
    logger: silentLogger,
  })
})
afterEach(async () => {
  for (const close of open.splice(0)) await close()
  await chain.close()
  rmSync(folder, { recursive: true, force: true })
})

/** One end: what it still has to send, and its session with the other. */
class Party {
  readonly desk: PaymentDesk
  readonly market: UploadMarket
  session: PaidSession | undefined
  leftBytes = 0
  /** What of the other's blocks came here, billed or not. */
  readonly torrent: PaidTorrent

  constructor(desk: PaymentDesk, market: UploadMarket) {
    this.desk = desk
    this.market = market
    this.torrent = { ...torrent, leftBytes: () => 1 << 24, receivedBytes: () => 0 }
  }

  static async open(name: string, index: number): Promise<Party> {
    const market = new UploadMarket({
      capacity: { kind: 'limited', bytesPerSecond: 2 << 20 },
      askPerMiB: ask,
      wakePpm: 0,
      sleepPpm: 0,
    })
    const buying = { spendRatePerSecond: btt(4n * oneBtt), priceMaxPerMiB: ask, budget: btt(64n * oneBtt), prepayment }
    const access = { rpcUrl: chain.rpcUrl, vault: chain.vaultAddress, booksFolder: path.join(folder, name) }
    const key = { kind: 'dev', index } as const
    const options = { ...access, key, buying, sells: true, confirmDeposit: async () => true }
    const desk = await buildPayments(options, market, silentLogger)
    open.push(() => desk.close())
    return new Party(desk, market)
  }

  /** Sends what the market chooses to the other end. */
  pump(other: Party): void {
    const now = systemClock.now()
    const block = Math.min(blockBytes, this.leftBytes)
    this.market.setBacklog(handle, block, now)
    while (this.leftBytes > 0 && this.market.choose(now) === handle) {
      const bytes = Math.min(blockBytes, this.leftBytes)
      this.market.served(handle, bytes, now)
      this.leftBytes -= bytes
      this.market.setBacklog(handle, Math.min(blockBytes, this.leftBytes), now)
      other.session?.onBlock(0, bytes)
      other.session?.onVerified(0, bytes)
    }
  }
}

/** Joins two parties and lets time pass until both have sent `bytes` and are settled. */
async function trade(one: Party, other: Party, bytes: readonly [number, number]): Promise<void> {
  const offers = [one.desk.offer(one.torrent), other.desk.offer(other.torrent)] as const
  const [ownOffer, peerOffer] = offers
  if (ownOffer === undefined || peerOffer === undefined) throw new Error('expected both sides to offer')
  const join = (own: Party, peer: Party, terms: Pick<PaidConnection, 'ownOffer' | 'peerOffer'>): void => {
    own.market.addPeer(handle, '192.0.2.0/24', systemClock.now())
    own.market.setUnchoked(handle, true, systemClock.now())
    const send = (payload: Uint8Array): void => void setImmediate(() => peer.session?.receive(payload))
    const remote = { host: '192.0.2.1', port: 6881 }
    own.session = own.desk.open({ peer: handle, torrent: own.torrent, remote, ...terms, send, close: () => {} })
  }
  join(one, other, { ownOffer, peerOffer })
  join(other, one, { ownOffer: peerOffer, peerOffer: ownOffer })
  const epochs = setInterval(() => {
    for (const { desk, market } of [one, other]) desk.onEpoch(market.epoch(systemClock.now()))
  }, 250)
  const blocks = setInterval(() => {
    one.pump(other)
    other.pump(one)
  }, 5)
  try {
    // Free bytes would be no trade: both bid first.
    const bids = (): boolean => [one, other].every(({ market }) => market.peerView(handle).bid !== undefined)
    await vi.waitUntil(bids, { timeout: 10_000 })
    ;[one.leftBytes, other.leftBytes] = bytes
    await vi.waitUntil(() => one.leftBytes + other.leftBytes === 0, { timeout: 30_000 })
    const isSettled = (): boolean => [one, other].every(({ session }) => session?.isSettled() === true)
    await vi.waitUntil(isSettled, { timeout: 20_000 })
    // The last voucher may be on its way.
    const isEarned = (): boolean => one.desk.sales().earned === other.desk.purchase().paid
    const isEarnedThere = (): boolean => other.desk.sales().earned === one.desk.purchase().paid
    await vi.waitUntil(() => isEarned() && isEarnedThere(), { timeout: 20_000 })
  } finally {
    clearInterval(epochs)
    clearInterval(blocks)
    one.session?.onClose()
    other.session?.onClose()
    for (const { market } of [one, other]) market.removePeer(handle, systemClock.now())
  }
}

const sumsOf = ({ desk }: Party) => ({ bought: desk.purchase(), sold: desk.sales() })

interface Sums {
  readonly setOff: Btt
  readonly paid: bigint
  readonly billed: bigint
  /** What each has paid beyond its bill. */
  readonly ahead: readonly bigint[]
}

/** What both sides came to, by the end of a run; `before` it each had paid so much ahead. */
function expectAgreed(one: Party, other: Party, before: readonly bigint[] = [0n, 0n]): Sums {
  const [a, b] = [sumsOf(one), sumsOf(other)]
  expect([a.sold.billed, b.sold.billed]).toEqual([b.bought.billed, a.bought.billed])
  expect([a.sold.earned, b.sold.earned]).toEqual([b.bought.paid, a.bought.paid])
  expect(new Set([a.sold.setOff, a.bought.setOff, b.sold.setOff, b.bought.setOff]).size).toBe(1)
  const ahead = [a, b].map(({ bought }, i) => (before[i] ?? 0n) + bought.paid + bought.setOff - bought.billed)
  for (const rest of ahead) expect(rest).toBeGreaterThanOrEqual(0n)
  const paid = a.bought.paid + b.bought.paid
  return { setOff: a.sold.setOff, paid, billed: a.bought.billed + b.bought.billed, ahead }
}

async function closeAll(): Promise<void> {
  for (const close of open.splice(0)) await close()
}

/** The journal that a party left behind: entries by kind, and what is set off at the end. */
async function journalOf(name: string, index: number) {
  const booksFolder = path.join(folder, name)
  const access = { rpcUrl: chain.rpcUrl, vault: chain.vaultAddress, booksFolder, key: { kind: 'dev', index } as const }
  const opened = await openLedgerAccess(access, silentLogger)
  const books = booksFolderOf(access, ledgerId(opened.ledger.domain), opened.account)
  await opened.chain.close()
  const lines = [...exportJournal(books)].map((line) => JSON.parse(line))
  return { lines, setOff: lines.find(({ type }) => type === 'setOff') }
}

test('two desks set off what they sell each other, pay the rest, and go on from there in another run', {
  timeout: 120_000,
}, async () => {
  const first = [await Party.open('one', 3), await Party.open('other', 4)] as const
  await trade(...first, [6 << 20, 5 << 20])
  const run = expectAgreed(...first)
  expect(run.billed).toBeGreaterThan(8n * oneBtt)
  expect(run.setOff).toBeGreaterThan(3n * oneBtt)
  expect(run.paid).toBeLessThan(run.billed - 6n * oneBtt)
  await closeAll()
  const before = await journalOf('one', 3)
  expect(before.setOff).toMatchObject({ sum: String(run.setOff), lostByOther: '0' })
  expect((await journalOf('other', 4)).setOff).toMatchObject({ sum: String(run.setOff), lostByOther: '0' })

  const second = [await Party.open('one', 3), await Party.open('other', 4)] as const
  await trade(...second, [2 << 20, 4 << 20])
  const again = expectAgreed(...second, run.ahead)
  expect(again.setOff).toBeGreaterThan(0n)
  await closeAll()
  const after = await journalOf('one', 3)
  expect(BigInt(after.setOff.sum)).toBe(run.setOff + again.setOff)
})
