import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Btt, btt, type Logger, systemClock } from '@millrace/base'
import { FileBookStore } from '@millrace/journal'
import { UploadMarket } from '@millrace/market'
import type { PaidConnection, PaidSession, PaidTorrent } from '@millrace/swarm'
import { type Account, inlineVerifier, keySigner, type Ledger, ledgerId, type Signer } from '@millrace/voucher'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DeskBooks } from './desk-books.ts'
import { Payee } from './payee.ts'
import { Payer } from './payer.ts'
import { PaymentDesk } from './payment-desk.ts'
import type { BuyingTerms } from './terms.ts'

const third: Account = `0x${'03'.repeat(20)}`
const infoHash = new Uint8Array(20).fill(9)
const torrent: PaidTorrent = {
  infoHash,
  pieceLength: 65_536,
  isPrivate: false,
  leftBytes: () => 1 << 30,
  receivedBytes: () => 0,
}
const coverage = { deposited: btt(1_000_000n), withdrawn: btt(0n), planned: btt(0n), paidOut: btt(0n) }
const ledger: Ledger = {
  domain: { chainId: 19_990n, verifyingContract: third, genesisHash: new Uint8Array(32) },
  coverage: () => coverage,
  cashed: () => btt(0n),
  watch: async () => {},
  unwatch() {},
  onBlock: () => () => {},
  depositFor: async () => {},
  cash: async () => [],
}
const buying: BuyingTerms = { spendRatePerSecond: btt(4_000n), priceMaxPerMiB: btt(100n), budget: btt(80_000n) }
/** Two seconds of the spend rate. */
const prepaid = 8_000n
let folder: string
let closers: (() => Promise<void>)[]

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-desk-'))
  closers = []
})
afterEach(async () => {
  for (const close of closers.reverse()) await close()
  rmSync(folder, { recursive: true, force: true })
})

interface Party {
  readonly desk: PaymentDesk
  readonly store: FileBookStore
  readonly market: UploadMarket
  readonly key: Signer
  /** Messages logged as errors, and as warnings. */
  readonly errors: string[]
  readonly warnings: string[]
}

const epoch = { pricePerMiB: btt(1n), capacity: 1, sentRate: 0, peers: [] }
let handles = 0
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function party(name: string, keyByte: number, terms: { askPerMiB?: Btt; buying?: BuyingTerms }): Promise<Party> {
  const key = keySigner(new Uint8Array(32).fill(keyByte))
  const errors: string[] = []
  const warnings: string[] = []
  const logger: Logger = {
    log(level, message) {
      if (level === 'error') errors.push(message)
      if (level === 'warn') warnings.push(message)
    },
  }
  const options = { folder: path.join(folder, name), account: key.account, ledgerId: ledgerId(ledger.domain) }
  const books = await DeskBooks.open((onError) => FileBookStore.open({ ...options, onError }), logger)
  const { askPerMiB } = terms
  const capacity = { kind: 'limited', bytesPerSecond: 1 << 20 } as const
  const market = new UploadMarket({ capacity, askPerMiB, wakePpm: 0, sleepPpm: 0 })
  const payer = terms.buying && new Payer({ ledger, signer: key, books }, terms.buying.budget)
  const payee = new Payee({ ledger, books, logger, isWorthCashing: async () => false })
  const vault = { rewarded: btt(0n), catchUp: async () => {}, close: async () => {} }
  const closeLedger = async (): Promise<void> => {}
  const desk = new PaymentDesk(
    { ledger, signer: key, verifier: inlineVerifier, books, market, payer, payee, vault, logger, closeLedger },
    { sells: askPerMiB !== undefined, buying: terms.buying },
  )
  closers.push(() => desk.close())
  return { desk, store: books.store, market, key, errors, warnings }
}

/** A connection in memory; each message arrives in a turn of its own. */
function connect(left: Party, right: Party): { readonly handle: number; readonly sessions: readonly PaidSession[] } {
  handles += 1
  const handle = handles
  const [leftOffer, rightOffer] = [left.desk.offer(torrent), right.desk.offer(torrent)]
  if (leftOffer === undefined || rightOffer === undefined) throw new Error('expected both sides to offer')
  const sessions: PaidSession[] = []
  const end = (own: number, { market, desk }: Party, offers: Pick<PaidConnection, 'ownOffer' | 'peerOffer'>): void => {
    market.addPeer(handle, '192.0.2.0/24', systemClock.now())
    const send = (payload: Uint8Array): void => void setImmediate(() => sessions[1 - own]?.receive(payload))
    const remote = { host: '192.0.2.1', port: 6881 }
    sessions[own] = desk.open({ peer: handle, torrent, remote, ...offers, send, close: () => {} })
  }
  end(0, left, { ownOffer: leftOffer, peerOffer: rightOffer })
  end(1, right, { ownOffer: rightOffer, peerOffer: leftOffer })
  return { handle, sessions }
}

test('sellers that verified nothing are together paid ahead no more than an eighth of the budget', async () => {
  // 4000 a second and so 8000 ahead for each of four: 32000 without a common ceiling of 10000.
  const buyer = await party('buyer', 1, { buying: { ...buying, spendRatePerSecond: btt(16_000n) } })
  const links: { readonly seller: Party; readonly handle: number; readonly sessions: readonly PaidSession[] }[] = []
  for (const keyByte of [11, 12, 13, 14]) {
    const seller = await party(`seller-${keyByte}`, keyByte, { askPerMiB: btt(10n) })
    links.push({ seller, ...connect(buyer, seller) })
  }
  const earned = (): bigint[] => links.map(({ seller }) => seller.desk.sales().earned)
  const all = (): bigint => earned().reduce((sum, part) => sum + part, 0n)
  await vi.waitUntil(() =>
    links.every(({ seller, handle }) => seller.market.peerView(handle).quotePerMiB !== undefined),
  )
  // The last quote is on its way.
  await nextTurn()
  await nextTurn()
  buyer.desk.onEpoch(epoch)
  await vi.waitUntil(() => all() === 10_000n)
  expect(buyer.desk.purchase().paid).toBe(10_000n)
  expect(earned().sort()).toEqual([0n, 0n, 2_000n, 8_000n])
  // Whoever has delivered makes room for as much as it holds, and no more.
  links.find(({ seller }) => seller.desk.sales().earned === 8_000n)?.sessions[0]?.onVerified(0, 65_536)
  await vi.waitUntil(() => all() === 18_000n)
  expect(buyer.desk.purchase().paid).toBe(18_000n)
})

test('a buyer that an earlier run lost money with begins where that run ended', async () => {
  const [buyer, seller] = [await party('buyer', 1, { buying }), await party('seller', 2, { askPerMiB: btt(10n) })]
  seller.store.billed(buyer.key.account, btt(500n), 65_536)
  seller.store.writtenOff(buyer.key.account, btt(500n), Math.floor(Date.now() / 1000) - 90)
  const opened = vi.spyOn(seller.market, 'setAccount')
  connect(seller, buyer)
  await vi.waitFor(() => expect(opened).toHaveBeenCalledOnce())
  const [, books] = opened.mock.calls[0] ?? []
  expect(books).toMatchObject({ paid: 0n, billed: 0n, writeOffs: { count: 1, paidThen: 0n } })
  expect(books?.writeOffs?.agoMs).toBeGreaterThanOrEqual(90_000)
})

test('the echo of a withdrawn bid bills the blocks before it, and the next bid is heard', async () => {
  const seller = await party('seller', 41, { askPerMiB: btt(6_400n) })
  const buyer = await party('buyer', 42, { buying: { ...buying, priceMaxPerMiB: btt(10_000n) } })
  const { handle, sessions } = connect(buyer, seller)
  const { market } = seller
  await vi.waitUntil(() => buyer.desk.purchase().pricePerMiB !== undefined)
  buyer.desk.onEpoch(epoch)
  await vi.waitUntil(() => market.peerView(handle).bid !== undefined && seller.desk.sales().earned > 0n)
  market.setBacklog(handle, 16_384, systemClock.now())
  market.epoch(systemClock.now())
  seller.desk.onEpoch(epoch)
  // The dearer quote has left; a block is billed and the bid taken back before the seller's next tick.
  const serve = (): boolean => market.choose(systemClock.now()) === handle
  await vi.waitUntil(serve, { interval: 1 })
  sessions[0]?.onBlock(0, 16_384)
  sessions[0]?.onVerified(0, 16_384)
  expect(market.served(handle, 16_384, systemClock.now())).toBeGreaterThan(0n)
  buyer.desk.leave()
  await vi.waitUntil(() => market.peerView(handle).bid === undefined)
  await vi.waitUntil(() => buyer.desk.purchase().billed === 100n, { timeout: 5_000 })
  buyer.desk.onEpoch(epoch)
  await vi.waitUntil(() => market.peerView(handle).bid !== undefined, { timeout: 5_000 })
  expect(buyer.warnings).toEqual([])
})

/** A small file system of its own, so that it can be filled. */
function smallDisk(): string | undefined {
  const point = path.join(folder, 'small')
  mkdirSync(point)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', point], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  closers.push(async () => void execFileSync('umount', [point]))
  return point
}

const pageBytes = 4_096
const recordBytesMax = 200

/** Takes every free page, and what the log's last page has left but for less than a record. */
function fillDisk(point: string, { store }: Party, name: string): void {
  const log = readdirSync(path.join(point, name)).find((file) => file.endsWith('.log')) ?? 'no log'
  const sizeOf = (): number => statSync(path.join(point, name, log)).size
  let billed = 1n
  const note = (amount: bigint): number => {
    const before = sizeOf()
    store.billed(third, btt(amount), 1)
    return sizeOf() - before
  }
  const usual = note(billed)
  const left = (): number => (pageBytes - (sizeOf() % pageBytes)) % pageBytes
  while (left() >= 2 * usual + 8) note(++billed)
  // A longer amount makes a longer record.
  while (left() > usual) note(10n ** BigInt(Math.min(60, left() - usual)) * ++billed)
  expect(left()).toBeLessThan(recordBytesMax)
  const filler = openSync(path.join(point, 'filler'), 'w')
  try {
    for (;;) writeSync(filler, new Uint8Array(pageBytes))
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' })
  } finally {
    closeSync(filler)
  }
}

const ended = 'buying and selling ended: the books cannot be written'

describe('when the disk of the books is full', () => {
  test('a seller takes no voucher and no bid any more, says so once, and goes on as an ordinary peer', async (context) => {
    const point = smallDisk()
    if (point === undefined) return context.skip('needs the right to mount a tmpfs')
    const seller = await party('small/seller', 21, { askPerMiB: btt(10n) })
    const buyer = await party('buyer', 22, { buying })
    fillDisk(point, seller, 'seller')
    const { handle, sessions } = connect(buyer, seller)
    await vi.waitUntil(() => seller.errors.length > 0)
    expect(buyer.desk.purchase()).toMatchObject({ paid: prepaid, vouchers: 1 })
    expect(seller.market.peerView(handle)).toMatchObject({ bid: undefined, entitled: false })
    expect(seller.market.account(buyer.key.account)).toMatchObject({ paid: 0n, billed: 0n })
    expect(seller.desk.offer(torrent)).toBeUndefined()
    for (const session of sessions) session.onClose()
    expect(seller.desk.sales()).toMatchObject({ billed: 0n, earned: 0n, cashed: 0n })
    expect(seller.desk.sales().credits[buyer.key.account]).toEqual({ billed: 0n, paid: 0n, credit: 0n })
    await seller.desk.close()
    expect(seller.errors).toEqual([ended])
    rmSync(path.join(point, 'filler'))
    const again = await party('small/seller', 21, { askPerMiB: btt(10n) })
    expect(again.store.payeeBook().accepted.size).toBe(0)
    expect(again.store.imbalance()).toBe(0n)
  })

  test('a buyer signs nothing, takes its bid back, says so once, and goes on as an ordinary peer', async (context) => {
    const point = smallDisk()
    if (point === undefined) return context.skip('needs the right to mount a tmpfs')
    const seller = await party('seller', 31, { askPerMiB: btt(10n) })
    const buyer = await party('small/buyer', 32, { buying })
    fillDisk(point, buyer, 'buyer')
    const { handle, sessions } = connect(buyer, seller)
    await vi.waitUntil(() => buyer.errors.length > 0)
    await vi.waitUntil(() => seller.market.peerView(handle).bid === undefined)
    expect(buyer.desk.purchase()).toMatchObject({ paid: 0n, vouchers: 0, budgetLeft: 80_000n })
    sessions[0]?.onVerified(0, 65_536)
    buyer.desk.onEpoch(epoch)
    expect(buyer.desk.offer(torrent)).toBeUndefined()
    await buyer.desk.settled(60_000)
    for (const session of sessions) session.onClose()
    expect(seller.desk.sales().earned).toBe(0n)
    await buyer.desk.close()
    expect(buyer.errors).toEqual([ended])
    expect(seller.errors).toEqual([])
    rmSync(path.join(point, 'filler'))
    const again = await party('small/buyer', 32, { buying })
    expect(again.store.payerBook()).toMatchObject({ seq: 0n, totalIssued: 0n })
  })
})
