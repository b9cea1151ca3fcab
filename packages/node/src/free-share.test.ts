import { blockBytes, btt, silentLogger } from '@millrace/base'
import { type ChainNode, type ChainOptions, defaultGenesis, startChain } from '@millrace/chain'
import { UploadMarket } from '@millrace/market'
import { afterEach, expect, test, vi } from 'vitest'
import { quickChain } from '../../chain/testing/clients.ts'
import { decide, registerVoter, settingOf, votingGenesis } from '../../chain/testing/governing.ts'
import { followFreeShare, freeShareOn } from './free-share.ts'

const chains: ChainNode[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) stop()
  for (const chain of chains.splice(0)) await chain.close()
})
const stops: (() => void)[] = []

async function chainOf(parameters: Readonly<Record<string, string>>): Promise<string> {
  const genesis: ChainOptions['genesis'] = { ...defaultGenesis, governance: { parameters } }
  const options = { blockTime: { kind: 'on-demand', leastSeconds: 0 }, rpc: { host: '127.0.0.1', port: 0 } } as const
  const chain = await startChain({ genesis, ...options })
  chains.push(chain)
  return chain.rpcUrl
}

test('a seller that chooses nothing takes the chain’s free share, 15 % unless votes moved it', async () => {
  expect((await freeShareOn(await chainOf({}), undefined)).ppm).toBe(150_000)
  expect((await freeShareOn(await chainOf({ freeShareDefaultPpm: '220000' }), undefined)).ppm).toBe(220_000)
  expect((await freeShareOn(undefined, undefined)).ppm).toBe(150_000)
})

test('a seller’s own choice is moved within the chain’s bounds', async () => {
  const rpcUrl = await chainOf({ freeShareLeastPpm: '100000', freeShareMostPpm: '600000' })
  expect((await freeShareOn(rpcUrl, 50_000)).ppm).toBe(100_000)
  expect((await freeShareOn(rpcUrl, 300_000)).ppm).toBe(300_000)
  expect((await freeShareOn(rpcUrl, 1_000_000)).ppm).toBe(600_000)
  expect((await freeShareOn(undefined, 0)).ppm).toBe(0)
})

test('a chain that does not answer is an error, not a default', async () => {
  await expect(freeShareOn('http://127.0.0.1:1', undefined)).rejects.toMatchObject({ code: 'unreachable' })
})

const capacity = 512 * blockBytes

/** A market with a buyer and a free leecher that both want more than there is. Answers which part was free in a second. */
class Seller {
  readonly market: UploadMarket
  #nowMs = 0

  constructor(freeSharePpm: number) {
    this.market = new UploadMarket({
      capacity: { kind: 'limited', bytesPerSecond: capacity },
      askPerMiB: btt(64_000n),
      freeSharePpm,
      wakePpm: 0,
      sleepPpm: 0,
    })
    for (const peer of [1, 2]) {
      this.market.addPeer(peer, `group ${peer}`, 0)
      this.market.setUnchoked(peer, true, 0)
      this.market.setBacklog(peer, blockBytes, 0)
    }
    this.market.bindAccount(1, 'a buyer', blockBytes, 0)
    this.market.noteQuote(1, this.market.pricePerMiB, 0)
    this.market.setBid(1, { number: 1, spendRatePerSecond: btt(10n ** 12n), priceMaxPerMiB: btt(10n ** 12n) }, 0)
    this.market.setPaid('a buyer', btt(10n ** 18n), 0)
  }

  /** Over some seconds, once those have passed in which prices find themselves. */
  freePart(): number {
    this.#serve(3)
    const before = this.market.peerView(2).freeBytes
    this.#serve(10)
    return (this.market.peerView(2).freeBytes - before) / (10 * capacity)
  }

  #serve(seconds: number): void {
    const untilMs = this.#nowMs + seconds * 1000
    while (this.#nowMs < untilMs) {
      const now = ++this.#nowMs
      for (let peer = this.market.choose(now); peer >= 0; peer = this.market.choose(now)) {
        this.market.served(peer, blockBytes, now)
      }
      if (now % 1000 === 0) this.market.epoch(now)
    }
  }
}

function follow(seller: Seller, rpcUrl: string, chosenPpm?: number): void {
  stops.push(followFreeShare(seller.market, { rpcUrl, chosenPpm, logger: silentLogger, lookMilliseconds: 20 }))
}
const until = (look: () => void) => vi.waitFor(look, { timeout: 60_000, interval: 20 })

async function votingChain(): Promise<ChainNode> {
  const chain = await quickChain({ genesis: votingGenesis })
  chains.push(chain)
  await registerVoter(chain)
  return chain
}

test('a vote moves what a running seller gives to those who do not pay', { timeout: 180_000 }, async () => {
  const chain = await votingChain()
  const seller = new Seller((await freeShareOn(chain.rpcUrl, undefined)).ppm)
  follow(seller, chain.rpcUrl)
  expect(seller.freePart()).toBeCloseTo(0.15, 2)
  await decide(chain, 'More for all', [settingOf('freeShareDefaultPpm', 400_000n)])
  await until(() => expect(seller.market.freeSharePpm).toBe(400_000))
  expect(seller.freePart()).toBeCloseTo(0.4, 2)
  await decide(chain, 'Less', [settingOf('freeShareDefaultPpm', 50_000n)])
  await until(() => expect(seller.market.freeSharePpm).toBe(50_000))
  expect(seller.freePart()).toBeCloseTo(0.05, 2)
})

test('what its owner chose is moved by bounds alone', { timeout: 180_000 }, async () => {
  const chain = await votingChain()
  const [chosen, follower] = [new Seller(600_000), new Seller(150_000)]
  follow(chosen, chain.rpcUrl, 600_000)
  follow(follower, chain.rpcUrl)
  await decide(chain, 'A new default', [settingOf('freeShareDefaultPpm', 200_000n)])
  await until(() => expect(follower.market.freeSharePpm).toBe(200_000))
  expect(chosen.market.freeSharePpm).toBe(600_000)
  await decide(chain, 'Half at most', [settingOf('freeShareMostPpm', 500_000n)])
  await until(() => expect(chosen.market.freeSharePpm).toBe(500_000))
  expect(chosen.freePart()).toBeCloseTo(0.5, 2)
  expect(follower.market.freeSharePpm).toBe(200_000)
  await decide(chain, 'More at most', [settingOf('freeShareMostPpm', 900_000n)])
  await until(() => expect(chosen.market.freeSharePpm, 'its choice is not forgotten').toBe(600_000))
})

test('a chain that does not answer moves nothing, and is asked again', async () => {
  const { market } = new Seller(220_000)
  const told: string[] = []
  const logger = { log: (_level: string, message: string) => told.push(message) }
  const gone = { rpcUrl: 'http://127.0.0.1:1', chosenPpm: undefined, logger, lookMilliseconds: 20 }
  stops.push(followFreeShare(market, gone))
  await until(() => expect(told.length).toBeGreaterThan(2))
  expect(new Set(told)).toEqual(new Set(['the chain does not say its free share']))
  expect(market.freeSharePpm).toBe(220_000)
})

test('who has ended is not moved any more', { timeout: 180_000 }, async () => {
  const chain = await votingChain()
  const [ended, running] = [new Seller(150_000), new Seller(150_000)]
  follow(ended, chain.rpcUrl)
  follow(running, chain.rpcUrl)
  stops.shift()?.()
  await decide(chain, 'More', [settingOf('freeShareDefaultPpm', 300_000n)])
  await until(() => expect(running.market.freeSharePpm).toBe(300_000))
  expect(ended.market.freeSharePpm).toBe(150_000)
})
