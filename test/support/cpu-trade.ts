/** A seller of CPU time with a CPU of the test's own, and a buyer by hand that signs whatever a test wants. */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseBtt, silentLogger, systemClock } from '@millrace/base'
import {
  CpuSeller,
  cpu,
  decodeMessage,
  encodeMessage,
  type Job,
  type Message,
  type Searcher,
  searchStep,
  shareBits,
  sharesPerStep,
  subjectOf,
} from '@millrace/cpu-seconds'
import { UploadMarket } from '@millrace/market'
import { buildPayments, type PaymentDesk } from '@millrace/node'
import {
  type BttSpeedMessage,
  decodeBttSpeed,
  decodeExtendedHandshake,
  encodeBttSpeed,
  encodeExtendedHandshake,
} from '@millrace/wire'
import type { Market } from './economy.ts'
import { bytesOf, freshKey, hexOf, ledgerOf, type MoneyDomain, signSession, signVoucher } from './money-proofs.ts'
import { eventually } from './processes.ts'

export const cpuProgram = fileURLToPath(new URL('../../examples/cpu-seconds/dist/main.js', import.meta.url))
const sellerAccount = 5
const unitsPerSecond = 1 << 18
const waitMilliseconds = 20_000

/** Does its first steps and gives nothing for the others. */
export class LazyCpu implements Searcher {
  readonly isFree = true
  #honestLeft: number

  constructor(honestSteps: number) {
    this.#honestLeft = honestSteps
  }

  async search({ seed, step }: { readonly seed: Uint8Array; readonly step: number }): Promise<readonly number[]> {
    if (this.#honestLeft-- > 0) return searchStep(seed, step, { bits: shareBits, count: sharesPerStep })
    return Array.from({ length: sharesPerStep }, (_, offset) => offset)
  }
}

export interface TestSeller {
  readonly port: number
  readonly payments: PaymentDesk
  close(): Promise<void>
}

/** Bids are billed also where nobody contends; a CPU second costs 1 BTT. */
export async function startSeller(chain: Market, folder: string, searcher: Searcher): Promise<TestSeller> {
  const market = new UploadMarket({
    resource: cpu,
    capacity: { kind: 'limited', bytesPerSecond: unitsPerSecond },
    askPerMiB: parseBtt('1'),
    wakePpm: 0,
    sleepPpm: 0,
  })
  const key = { kind: 'dev', index: sellerAccount } as const
  const access = { rpcUrl: chain.rpc, vault: chain.vault, key, booksFolder: `${folder}/books` }
  const payments = await buildPayments({ ...access, sells: true, resource: cpu }, market, silentLogger)
  const seller = new CpuSeller({ market, payments, searcher, clock: systemClock, logger: silentLogger })
  const timer = setInterval(() => payments.onEpoch(seller.epoch()), 1_000)
  const close = async (): Promise<void> => {
    clearInterval(timer)
    await seller.close()
    await payments.close()
  }
  return { port: await seller.listen(0), payments, close }
}

export class CpuClient {
  readonly key = freshKey()
  readonly job: Job = { seed: randomBytes(32), goalBits: 40 }
  readonly received: BttSpeedMessage[] = []
  readonly #socket: Socket
  readonly #domain: MoneyDomain
  readonly #nonce = randomBytes(16)
  #sellerNonce: Uint8Array | undefined
  #rest: Buffer = Buffer.alloc(0)

  private constructor(port: number, domain: MoneyDomain) {
    this.#domain = domain
    this.#socket = connect({ host: '127.0.0.1', port })
    this.#socket.on('data', (chunk) => this.#read(chunk))
  }

  /** Both have offered; nobody has said who it is. */
  static async connect(port: number, domain: MoneyDomain): Promise<CpuClient> {
    const client = new CpuClient(port, domain)
    await once(client.#socket, 'connect')
    const bttSpeed = { v: 1, nonce: client.#nonce, sells: false, ledgers: [ledgerOf(domain)] }
    client.#send({ kind: 'handshake', payload: encodeExtendedHandshake({ m: {}, bttSpeed }) })
    client.#send({ kind: 'job', job: client.job })
    await eventually('the seller offers', waitMilliseconds, () => client.#sellerNonce)
    return client
  }

  /** @param subject what the proof is bound to; the client's own job when absent */
  async sayHello(subject: Uint8Array = subjectOf(this.job)): Promise<void> {
    const signature = await signSession(this.key, this.#domain, {
      ledger: ledgerOf(this.#domain),
      account: this.key.address,
      ownNonce: this.#nonce,
      otherNonce: Buffer.from(this.#sellerNonce ?? []),
      infoHash: Buffer.from(subject).toString('hex'),
      role: 1,
    })
    this.pay({ t: 'hello', account: bytesOf(this.key.address), signature })
  }

  /** A voucher to the seller that said hello, signed in `domain`. */
  async sendVoucher(domain: MoneyDomain, seq: bigint): Promise<void> {
    const hello = await this.until('hello')
    const sums = { cumulative: 1_000n, seq, totalIssued: 1_000n }
    const payee = hexOf(Buffer.from(hello.account))
    const signature = await signVoucher(this.key, domain, { payer: this.key.address, payee, ...sums })
    this.pay({ t: 'voucher', payer: bytesOf(this.key.address), ...sums, signature })
  }

  pay(message: BttSpeedMessage): void {
    this.#send({ kind: 'payment', payload: encodeBttSpeed(message) })
  }

  /** The first message of a kind that came, and is taken out. */
  until<Kind extends BttSpeedMessage['t']>(kind: Kind): Promise<Extract<BttSpeedMessage, { readonly t: Kind }>> {
    return eventually(`a ${kind}`, waitMilliseconds, () => {
      const at = this.received.findIndex(({ t }) => t === kind)
      if (at < 0) return undefined
      // Chosen by its kind. A hello is asked for again.
      const found = this.received[at] as Extract<BttSpeedMessage, { readonly t: Kind }>
      if (kind !== 'hello') this.received.splice(at, 1)
      return found
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #send(message: Message): void {
    this.#socket.write(encodeMessage(message))
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readUInt32BE()) {
      const end = 4 + this.#rest.readUInt32BE()
      const message = decodeMessage(this.#rest.subarray(4, end))
      this.#rest = this.#rest.subarray(end)
      if (message.ok) this.#take(message.value)
    }
  }

  #take(message: Message): void {
    if (message.kind === 'handshake') {
      const handshake = decodeExtendedHandshake(message.payload)
      if (handshake.ok) this.#sellerNonce = handshake.value.bttSpeed?.nonce
    } else if (message.kind === 'payment') {
      const decoded = decodeBttSpeed(message.payload)
      if (decoded.ok) this.received.push(decoded.value)
    }
  }
}
