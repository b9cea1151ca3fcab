/** A chain, a seller and a buyer that die at crash points and go on from their books: what the crash tests share. */

import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { type CrashPoint, maxBig } from '@millrace/base'
import { defaultGenesis } from '@millrace/chain'
import { expect } from 'vitest'
import { type BooksOnDisk, booksBelow, wholeBtt } from './books.ts'
import { removeFolder } from './content.ts'
import { audit, rpcCall, startChain, type TestChain, tradeOn } from './economy.ts'
import { booksInVault, type VaultBooks } from './money-proofs.ts'
import { eventually, type Running } from './processes.ts'
import { type Seeder, TestSwarm } from './swarm.ts'

/** Longer than a price epoch, the deposit's block and a few vouchers take on a busy machine. */
export const payloadBytes = 3 << 20
const pieceLength = 1 << 16
/** Ask and highest price are one: each byte costs the same, so what was lost can be told. */
const pricePerMiB = 40
const uploadBytesPerSecond = 1 << 20
/**
 * 256 KiB: so little that marks follow each other within one download; what a seller lends, an eighth of what it was paid,
 * is still above what a block costs.
 */
const prepaymentBtt = 10
const withdrawDelaySeconds = 1
/** In which a crash point is reached. */
export const downloadsMax = 4n
/** Of development accounts 1 and 2. */
export const sellerAddress = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
const buyerAddress = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc'

const payloadCost = wholeBtt((pricePerMiB * payloadBytes) >> 20)
/** A buyer can lose its prepayment and one piece. */
const buyerLossMax = wholeBtt(prepaymentBtt) + (wholeBtt(pricePerMiB) * BigInt(pieceLength)) / 2n ** 20n
/** A seller lends an eighth of what it was paid, and a MiB to one that pays nothing ahead, or has paid nothing yet. */
const creditDivisor = 8n
const firstLoan = wholeBtt(pricePerMiB)

/** What happened since books were read: promise 7 bounds what it may have cost. */
export interface Faults {
  /** Of the whole content: those that were over before a crash point was reached count too. */
  readonly downloads?: bigint
  /** kill -9 of whomever. */
  readonly kills?: bigint
  /** The buyer that died paid nothing ahead. */
  readonly isLent?: boolean
}

/** The most that a buyer may have signed for: what it got, and for each kill what one may cost it. */
export function spentMax({ downloads = 1n, kills = 1n }: Faults): bigint {
  return downloads * payloadCost + kills * buyerLossMax
}

/** `POINT` or `POINT:COUNT`: the pass that kills. */
export type Fatal = CrashPoint | `${CrashPoint}:${number}`

export class CrashWorld {
  readonly swarm: TestSwarm
  chain: TestChain
  #seller: Running | undefined

  private constructor(swarm: TestSwarm, chain: TestChain) {
    this.swarm = swarm
    this.chain = chain
  }

  static async open(name: string, bytes = payloadBytes): Promise<CrashWorld> {
    const swarm = new TestSwarm(name.replaceAll(' ', '-'), { bytes, pieceLength, seed: 11 })
    return new CrashWorld(swarm, await startChain(swarm.home('chain').folder, { genesis: genesisIn(swarm.folder) }))
  }

  async sell(fatal?: Fatal, port?: number): Promise<Seeder> {
    // A test that failed may have left one, which has the books.
    await this.#seller?.stop('SIGKILL')
    const terms = ['--ask', String(pricePerMiB), '--bill', 'always', '--upload-limit', String(uploadBytesPerSecond)]
    const seller = await this.swarm.seed('seller', [...terms, ...tradeOn(this.chain, 1)], port, crashing(fatal))
    this.#seller = seller.running
    // From then on it hears an interrupt.
    await eventually('the seller seeds', 30_000, () => {
      return seller.running.isOver || seller.running.err.some((line) => line.startsWith('seeding'))
    })
    return seller
  }

  /** Downloads into `out`; the books are the same each time. */
  async buy(out: string, seller: Seeder, fatal?: Fatal, ...more: readonly string[]): Promise<Running> {
    const limits = ['--bid', '160', '--max-price', String(pricePerMiB), '--budget', '1000']
    const terms = [...limits, '--prepay', String(prepaymentBtt), '--yes', '--jsonl', ...tradeOn(this.chain, 2)]
    const into = ['--out', this.swarm.out(out)]
    const { torrent } = this.swarm
    const args = ['get', torrent, ...into, '--port', '0', '--peer', seller.address, ...terms, ...more]
    return this.swarm.start('buyer', args, crashing(fatal))
  }

  /** How many transactions of the buyer are in blocks. */
  async buyerTransactions(): Promise<number> {
    return Number(await rpcCall(this.chain.rpc, 'eth_getTransactionCount', [buyerAddress, 'latest']))
  }

  /**
   * A buyer that dies at its point. A download can end before it comes there (the seller hears of the deposit with its next
   * look at the chain, and serves for nothing until then): then there is another. Returns how many there were.
   */
  async dieBuying(out: string, seller: Seeder, fatal: Fatal, ...more: readonly string[]): Promise<bigint> {
    for (let downloads = 1n; ; downloads++) {
      const dying = await this.buy(out, seller, fatal, ...more)
      const { signal, code } = await dying.end(60_000)
      if (signal === 'SIGKILL') return downloads
      expect([code, downloads < downloadsMax], dying.printed).toEqual([0, true])
      removeFolder(this.swarm.out(out))
    }
  }

  /** One step of withdrawing 1 BTT from the seller's vault balance. */
  withdraw(fatal?: Fatal): Running {
    const args = ['wallet', 'withdraw', '1', '--yes', '--json', ...tradeOn(this.chain, 1)]
    return this.swarm.start('seller', args, crashing(fatal))
  }

  /** What the vault says of the seller. */
  sellerInVault(): Promise<VaultBooks> {
    return booksInVault(this.chain, sellerAddress)
  }

  /** A withdrawal was planned, and its delay is over. */
  async untilDue(): Promise<void> {
    await eventually('the planned withdrawal is due', 30_000, async () => {
      const { planned, plannedAt } = await this.sellerInVault()
      return planned > 0n && (Number(plannedAt) + withdrawDelaySeconds) * 1_000 <= Date.now()
    })
  }

  async untilWithdrawn(sum: bigint): Promise<void> {
    await eventually('it is withdrawn', 30_000, async () => (await this.sellerInVault()).withdrawn >= sum)
    expect((await this.sellerInVault()).withdrawn).toBe(sum)
  }

  /** The chain goes on in its folder and at its port, with whatever was committed. */
  async restartChain(fatal?: Fatal): Promise<void> {
    const { port, vault } = this.chain
    await this.chain.running.stop('SIGKILL')
    this.chain = await startChain(this.swarm.home('chain').folder, { port, env: crashing(fatal) })
    expect(this.chain.vault).toBe(vault)
  }

  books(): { readonly buyer: BooksOnDisk | undefined; readonly seller: BooksOnDisk | undefined } {
    return { buyer: booksBelow(this.swarm.home('buyer').folder), seller: booksBelow(this.swarm.home('seller').folder) }
  }

  /** Nobody's journal has an entry with one side only. */
  expectBalance(): void {
    const { buyer, seller } = this.books()
    expect(buyer?.sum ?? 0n).toBe(0n)
    expect(seller?.sum ?? 0n).toBe(0n)
  }

  /** That, and none contradicts the chain. */
  async expectAgreement(): Promise<void> {
    this.expectBalance()
    expect(await audit(this.chain, this.swarm.folder)).toMatchObject({ imbalance: '0' })
  }

  expectAllCashed(): void {
    const { seller } = this.books()
    expect(seller?.accepted).toBeGreaterThan(0n)
    expect(seller?.cashed).toBe(seller?.accepted)
  }

  /** Every byte is right, and since `before` nobody lost more than the market's bounds allow. */
  async expectDownload(out: string, before: ReturnType<CrashWorld['books']>, faults: Faults = {}): Promise<void> {
    expect(this.swarm.difference(out)).toBeUndefined()
    const { buyer, seller } = this.books()
    const { kills = 1n, isLent = false } = faults
    const lent = kills * maxBig(isLent ? firstLoan : 0n, (seller?.accepted ?? 0n) / creditDivisor)
    // Who dies before its first voucher is heard has had its trial, which no account gets a second time.
    const isStranger = (before.seller?.accepted ?? 0n) === 0n && (before.seller?.writtenOff ?? 0n) === 0n
    const trial = isStranger ? firstLoan : 0n
    expect((buyer?.issued ?? 0n) - (before.buyer?.issued ?? 0n)).toBeLessThanOrEqual(spentMax(faults))
    expect((seller?.accepted ?? 0n) - (before.seller?.accepted ?? 0n)).toBeGreaterThanOrEqual(0n)
    expect((seller?.writtenOff ?? 0n) - (before.seller?.writtenOff ?? 0n)).toBeLessThanOrEqual(lent + trial)
    await this.expectAgreement()
  }

  /** Of the files; the processes are stopped before. */
  close(): Promise<void> {
    return this.swarm.close()
  }
}

/** The process reached the point and killed itself there: nothing else here sends it SIGKILL. */
export async function expectDeath(running: Running): Promise<void> {
  const ended = await running.end(60_000)
  expect(ended.signal, running.printed).toBe('SIGKILL')
}

export async function expectEnd(running: Running, timeoutMilliseconds = 90_000): Promise<void> {
  expect((await running.end(timeoutMilliseconds)).code, running.printed).toBe(0)
}

/** A seller that is told to go cashes what it holds. */
export async function leave(seller: Seeder): Promise<void> {
  const { code } = await seller.running.stop('SIGINT')
  expect([0, 130], seller.running.printed).toContain(code)
}

function crashing(fatal: Fatal | undefined): Readonly<Record<string, string>> {
  return fatal === undefined ? {} : { MILLRACE_CRASH_AT: fatal }
}

function genesisIn(folder: string): string {
  const file = path.join(folder, 'genesis.json')
  writeFileSync(file, JSON.stringify({ ...defaultGenesis, vault: { withdrawDelaySeconds } }))
  return file
}
