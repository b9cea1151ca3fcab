/**
 * Proposals whose time is over at any turn of the event loop, between transactions or in the midst of one: the proposer's block is
 * the one that others execute, it executes it once, nothing is lost, and no block with waiting transactions is empty.
 */

import { defined } from '@millrace/base'
import fc from 'fast-check'
import { getContractAddress, type Hex, keccak256, parseEther } from 'viem'
import { expect, test } from 'vitest'
import { openNode } from '../../testing/abci-node.ts'
import { leadConsensus } from '../../testing/consensus.ts'
import { loopCode, roundsInput, turns } from '../../testing/loops.ts'
import { testGenesis, testValidator } from '../../testing/validator-set.ts'
import { decodeTransaction, embeddedEngine } from '../execution/engine.ts'
import { devAccount } from '../genesis/accounts.ts'
import { bytesOf } from '../hex.ts'
import { memoryStore } from '../store/store.ts'

const validators = ['a', 'b', 'c', 'd'].map((name) => testValidator(name))
const genesis = testGenesis(validators)
const loop = getContractAddress({ from: devAccount(1).address, nonce: 0n })
const fee = { maxFeePerGas: 2n * 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n }
const blocksMax = 60
const rich = { nonce: 0n, balance: 10n ** 30n, baseFeePerGas: 0n, floor: 0n }

/** An account's part in the pool: how long each of its calls runs, and whether it then gives away twice more than half of what it has. */
const account = fc.record({
  rounds: fc.array(fc.integer({ min: 1, max: 15_000 }), { maxLength: 3 }),
  isRuined: fc.boolean(),
})

async function signedBy(index: number, nonce: number, fields: { to?: Hex; data?: Hex; value?: bigint; gas: bigint }) {
  const place = { type: 'eip1559', chainId: genesis.chainId, nonce } as const
  return bytesOf(await devAccount(index).signTransaction({ ...place, ...fields, ...fee }))
}

async function network(buildTime: () => Promise<void>) {
  let builds = 0
  const proposer = await openNode({
    genesis,
    store: memoryStore(),
    buildTime,
    engineOf: (options) => {
      const engine = embeddedEngine(options)
      const build: typeof engine.build = (...place) => {
        builds++
        return engine.build(...place)
      }
      return { ...engine, build }
    },
  })
  const other = await openNode({ genesis, store: memoryStore() })
  const consensus = leadConsensus(proposer.chain, validators)
  return {
    proposer,
    builds: () => builds,
    /** The next block, proposed by one and executed by both. */
    async next() {
      const { input } = await consensus.next()
      expect(await other.chain.app.processProposal(input)).toEqual({ ok: true, value: undefined })
      await other.chain.app.finalizeBlock(input)
      await other.chain.app.commit()
      expect(other.chain.head().hash).toBe(proposer.chain.head().hash)
      return proposer.chain.head()
    },
  }
}

test('whenever a proposal’s time is over, it is the block that others execute, made once', { timeout: 300_000 }, () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(account, { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 5 }),
      async (accounts, times) => {
        let height = 0
        const { proposer, builds, next } = await network(() => turns(defined(times[height++ % times.length], 'a time')))
        await proposer.call('insertTx', { tx: await signedBy(1, 0, { data: loopCode, gas: 200_000n }) })
        expect((await next()).receipts.at(-1)?.status).toBe(1)
        const sent: Hex[] = []
        for (const [at, { rounds, isRuined }] of accounts.entries()) {
          const calls = rounds.map((each) => ({ to: loop, data: roundsInput(each), gas: 30_000n + 30n * BigInt(each) }))
          const gift = { to: devAccount(0).address, value: parseEther('600000000'), gas: 21_000n }
          for (const [nonce, fields] of [...calls, ...(isRuined ? [gift, gift] : [])].entries()) {
            const raw = await signedBy(at + 2, nonce, fields)
            // Only execution finds out about the second gift.
            const isSecond = fields === gift && nonce > calls.length
            const { pool, common } = proposer.chain
            if (isSecond) expect(pool.add(decodeTransaction(raw, common), rich).ok).toBe(true)
            else expect((await proposer.call('insertTx', { tx: raw })).code).toBe(0)
            if (!isSecond) sent.push(keccak256(raw))
          }
        }
        const mined: Hex[] = []
        for (let blocks = 0; proposer.chain.pool.size() > 0; blocks++) {
          expect(blocks).toBeLessThan(blocksMax)
          const { transactions } = await next()
          mined.push(...transactions.map(({ hash }) => hash))
          expect(transactions.length > 0 || proposer.chain.pool.size() === 0).toBe(true)
        }
        expect(mined.toSorted()).toEqual(sent.toSorted())
        expect(builds()).toBe(proposer.chain.head().number)
      },
    ),
    { numRuns: 15 },
  ),
)
