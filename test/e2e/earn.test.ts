/** Demand calls supply, between separate processes: an earning node follows the beacons of who would really pay. */

import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { mnemonicToAccount, type PrivateKeyAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { announceBeacon, buyBeaconOf } from '../support/beacon-sender.ts'
import { audit, startChain, type TestChain, tradeOn } from '../support/economy.ts'
import { btt, domainOf, freshKey, type MoneyDomain } from '../support/money-proofs.ts'
import { freePort, waitForListener } from '../support/network.ts'
import { eventually, type Running, stopAll } from '../support/processes.ts'
import { TestSwarm } from '../support/swarm.ts'

const bytes = 12 << 20
const pieceLength = 1 << 16
const trackerPort = await freePort()
const tracker = `http://127.0.0.1:${trackerPort}/announce`
const wanted = new TestSwarm('wanted', { bytes, pieceLength, seed: 21, tracker })
const idle = new TestSwarm('idle', { bytes, pieceLength, seed: 22, tracker })
const library = path.join(wanted.folder, 'library')
/** The well-known phrase of the embedded chain's funded accounts. */
const phrase = 'test test test test test test test test test test test junk'
let chain: TestChain
let domain: MoneyDomain

interface Choice {
  readonly event: string
  readonly torrent: string
  readonly action: string
  readonly income: string
  readonly reason: { readonly code: string }
}

interface EarnResult {
  readonly earned: string
  readonly cashed: string
  readonly torrents: readonly { readonly torrent: string; readonly action: string; readonly uploadedBytes: number }[]
  readonly whyZero?: readonly { readonly code: string }[]
}

beforeAll(async () => {
  chain = await startChain(wanted.home('chain').folder)
  domain = await domainOf(chain)
  const running = wanted.start('tracker', ['tracker', '--port', String(trackerPort), '--interval', '2'])
  await waitForListener(running, trackerPort)
  mkdirSync(library)
  for (const swarm of [wanted, idle]) cpSync(swarm.torrent, path.join(library, path.basename(swarm.torrent)))
})
afterAll(async () => {
  await stopAll()
  await wanted.close()
  await idle.close()
})

function earn(name: string, devAccount: number, more: readonly string[] = []): Running {
  const limits = ['--disk', '16M', '--upload-limit', '4M', '--every', '1', '--explore', '0']
  const terms = ['--ask', '1', '--bill', 'always', ...limits, '--store', wanted.out(name)]
  const sources = ['--folder', library, '--tracker', tracker]
  return wanted.start(name, ['earn', ...sources, ...terms, ...tradeOn(chain, devAccount), '--jsonl', ...more])
}

function choicesOf(running: Running, infoHash: string): readonly Choice[] {
  // Each line of --jsonl is an event.
  const events = running.out.map((line) => JSON.parse(line) as Choice)
  return events.filter((event) => event.event === 'choice' && event.torrent === infoHash)
}

function actionsOf(running: Running, infoHash: string): readonly string[] {
  return choicesOf(running, infoHash).map(({ action, reason }) => `${action} ${reason.code}`)
}

async function decided(running: Running, infoHash: string, action: string): Promise<void> {
  const deadline = performance.now() + 60_000
  await eventually(`${action} of ${infoHash}`, 90_000, () => {
    if (running.isOver || performance.now() > deadline) throw new Error(`never ${action}: ${running.printed}`)
    return actionsOf(running, infoHash).includes(action)
  })
}

/** An income is rounded down to what whole bytes cost. */
function expectAlmost(income: string | undefined, amount: bigint): void {
  expect(BigInt(income ?? 0)).toBeLessThanOrEqual(amount)
  expect(BigInt(income ?? 0)).toBeGreaterThan(amount - btt / 2n ** 20n - 1n)
}

async function deposit(devAccount: number, amount: string): Promise<void> {
  const args = ['wallet', 'deposit', amount, '--yes', ...tradeOn(chain, devAccount), '--json']
  const running = wanted.start(`wallet-${devAccount}`, args)
  expect((await running.end(30_000)).code, running.printed).toBe(0)
}

describe('earning', () => {
  it('chooses what buyers want, fetches it, sells it and cashes', { timeout: 180_000 }, async () => {
    const origin = await wanted.seed('origin')
    const idleOrigin = await idle.seed('idle-origin')
    const earning = earn('earner', 1)
    await decided(earning, wanted.infoHash, 'leave no-demand')
    const terms = ['--bid', '4', '--max-price', '2', '--budget', '1000', '--yes', '--beacon']
    // Slow enough that most of it is missing still when the earning node has it.
    const slow = ['--download-limit', '512K', '--json']
    const buying = await wanted.get('buyer', [], [...terms, ...slow, ...tradeOn(chain, 2)])
    await decided(earning, wanted.infoHash, 'seed demand')
    const fetched = path.join(wanted.out('earner'), wanted.infoHash, path.basename(wanted.content))
    await eventually('the earning node seeds', 60_000, () => existsSync(fetched))
    await origin.running.stop('SIGINT')
    expect((await buying.end(120_000)).code, buying.printed).toBe(0)
    expect(wanted.difference('buyer')).toBeUndefined()
    await earning.stop('SIGINT')
    await idleOrigin.running.stop('SIGINT')

    expect(actionsOf(earning, wanted.infoHash).slice(0, 3)).toEqual(['leave no-demand', 'fetch demand', 'seed demand'])
    expect(actionsOf(earning, idle.infoHash)).toEqual(['leave no-demand'])
    const [income] = choicesOf(earning, wanted.infoHash).filter(({ action }) => action === 'fetch')
    // 2 MiB a second are wanted for 4 BTT a second at up to 2 a MiB: at the ask of 1 the budget bucket of 512 BTT ends it.
    const bucket = 1n << BigInt((1000n * btt).toString(2).length - 1)
    expectAlmost(income?.income, bucket)
    const { paid } = buying.json<{ readonly paid: string }>()
    const result = earning.json<EarnResult>()
    expect(BigInt(paid)).toBeGreaterThan(btt)
    expect(result.earned).toBe(paid)
    expect(result.cashed).toBe(paid)
    expect(result.whyZero).toBeUndefined()
    expect(readdirSync(wanted.out('earner'))).toEqual([wanted.infoHash])
    expect(readdirSync(library).sort()).toEqual(['idle.torrent', 'wanted.torrent'])
    expect(await audit(chain, wanted.folder)).toMatchObject({ imbalance: '0', paidOut: paid, warnings: [] })
  })

  it('is not moved by forged, uncovered, replayed or outdated beacons', { timeout: 120_000 }, async () => {
    await deposit(6, '50')
    const rich = mnemonicToAccount(phrase, { addressIndex: 6 })
    const lavish = { wantedBytesPerSecond: 100 << 20, priceMaxPerMiB: 100n * btt, budgetBits: 80 }
    const { infoHash } = idle
    const key = freshKey()
    const signer = { ...key, signTypedData: rich.signTypedData, address: rich.address } as typeof key // it signs as `rich`
    const now = Math.floor(Date.now() / 1000)
    const nothing = { ...lavish, wantedBytesPerSecond: 0 }
    const hostile = [
      await buyBeaconOf(key, domain, { infoHash, seq: 1, ...lavish }),
      await buyBeaconOf(key, domain, { infoHash, seq: 9e15, ...lavish }, rich.address),
      await buyBeaconOf(signer, domain, { infoHash, seq: 1, ...lavish }),
      await buyBeaconOf(signer, domain, { infoHash, seq: 2, ...nothing }),
      await buyBeaconOf(signer, domain, { infoHash, seq: 3, ...lavish, issuedAtSeconds: now - 3_600 }),
    ]
    for (const [i, beacon] of hostile.entries()) {
      expect(await announceBeacon(tracker, infoHash, 40_000 + i, beacon)).not.toMatch(/warning/)
    }
    const earning = earn('wary', 3)
    await decided(earning, infoHash, 'leave no-demand')
    const first = choicesOf(earning, infoHash)[0] as Choice & { readonly beacons: object } // documented beside it
    expect(first.beacons).toMatchObject({ admitted: 2, 'bad-signature': 1, 'not-rising': 1, expired: 1 })
    // The same account's own newest word does move it.
    const honest = await buyBeaconOf(signer, domain, { infoHash, seq: 4, ...lavish, budgetBits: 60 })
    await announceBeacon(tracker, infoHash, 40_010, honest)
    await decided(earning, infoHash, 'fetch demand')
    const income = choicesOf(earning, infoHash).find(({ action }) => action === 'fetch')?.income
    expectAlmost(income, 1n << 60n)
    await earning.stop('SIGINT')
    const { earned, whyZero } = earning.json<EarnResult>()
    expect(earned).toBe('0')
    expect(whyZero?.map(({ code }) => code)).toEqual(['nobody-connected', 'not-reachable'])
  })
})

describe('an earning node whose disk is full', () => {
  it('drops what is worth less for what is worth more, and deletes only what it fetched', {
    timeout: 120_000,
  }, async () => {
    await deposit(7, '200')
    const rich = mnemonicToAccount(phrase, { addressIndex: 7 })
    const signer = { ...freshKey(), signTypedData: rich.signTypedData, address: rich.address } as PrivateKeyAccount // it signs as `rich`
    const wants = { wantedBytesPerSecond: 1 << 20, priceMaxPerMiB: 2n * btt }
    const origins = [await wanted.seed('origin-again'), await idle.seed('idle-origin-again')]
    const first = await buyBeaconOf(signer, domain, { infoHash: idle.infoHash, seq: 1, ...wants, budgetBits: 61 })
    await announceBeacon(tracker, idle.infoHash, 40_020, first)
    const earning = earn('full', 8, ['--hold', '0'])
    await decided(earning, idle.infoHash, 'seed demand')
    const held = wanted.out('full')
    const file = path.join(held, idle.infoHash, path.basename(idle.content))
    await eventually('it is fetched', 60_000, () => existsSync(file) && statSync(file).size === bytes)
    const more = await buyBeaconOf(signer, domain, { infoHash: wanted.infoHash, seq: 2, ...wants, budgetBits: 66 })
    await announceBeacon(tracker, wanted.infoHash, 40_020, more)
    await decided(earning, wanted.infoHash, 'fetch demand')
    await eventually('the other is fetched in its place', 60_000, () => {
      const names = readdirSync(held)
      return names.length === 1 && names[0] === wanted.infoHash
    })
    expect(actionsOf(earning, idle.infoHash)).toContain('drop no-room-on-disk')
    await earning.stop('SIGINT')
    for (const { running } of origins) await running.stop('SIGINT')
    expect(readdirSync(library).sort()).toEqual(['idle.torrent', 'wanted.torrent'])
    expect([existsSync(idle.content), existsSync(wanted.content)]).toEqual([true, true])
  })
})

describe('a seeder that earned nothing', () => {
  it('says why, as data: its ask is above what buyers pay', { timeout: 120_000 }, async () => {
    const limit = ['--upload-limit', String(4 << 20)]
    const seeder = await wanted.seed('dear', ['--ask', '3', ...limit, ...tradeOn(chain, 4)])
    const terms = ['--bid', '4', '--max-price', '2', '--budget', '100', '--yes', '--json']
    const getting = await wanted.get('careful', [seeder.address], [...terms, ...tradeOn(chain, 5)])
    expect((await getting.end(90_000)).code, getting.printed).toBe(0)
    await seeder.running.stop('SIGINT')
    const { whyZero } = seeder.running.json<{ readonly whyZero: readonly object[] }>()
    // Who connected to whom is chance, since both ask the tracker: that nobody came in may stand beside it.
    expect(whyZero[0]).toMatchObject({ code: 'nobody-bids', offered: 1 })
  })

  it('says so to people, too', { timeout: 60_000 }, async () => {
    const args = ['seed', wanted.content, '--torrent', wanted.torrent, '--ask', '1']
    const running = wanted.start('offline', args)
    await eventually('it seeds', 30_000, () => running.err.some((line) => line.startsWith('seeding')))
    await running.stop('SIGINT')
    expect(running.out.join('\n')).toMatch(/why 0 \(no-ledger\): .*--rpc/)
  })
})
