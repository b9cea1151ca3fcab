/** Two leechers with different halves sell to each other: most of what they owe is set off, and the books of both agree. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { maxBig, minBig } from '@millrace/base'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { audit, startChain, type TestChain, tradeOn } from '../support/economy.ts'
import { freePort, waitForListener } from '../support/network.ts'
import { eventually, type Running } from '../support/processes.ts'
import { TestSwarm } from '../support/swarm.ts'

const bytes = 48 << 20
const swarm = new TestSwarm('set-off', { bytes, pieceLength: 1 << 16, seed: 11 })
const trade = [
  '--ask',
  '1',
  '--bill',
  'always',
  '--bid',
  '4',
  '--max-price',
  '2',
  '--budget',
  '40',
  '--prepay',
  '1',
  '--measure',
  '0',
]
/** So slow that it takes some seconds. */
const limits = ['--upload-limit', String(4 << 20)]
let chain: TestChain

interface Report {
  readonly billed: string
  readonly paid: string
  readonly setOff: string
  readonly sales: { readonly billed: string; readonly earned: string; readonly setOff: string; readonly cashed: string }
}

beforeAll(async () => {
  chain = await startChain(swarm.home('chain').folder)
})
afterAll(() => swarm.close())

/** A download of which one half is on the disk. */
async function leecher(
  name: string,
  account: number,
  half: 0 | 1,
  peers: readonly number[],
): Promise<[Running, number]> {
  const partial = readFileSync(swarm.content)
  partial.fill(0, half === 0 ? bytes / 2 : 0, half === 0 ? bytes : bytes / 2)
  mkdirSync(swarm.out(name), { recursive: true })
  writeFileSync(path.join(swarm.out(name), path.basename(swarm.content)), partial)
  const port = await freePort()
  const told = peers.flatMap((peer) => ['--peer', `127.0.0.1:${peer}`])
  const args = ['get', swarm.torrent, '--out', swarm.out(name), '--port', String(port), ...told]
  const running = swarm.start(name, [
    ...args,
    ...trade,
    ...limits,
    ...tradeOn(chain, account),
    '--yes',
    '--stay',
    '--jsonl',
  ])
  await waitForListener(running, port)
  return [running, port]
}

/** The last report that `get --jsonl` printed: its result, or how it goes. */
function reportOf(running: Running, event: 'result' | 'progress'): Report {
  const line = running.out.findLast((text) => text.includes(`"event":"${event}"`))
  if (line === undefined) throw new Error(running.printed)
  // Both events hold what both sides count.
  return JSON.parse(line) as Report
}

/** Each has heard the last statement of the other. */
function agree(one: Running, other: Running): boolean {
  const [a, b] = [reportOf(one, 'progress'), reportOf(other, 'progress')]
  return a.billed === b.sales.billed && b.billed === a.sales.billed
}

it('two leechers sell each other their halves: most is set off, vouchers pay the rest', {
  timeout: 180_000,
}, async () => {
  const [one, port] = await leecher('one', 1, 0, [])
  const [other] = await leecher('other', 2, 1, [port])
  const isComplete = ({ err }: Running): boolean => err.some((line) => line.includes('complete; seeding'))
  await eventually('both are complete', 120_000, () => (isComplete(one) && isComplete(other)) || undefined)
  await eventually('the last bills have come', 30_000, () => agree(one, other) || undefined)
  await one.stop('SIGINT')
  await other.stop('SIGINT')
  expect([swarm.difference('one'), swarm.difference('other')]).toEqual([undefined, undefined])
  const [a, b] = [reportOf(one, 'result'), reportOf(other, 'result')]
  const setOff = BigInt(a.setOff)
  const [billedToA, billedToB] = [BigInt(a.billed), BigInt(b.billed)]
  const [paidByA, paidByB] = [BigInt(a.paid), BigInt(b.paid)]
  const [lesser, greater] = [minBig(billedToA, billedToB), maxBig(billedToA, billedToB)]
  // Both say the same of each sum.
  expect([a.sales.setOff, b.setOff, b.sales.setOff]).toEqual([a.setOff, a.setOff, a.setOff])
  expect([a.sales.billed, b.sales.billed]).toEqual([b.billed, a.billed])
  expect([a.sales.earned, b.sales.earned]).toEqual([b.paid, a.paid])
  // Of what could be set off most was; what is left between them is what vouchers came to.
  expect(setOff).toBeGreaterThan(lesser / 2n)
  expect(setOff).toBeLessThanOrEqual(lesser)
  expect(paidByA + setOff).toBeGreaterThanOrEqual(billedToA)
  expect(paidByB + setOff).toBeGreaterThanOrEqual(billedToB)
  // Without set-off vouchers would come to twice the lesser bill beyond the difference.
  expect(paidByA + paidByB - (greater - lesser)).toBeLessThan(lesser)
  const cashed = String(paidByA + paidByB)
  expect(await audit(chain, swarm.folder)).toMatchObject({
    imbalance: '0',
    paidOut: cashed,
    journals: { files: 2, issued: cashed, accepted: cashed, cashed, setOff: String(2n * setOff) },
    warnings: [],
  })
})
