// Vouchers through the real payment desk, books and signature worker, beside a loop that is busy with block decisions; and
// what messages of hostile peers take of that loop.

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { FileBookStore } from '../packages/journal/dist/index.js'
import { UploadMarket } from '../packages/market/dist/index.js'
import { DeskBooks } from '../packages/node/dist/payments/desk-books.js'
import { Payee } from '../packages/node/dist/payments/payee.js'
import { PaymentDesk } from '../packages/node/dist/payments/payment-desk.js'
import { WorkerVerifier } from '../packages/node/dist/payments/worker-verifier.js'
import { accountBytes, keySigner, ledgerId, roleOf, voucherMessage } from '../packages/voucher/dist/index.js'
import { encodeBttSpeed } from '../packages/wire/dist/index.js'
import { cpuMilliseconds } from './support.js'

const payers = 200
const vouchersEach = 100
const hostileMessages = 4_000
const blockBytes = 16_384
const ask = 1n << 20n
/** The loop's other work: so long a stretch of block decisions in each turn. */
const busyMilliseconds = 1
const blocksBetweenLooks = 16
const coverage = { deposited: 10n ** 30n, withdrawn: 0n, planned: 0n, paidOut: 0n }
const domain = { chainId: 19_990n, verifyingContract: `0x${'03'.repeat(20)}`, genesisHash: new Uint8Array(32) }
const torrent = {
  infoHash: new Uint8Array(20).fill(9),
  pieceLength: 65_536,
  isPrivate: false,
  leftBytes: () => 1 << 30,
}
/** The chain is the one thing that is not real: it says that every deposit is there. */
const ledger = {
  domain,
  coverage: () => coverage,
  cashed: () => 0n,
  watch: async () => {},
  unwatch() {},
  onBlock: () => () => {},
  depositFor: async () => {},
  cash: async () => [],
}
const logger = { log() {} }

export async function voucherFigures(bench) {
  const seller = await openSeller(path.join(bench.folder, 'books'))
  try {
    const buyers = []
    for (let i = 0; i < (bench.quick ? 20 : payers); i += 1)
      buyers.push(await openBuyer(seller, i, bench.quick ? 10 : vouchersEach))
    await until(() => buyers.every((buyer) => buyer.isQuoted))
    const accepted = await acceptAll(seller, buyers)
    const hostile = await sendHostile(seller, buyers[0], bench.quick ? 100 : hostileMessages)
    return { payers: buyers.length, ...accepted, ...hostile }
  } finally {
    await seller.desk.close()
  }
}

async function openSeller(folder) {
  mkdirSync(folder, { recursive: true })
  const key = keySigner(new Uint8Array(32).fill(1))
  const options = { folder, account: key.account, ledgerId: ledgerId(domain) }
  const books = await DeskBooks.open((onError) => FileBookStore.open({ ...options, onError }), logger)
  const market = new UploadMarket({
    capacity: { kind: 'limited', bytesPerSecond: 1e9 },
    askPerMiB: ask,
    wakePpm: 0,
    sleepPpm: 0,
  })
  const payee = new Payee({ ledger, books, logger, isWorthCashing: async () => false })
  const verifier = new WorkerVerifier(logger)
  const vault = { catchUp: async () => {}, close: async () => {} }
  const parts = { ledger, signer: key, verifier, books, market, payer: undefined, payee, vault, logger }
  const desk = new PaymentDesk({ ...parts, closeLedger: () => verifier.close() }, { sells: true, buying: undefined })
  return { desk, market, payee, account: key.account }
}

/** A connection of a buyer that proved who it is, with vouchers signed ahead. */
async function openBuyer(seller, index, count) {
  const bytes = new Uint8Array(32).fill(7)
  new DataView(bytes.buffer).setUint32(0, index + 1)
  const key = keySigner(bytes)
  const buyer = { key, peer: index + 1, sent: 0, isQuoted: false, vouchers: [], session: undefined }
  buyer.session = connect(seller, buyer, () => {
    buyer.isQuoted = true
  })
  buyer.session.receive(await helloOf(buyer))
  for (let seq = 1; seq <= count; seq += 1) {
    buyer.vouchers.push(await voucherOf(key, seller.account, BigInt(seq) * 10n ** 12n, BigInt(seq)))
  }
  return buyer
}

function connect({ desk, market }, buyer, onMessage) {
  const ownOffer = desk.offer(torrent)
  const peerOffer = { ...ownOffer, nonce: new Uint8Array(16).fill(buyer.peer % 256), sells: false }
  buyer.offers = { ownOffer, peerOffer }
  market.addPeer(buyer.peer, `group ${buyer.peer}`, performance.now())
  market.setUnchoked(buyer.peer, true, performance.now())
  const remote = { host: '192.0.2.1', port: 6881 }
  return desk.open({ peer: buyer.peer, torrent, remote, ownOffer, peerOffer, send: onMessage, close() {} })
}

async function helloOf({ key, offers }) {
  const session = {
    ledger: ledgerId(domain),
    account: key.account,
    ownNonce: offers.peerOffer.nonce,
    otherNonce: offers.ownOffer.nonce,
    infoHash: torrent.infoHash,
    role: roleOf(false, true),
  }
  const signature = await key.signSession(domain, session)
  return encodeBttSpeed({ t: 'hello', account: accountBytes(key.account), signature })
}

async function voucherOf(key, payee, cumulative, seq) {
  const voucher = { payer: key.account, payee, cumulative, seq, totalIssued: cumulative }
  return encodeBttSpeed(voucherMessage({ ...voucher, signature: await key.signVoucher(domain, voucher) }))
}

/** Each buyer sends its next voucher when the one before is in the books; between that the loop decides blocks. */
async function acceptAll({ market, payee }, buyers) {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const open = new Set(buyers)
  const start = performance.now()
  const startCpu = cpuMilliseconds()
  const startUse = performance.eventLoopUtilization()
  let blocks = 0
  delay.enable()
  while (open.size > 0) {
    for (const buyer of open) {
      const taken = payee.newest(buyer.key.account)?.seq ?? 0n
      if (taken < BigInt(buyer.sent)) continue
      const next = buyer.vouchers[buyer.sent]
      if (next === undefined) open.delete(buyer)
      else {
        buyer.sent += 1
        buyer.session.receive(next)
      }
    }
    blocks += decideBlocks(market, buyers)
    await nextTurn()
  }
  delay.disable()
  const seconds = (performance.now() - start) / 1000
  const vouchers = buyers.reduce((sum, buyer) => sum + buyer.sent, 0)
  return {
    vouchers,
    acceptedPerSecond: Math.round(vouchers / seconds),
    acceptedPerCpuSecond: Math.round(vouchers / ((cpuMilliseconds() - startCpu) / 1000)),
    blocksPerSecond: Math.round(blocks / seconds),
    loopUse: rounded(performance.eventLoopUtilization(startUse).utilization),
    loopDelayP50Ms: rounded(delay.percentile(50) / 1e6),
    loopDelayP99Ms: rounded(delay.percentile(99) / 1e6),
  }
}

function decideBlocks(market, buyers) {
  const end = performance.now() + busyMilliseconds
  for (const { peer } of buyers) market.setBacklog(peer, blockBytes, performance.now())
  let blocks = 0
  for (let now = performance.now(); now < end; now = performance.now()) {
    for (let block = 0; block < blocksBetweenLooks; block += 1) {
      const peer = market.choose(now)
      if (peer < 0) break
      market.served(peer, blockBytes, now)
      blocks += 1
    }
  }
  return blocks
}

/** Messages that cost a receiver the most, each timed by itself and followed by a turn of the loop. */
async function sendHostile(seller, buyer, count) {
  const stranger = keySigner(new Uint8Array(32).fill(5))
  const forged = await voucherOf(stranger, seller.account, 10n ** 20n, 10n ** 6n)
  const asBuyer = voucherMessage({
    payer: buyer.key.account,
    payee: seller.account,
    cumulative: 10n ** 20n,
    seq: 10n ** 6n,
    totalIssued: 10n ** 20n,
    signature: new Uint8Array(65).fill(27),
  })
  const payloads = [
    forged,
    encodeBttSpeed(asBuyer),
    new Uint8Array(512).fill(0x6c),
    new Uint8Array(65_536).fill(0x64),
    encodeBttSpeed({ t: 'hello', account: accountBytes(stranger.account), signature: new Uint8Array(65).fill(27) }),
    encodeBttSpeed({ t: 'bid', number: 1, spendRatePerSecond: 2n ** 200n, priceMaxPerMiB: 2n ** 200n }),
  ]
  const times = []
  const startUse = performance.eventLoopUtilization()
  for (let i = 0; i < count; i += 1) {
    const fresh = { peer: 1_000_000 + i, key: stranger }
    // Half of them from strangers, half on a connection that is bound to an account.
    const session = i % 2 === 0 ? connect(seller, fresh, () => {}) : buyer.session
    const start = performance.now()
    session.receive(payloads[i % payloads.length])
    times.push(performance.now() - start)
    await nextTurn()
    if (i % 2 !== 0) continue
    session.onClose()
    seller.market.removePeer(fresh.peer, performance.now())
  }
  const use = performance.eventLoopUtilization(startUse)
  times.sort((a, b) => a - b)
  return {
    hostileMessages: count,
    hostileP50Ms: rounded(times[Math.floor(count / 2)]),
    hostileP99Ms: rounded(times[Math.floor(count * 0.99)]),
    hostileMaxMs: rounded(times[count - 1]),
    /** With the connection that brought it and the answer that came of it. */
    hostileLoopMeanMs: rounded(use.active / count),
  }
}

async function until(holds) {
  while (!holds()) await nextTurn()
}

function rounded(value) {
  return Number(value.toFixed(3))
}
