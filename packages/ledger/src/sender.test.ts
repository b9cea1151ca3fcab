import { btt, silentLogger, virtualClock } from '@millrace/base'
import { type Hex, keccak256, parseTransaction } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeEach, expect, test } from 'vitest'
import { type FakeChain, fakeChain, quantity } from '../testing/fake-rpc.ts'
import { accountIn } from './account.ts'
import { LedgerError } from './errors.ts'
import type { TransactionSigner } from './ports.ts'
import { TransactionSender } from './sender.ts'

const account = privateKeyToAccount(`0x${'07'.repeat(32)}`)
const signer: TransactionSigner = {
  address: account.address,
  async signDigest(digest) {
    return Buffer.from((await account.sign({ hash: `0x${Buffer.from(digest).toString('hex')}` })).slice(2), 'hex')
  },
}
const request = { to: `0x${'aa'.repeat(20)}`, data: '0x', value: btt(5n), purpose: 'the test' } as const

/** A pool that mines what it takes at once, unless told otherwise. */
class Pool {
  readonly chain: FakeChain = fakeChain()
  readonly clock = virtualClock()
  readonly mined = new Map<Hex, string>()
  readonly raws: Hex[] = []
  nonce = 0
  mines = true
  status = '0x1'

  constructor() {
    const { chain } = this
    chain.on('eth_getBalance', () => quantity(10n ** 24n))
    chain.on('eth_maxPriorityFeePerGas', () => '0x1')
    chain.on('eth_gasPrice', () => '0x8')
    chain.on('eth_estimateGas', () => '0x5208')
    chain.on('eth_getTransactionCount', () => quantity(this.nonce))
    chain.on('eth_sendRawTransaction', ([raw]) => this.take(raw as Hex)) // the sender's own
    chain.on('eth_getTransactionReceipt', ([hash]) => {
      if (!this.mined.has(hash as Hex)) return null // the sender's own
      const place = { blockNumber: '0x1', blockHash: chain.hashOf(0) }
      return {
        transactionHash: hash,
        ...place,
        status: this.status,
        gasUsed: '0x5208',
        effectiveGasPrice: '0x8',
        logs: [],
      }
    })
  }

  take(raw: Hex): Hex {
    const nonce = parseTransaction(raw).nonce ?? 0
    this.raws.push(raw)
    if (nonce < this.nonce) throw new LedgerError('refused', 'nonce too low')
    if (this.mines) this.mine(raw)
    return keccak256(raw)
  }

  mine(raw: Hex): void {
    this.mined.set(keccak256(raw), raw)
    this.nonce = (parseTransaction(raw).nonce ?? 0) + 1
  }

  sender(): TransactionSender {
    const timers = {
      sleep: async (milliseconds: number): Promise<void> => {
        this.clock.advance(milliseconds)
      },
    }
    const components = { rpc: this.chain.rpc, clock: this.clock, timers, logger: silentLogger }
    return new TransactionSender(components, { chainId: 7, pollMs: 100, timeoutMs: 10_000, rebroadcastMs: 1_000 })
  }
}

let pool: Pool
beforeEach(() => {
  pool = new Pool()
})

const noncesSent = () => pool.raws.map((raw) => parseTransaction(raw).nonce ?? 0)

test('a nonce that somebody took meanwhile is replaced by the next', async () => {
  pool.nonce = 3
  pool.chain.on('eth_getTransactionCount', ([, tag]) =>
    quantity(tag === 'pending' && pool.raws.length === 0 ? 2 : pool.nonce),
  )
  expect((await pool.sender().send(signer, request)).succeeded).toBe(true)
  expect(noncesSent()).toEqual([2, 3])
})

test('a send whose answer was lost is repeated, and found mined', async () => {
  pool.chain.on('eth_sendRawTransaction', ([raw]) => {
    const hash = pool.take(raw as Hex) // the sender's own
    if (pool.raws.length === 1) throw new LedgerError('unreachable', 'connection reset')
    return hash
  })
  expect((await pool.sender().send(signer, request)).succeeded).toBe(true)
  expect(new Set(noncesSent())).toEqual(new Set([0]))
  expect(pool.mined.size).toBe(1)
})

test('a transaction outbid by the base fee is replaced at the same nonce with more', async () => {
  pool.mines = false
  pool.chain.on('eth_gasPrice', () => (pool.raws.length === 0 ? '0x8' : quantity(100)))
  pool.chain.on('eth_sendRawTransaction', ([raw]) => {
    const hash = pool.take(raw as Hex) // the sender's own
    if (pool.raws.length === 2) pool.mine(raw as Hex)
    return hash
  })
  const receipt = await pool.sender().send(signer, request)
  const [first, second] = pool.raws.map((raw) => parseTransaction(raw))
  expect(receipt.transactionHash).toBe(keccak256(pool.raws[1] ?? '0x'))
  expect(second?.nonce).toBe(first?.nonce)
  expect(second?.maxPriorityFeePerGas).toBeGreaterThanOrEqual(94n)
})

test('somebody else’s transaction at our nonce ends as replaced', async () => {
  pool.mines = false
  pool.chain.on('eth_sendRawTransaction', ([raw]) => {
    const hash = pool.take(raw as Hex) // the sender's own
    pool.nonce = 1
    return hash
  })
  await expect(pool.sender().send(signer, request)).rejects.toMatchObject({ code: 'replaced', message: /nonce 0/ })
})

test('what is never mined ends in time, and its nonce is used again', async () => {
  pool.mines = false
  const sender = pool.sender()
  await expect(sender.send(signer, request)).rejects.toMatchObject({
    code: 'receipt-timeout',
    message: /may still be mined/,
  })
  expect(pool.clock.now()).toBeGreaterThanOrEqual(10_000)
  pool.mines = true
  await sender.send(signer, request)
  expect(new Set(noncesSent())).toEqual(new Set([0]))
})

test('a mined failure names the transaction', async () => {
  pool.status = '0x0'
  await expect(pool.sender().send(signer, request)).rejects.toMatchObject({
    code: 'reverted',
    transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/),
  })
})

test('one refused transaction does not hold up the next of the same key', async () => {
  const sender = pool.sender()
  let estimates = 0
  pool.chain.on('eth_estimateGas', () => {
    estimates += 1
    if (estimates === 1) throw new LedgerError('reverted', 'execution reverted')
    return '0x5208'
  })
  const [first, second] = await Promise.allSettled([sender.send(signer, request), sender.send(signer, request)])
  expect(first).toMatchObject({ status: 'rejected', reason: { code: 'reverted' } })
  expect(second).toMatchObject({ status: 'fulfilled', value: { succeeded: true } })
  expect(noncesSent()).toEqual([0])
})

test('what an earlier run sent is waited for, and not for ever', async () => {
  let looks = 0
  pool.chain.on('eth_getTransactionCount', ([, tag]) => {
    if (tag === 'latest') looks += 1
    return quantity(tag === 'pending' || looks > 3 ? 1 : 0)
  })
  expect(await pool.sender().quiet(accountIn(signer.address), 1_000)).toBe(true)
  expect(looks).toBe(4)
  pool.chain.on('eth_getTransactionCount', ([, tag]) => quantity(tag === 'pending' ? 1 : 0))
  expect(await pool.sender().quiet(accountIn(signer.address), 1_000)).toBe(false)
})
