/** A vote on a real chain moves the free share of the sellers that run, but not of the one whose owner chose. */

import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ChainNode } from '../../packages/chain/src/index.ts'
import { quickChain } from '../../packages/chain/testing/clients.ts'
import { decide, registerVoter, settingOf, votingGenesis } from '../../packages/chain/testing/governing.ts'
import { tradeOn } from '../support/economy.ts'
import { eventually, type Running } from '../support/processes.ts'
import { TestSwarm } from '../support/swarm.ts'

const swarm = new TestSwarm('free-share', { bytes: 1 << 20, pieceLength: 1 << 16, seed: 11 })
let chain: ChainNode
beforeAll(async () => {
  chain = await quickChain({ genesis: votingGenesis })
  await registerVoter(chain)
})
afterAll(async () => {
  await swarm.close()
  await chain.close()
})

/** Three looks at the chain, on a machine that has other things to do. */
const waitMilliseconds = 180_000

function freeShareOf({ out }: Running): number | undefined {
  const line = out.findLast((text) => text.includes('"event":"progress"'))
  // The command documents its events.
  return line === undefined ? undefined : (JSON.parse(line) as { freeSharePpm?: number }).freeSharePpm
}

it('follows the chain while it sells', { timeout: 2 * waitMilliseconds }, async () => {
  const market = { rpc: chain.rpcUrl, vault: chain.vaultAddress }
  const sell = (name: string, devAccount: number, ...more: readonly string[]) => {
    const content = [swarm.content, '--torrent', swarm.torrent, '--port', '0']
    return swarm.start(name, ['seed', ...content, '--ask', '1', '--jsonl', ...tradeOn(market, devAccount), ...more])
  }
  const chosen = sell('chosen', 5, '--free-share', '30')
  const follower = sell('follower', 6)
  await eventually('both report', waitMilliseconds, () => {
    for (const { isOver, printed } of [chosen, follower]) if (isOver) throw new Error(printed)
    return freeShareOf(chosen) !== undefined && freeShareOf(follower) !== undefined
  })
  expect([chosen, follower].map(freeShareOf)).toEqual([300_000, 150_000])
  await decide(chain, 'More for all', [settingOf('freeShareDefaultPpm', 220_000n)])
  await eventually('the vote counts', waitMilliseconds, () => freeShareOf(follower) === 220_000)
  expect(freeShareOf(chosen)).toBe(300_000)
})
