/** The main job: what the demo promises, asserted on what it prints. */

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { filesUnder, firstDifference, removeFolder, temporaryFolder } from '../support/content.ts'
import { audit, startChain } from '../support/economy.ts'
import { startMillrace } from '../support/millrace.ts'
import { type Ended, type Running, stopAll } from '../support/processes.ts'

const demoMillisecondsMax = 60_000

interface Leecher {
  readonly name: string
  readonly bidBttPerSecond: string
  readonly bytes: number
  readonly bytesFromSeeder: number
  readonly paidBytes: number
  readonly seconds: number
  readonly billed: string
  /** What its vouchers promise: billed, and what was paid ahead. */
  readonly vouchers: string
  readonly voucherCount: number
  readonly speedupOverFree: number
}

interface Demo {
  readonly seeder: { uploadLimit: number; uploadedBytes: number; billed: string; earned: string; cashed: string }
  readonly utilisation: number
  readonly leechers: readonly Leecher[]
  readonly chain: { deposited: string; balances: string; paidOut: string; withdrawn: string; imbalance: string }
  /** While every leecher wanted bytes: what the seeder sent to each, by class. */
  readonly contended: {
    readonly seconds: number
    readonly uploadedBytes: number
    readonly leechers: readonly { readonly name: string; readonly paidBytes: number; readonly freeBytes: number }[]
  }
}

const folder = temporaryFolder('demo')
let demo: Demo
let running: Running
let ended: Ended
let milliseconds: number

beforeAll(async () => {
  const began = performance.now()
  running = startMillrace({ folder }, ['demo', '--json', '--data', path.join(folder, 'demo')])
  ended = await running.end(demoMillisecondsMax + 30_000)
  milliseconds = performance.now() - began
  demo = running.json<Demo>()
}, demoMillisecondsMax + 60_000)

afterAll(async () => {
  await stopAll()
  removeFolder(folder)
})

describe('the demo', () => {
  it('ends well within a minute', () => {
    expect(ended.code, running.printed).toBe(0)
    expect(milliseconds).toBeLessThan(demoMillisecondsMax)
  })

  it('gives 1x, 2x and 4x the spend 1x, 2x and 4x the paid bytes, within 10 %', () => {
    const paying = demo.leechers
      .filter((leecher) => Number(leecher.bidBttPerSecond) > 0)
      .sort((a, b) => Number(a.bidBttPerSecond) - Number(b.bidBttPerSecond))
    expect(paying).toHaveLength(3)
    const unit = contended(paying[0]?.name).paidBytes / Number(paying[0]?.bidBttPerSecond)
    for (const leecher of paying) {
      const ratio = contended(leecher.name).paidBytes / Number(leecher.bidBttPerSecond) / unit
      expect(ratio).toBeGreaterThan(0.9)
      expect(ratio).toBeLessThan(1.1)
    }
    const bids = paying.map((leecher) => Number(leecher.bidBttPerSecond) / Number(paying[0]?.bidBttPerSecond))
    expect(bids).toEqual([1, 2, 4])
  })

  it('gives who does not pay 15 % of the seeder, and does not let the capacity idle', () => {
    const free = demo.leechers.find((leecher) => Number(leecher.bidBttPerSecond) === 0)
    const bytes = contended(free?.name)
    expect(bytes.paidBytes).toBe(0)
    const share = bytes.freeBytes / demo.contended.uploadedBytes
    expect(share).toBeGreaterThan(0.135)
    expect(share).toBeLessThan(0.175)
    expect(demo.utilisation).toBeGreaterThanOrEqual(0.95)
    expect(demo.utilisation).toBeLessThanOrEqual(1.05)
  })

  it('splits every leecher its bytes by source, and the seeder agrees', () => {
    const fromSeeder = demo.leechers.reduce((sum, leecher) => sum + leecher.bytesFromSeeder, 0)
    // What was in flight to a leecher that already had the block counts for the seeder alone.
    expect(fromSeeder).toBeLessThanOrEqual(demo.seeder.uploadedBytes)
    expect(fromSeeder).toBeGreaterThan(demo.seeder.uploadedBytes * 0.98)
    for (const leecher of demo.leechers) expect(leecher.bytesFromSeeder).toBeLessThanOrEqual(leecher.bytes)
  })

  it('bills, pays and cashes the same sum, and nothing is lost', () => {
    const billed = demo.leechers.reduce((sum, leecher) => sum + BigInt(leecher.billed), 0n)
    expect(BigInt(demo.seeder.earned)).toBeGreaterThan(0n)
    expect(BigInt(demo.seeder.billed)).toBe(billed)
    const vouchers = demo.leechers.reduce((sum, leecher) => sum + BigInt(leecher.vouchers), 0n)
    expect(BigInt(demo.seeder.earned)).toBe(vouchers)
    expect(demo.seeder.cashed).toBe(demo.seeder.earned)
    expect(demo.chain.imbalance).toBe('0')
    const { deposited, balances, paidOut, withdrawn } = demo.chain
    expect(BigInt(deposited)).toBe(BigInt(balances) + BigInt(paidOut) + BigInt(withdrawn))
  })

  it('leaves journals and a chain from which a separate script recomputes an imbalance of 0', async () => {
    const chain = await startChain(path.join(folder, 'demo'))
    expect((await audit(chain, path.join(folder, 'demo'))).imbalance).toBe('0')
    await chain.running.stop('SIGTERM')
  })

  it('leaves every leecher with the same bytes', () => {
    const data = path.join(folder, 'demo')
    const source = path.join(data, 'source')
    expect(filesUnder(source).length).toBeGreaterThan(0)
    for (const leecher of demo.leechers) {
      expect(firstDifference(source, path.join(data, leecher.name, 'files')), leecher.name).toBeUndefined()
    }
  })

  it('leaves no process behind', () => {
    const marks = readdirSync('/proc').filter(
      (name) => /^\d+$/.test(name) && environment(name).includes(`HOME=${folder}`),
    )
    expect(marks).toEqual([])
  })
})

function contended(name: string | undefined): Demo['contended']['leechers'][number] {
  const found = demo.contended.leechers.find((leecher) => leecher.name === name)
  if (found === undefined) throw new Error(`the result does not tell of ${name} under contention`)
  return found
}

function environment(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1')
  } catch {
    return ''
  }
}
