/** docs/genesis.md followed by the command line: a genesis file of one's own, a list, its root, a claim. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { removeFolder, temporaryFolder } from '../support/content.ts'
import { rpcCall, startChain } from '../support/economy.ts'
import { millrace } from '../support/millrace.ts'
import { stopAll } from '../support/processes.ts'

const folder = temporaryFolder('airdrop')
afterAll(async () => {
  await stopAll()
  removeFolder(folder)
})

const holder = '0x00000000000000000000000000000000000000a1'
const own = path.join(folder, 'base.json')
const filled = path.join(folder, 'genesis.json')
const list = path.join(folder, 'holders.csv')

async function run(...args: string[]) {
  const running = await millrace({ folder }, args)
  return { code: (await running.ended).code, running }
}

it('the printed genesis is a file to begin with, and a spoilt one is refused with its row', async () => {
  const printed = await run('chain', 'genesis', '--json')
  writeFileSync(own, printed.running.out.join('\n'))
  const checked = await run('chain', 'genesis', own)
  expect(checked.code, checked.running.printed).toBe(0)
  expect(checked.running.out).toHaveLength(10)
  expect(checked.running.printed).toContain('10 rows sum to 990000000000000 BTT')
  const spoilt = path.join(folder, 'spoilt.json')
  writeFileSync(spoilt, readFileSync(own, 'utf8').replace('"amount": "19800000000000"', '"amount": "19800000000001"'))
  const refused = await run('chain', 'genesis', spoilt)
  expect(refused.code).not.toBe(0)
  expect(refused.running.printed).toMatch(/sums to 990000000000001/)
})

it('a list goes into the genesis, and its holder is paid at the cost of another', async () => {
  writeFileSync(list, `account,amount\n${holder},12.5\n`)
  const made = await run('chain', 'airdrop', 'root', '--list', list, '--drop', '1', '--genesis', own, '--out', filled)
  expect(made.code, made.running.printed).toBe(0)
  const again = await run('chain', 'airdrop', 'root', '--list', list, '--drop', '1', '--genesis', own, '--out', filled)
  expect(again.code).not.toBe(0)
  const chain = await startChain(folder, { genesis: filled })
  const shown = await run('chain', 'airdrop', 'list', '--rpc', chain.rpc)
  expect(shown.running.out[1]).toContain(made.running.out[0]?.replace('root ', '') ?? 'nothing')
  const claim = ['chain', 'airdrop', 'claim', '--list', list, '--drop', '1', '--account', holder, '--yes', '--json']
  const claimed = await run(...claim, '--rpc', chain.rpc, '--dev-account', '3')
  expect(claimed.code, claimed.running.printed).toBe(0)
  expect(claimed.running.json<{ amount: string }>().amount).toBe('12500000000000000000')
  expect(await rpcCall(chain.rpc, 'eth_getBalance', [holder, 'latest'])).toBe(`0x${(125n * 10n ** 17n).toString(16)}`)
  const twice = await run(...claim, '--rpc', chain.rpc, '--dev-account', '3')
  expect(twice.code).toBe(11)
  expect(twice.running.printed).toMatch(/paid by drop 1 already/)
  await chain.running.stop()
})

it('a network of validators begins with the same file', async () => {
  const data = path.join(folder, 'net')
  const made = await run('chain', 'init', '--data', data, '--genesis', filled, '--json')
  expect(made.code, made.running.printed).toBe(0)
  expect(existsSync(path.join(data, 'genesis.json'))).toBe(true)
  const { issue } = JSON.parse(readFileSync(path.join(data, 'genesis.json'), 'utf8'))
  expect(issue).toEqual(JSON.parse(readFileSync(filled, 'utf8')).issue)
})
