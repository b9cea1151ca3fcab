import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { formatBtt, silentLogger } from '@millrace/base'
import { type ChainNode, startChain } from '@millrace/chain'
import { devAccount } from '@millrace/wallet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openChain } from '../open-chain.ts'
import { type ClaimPlan, claimAirdrop, rootOfList, viewDrops } from './airdrop.ts'

const chainId = 19_990
const drop = 1
const poor = '0x00000000000000000000000000000000000000aa'
const address = (index: number): string => devAccount(index, chainId).address
const yes = async (): Promise<boolean> => true
let folder: string
let listFile: string
let chain: ChainNode

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-airdrop-'))
  listFile = path.join(folder, 'holders.csv')
  writeFileSync(listFile, `account,amount\n${address(1)},1000.5\n${poor},7\n${address(2)},3\n`)
  const { genesis } = await rootOfList(listFile, drop, undefined)
  chain = await startChain({
    genesis,
    blockTime: { kind: 'on-demand', leastSeconds: 0 },
    rpc: { host: '127.0.0.1', port: 0 },
    logger: silentLogger,
  })
})
afterAll(async () => {
  await chain.close()
  rmSync(folder, { recursive: true, force: true })
})

const openAs = (index: number) => openChain({ rpcUrl: chain.rpcUrl, key: { kind: 'dev', index } })

async function balanceOf(index: number): Promise<bigint> {
  const { client, account } = await openAs(index)
  return client.balanceOf(account)
}

async function claim(index: number, changes: Partial<ClaimPlan> = {}) {
  return claimAirdrop(await openAs(index), { listFile, drop, account: undefined, ...changes }, yes)
}

test('a root made of a list and put into the genesis lets those of the list claim, once', async () => {
  const before = await balanceOf(1)
  const sent = await claim(1)
  const after = await balanceOf(1)
  expect(formatBtt(sent.amount)).toBe('1000.5')
  expect(after).toBe(before + sent.amount - sent.gasCost)
  await expect(claim(1)).rejects.toThrow(/paid by drop 1 already/)
  const drops = await viewDrops(chain.rpcUrl)
  expect(drops.map(({ root }) => root === undefined)).toEqual([true, false, true])
  expect(formatBtt(drops[1]?.left ?? sent.amount)).toBe('99989999998999.5')
})

test('anybody may pay the gas for another', async () => {
  const sent = await claim(3, { account: poor.toUpperCase().replace('0X', '0x') })
  expect(formatBtt(sent.amount)).toBe('7')
  await expect(claim(3, { account: poor })).rejects.toThrow(/already/)
})

test('nothing is sent without a yes', async () => {
  const asked = claimAirdrop(await openAs(2), { listFile, drop, account: undefined }, async () => false)
  await expect(asked).rejects.toMatchObject({ code: 'not-confirmed' })
})

test('who is not in the list, another list and a drop without one are told so', async () => {
  await expect(claim(4)).rejects.toThrow(/is not in the list/)
  await expect(claim(2, { drop: 0 })).rejects.toThrow(/not open yet/)
  await expect(claim(2, { drop: 9 })).rejects.toThrow(/does not exist/)
  await expect(claim(2, { account: 'me' })).rejects.toThrow(/"me" is no address/)
  const other = path.join(folder, 'other.csv')
  writeFileSync(other, `${address(2)},5\n`)
  await expect(claim(2, { listFile: other })).rejects.toThrow(/has another list/)
})

test('a list that promises more than its drop has, and one for no drop, are refused', async () => {
  const greedy = path.join(folder, 'greedy.csv')
  writeFileSync(greedy, `${address(1)},99990000000000\n${address(2)},0.000000000000000001\n`)
  await expect(rootOfList(greedy, drop, undefined)).rejects.toThrow(/has 99990000000000 BTT: shorten/)
  await expect(rootOfList(listFile, 3, undefined)).rejects.toThrow(/no drop 3/)
})
