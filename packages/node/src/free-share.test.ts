import { type ChainNode, type ChainOptions, defaultGenesis, startChain } from '@millrace/chain'
import { afterEach, expect, test } from 'vitest'
import { freeShareOn } from './free-share.ts'

const chains: ChainNode[] = []
afterEach(async () => {
  for (const chain of chains.splice(0)) await chain.close()
})

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
