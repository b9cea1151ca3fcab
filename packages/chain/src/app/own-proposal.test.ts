import { setImmediate as nextTurn } from 'node:timers/promises'
import { defined } from '@millrace/base'
import { expect, test } from 'vitest'
import { openNode } from '../../testing/abci-node.ts'
import { blake2fInput, modexpInput, pairsInput, precompiles } from '../../testing/precompile-inputs.ts'
import { genesisSeconds, testGenesis, testValidator } from '../../testing/validator-set.ts'
import { embeddedEngine } from '../execution/engine.ts'
import { devAccount } from '../genesis/accounts.ts'
import { bytesOf, hexOf } from '../hex.ts'
import { memoryStore } from '../store/store.ts'

const validator = testValidator('a')
const genesis = testGenesis([validator])
/** Code that counts down from 300,000 and ends: a hundred turns of the event loop and more. */
const countdown = '0x620493e05b600190038060045700'
/** A block whose transactions have ended is done in fewer turns. */
const turnsOfSealing = 10
/** Each of them takes many more. */
const long = [
  ['code', { data: countdown }],
  ['blake2f', { to: precompiles.blake2f, data: hexOf(blake2fInput(500_000)) }],
  ['the pairing check', { to: precompiles.pairing, data: hexOf(pairsInput(40)) }],
  ['modexp', { to: precompiles.modexp, data: hexOf(modexpInput(50_000)) }],
] as const

test.each(long)(
  'a proposal whose time is over, and our own vote for it, come before %s has ended',
  async (_name, call) => {
    let builds = 0
    let isBuilt = false
    const node = await openNode({
      genesis,
      store: memoryStore(),
      signer: validator.signer,
      buildTime: () => nextTurn(),
      engineOf: (options) => {
        const engine = embeddedEngine(options)
        const build: typeof engine.build = async (...place) => {
          builds++
          const candidate = await engine.build(...place)
          isBuilt = true
          return candidate
        }
        return { ...engine, build }
      },
    })
    const { app } = node.chain
    const fee = { maxFeePerGas: 2n * 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n, gas: 9_000_000n }
    const place = { type: 'eip1559', chainId: genesis.chainId, nonce: 0 } as const
    const raw = bytesOf(await devAccount(1).signTransaction({ ...place, ...fee, ...call }))
    expect((await node.call('insertTx', { tx: raw })).code).toBe(0)

    const report = { proposer: validator.address, missed: [], evidence: [] }
    const block = { height: 1, seconds: genesisSeconds + 1, report }
    const items = await app.prepareProposal({ ...block, bytesMax: 1_000_000, votes: [] })
    expect(items.at(-1)).toEqual(raw)
    const input = { ...block, items, lastCommit: [] }
    expect((await app.processProposal(input)).ok).toBe(true)
    let turnsLeft = 0
    for (; !isBuilt; turnsLeft++) await nextTurn()
    expect(turnsLeft).toBeGreaterThan(turnsOfSealing)

    const { appHash } = await app.finalizeBlock(input)
    expect(builds).toBe(1)
    await app.commit()
    expect(defined(app.head().receipts.at(-1), 'its receipt')).toMatchObject({ status: 1 })

    const other = await openNode({ genesis, store: memoryStore() })
    expect((await other.chain.app.processProposal(input)).ok).toBe(true)
    expect((await other.chain.app.finalizeBlock(input)).appHash).toBe(appHash)
  },
)

test('a proposal of ours that lacks the votes it was asked with is refused by ourselves', async () => {
  const node = await openNode({ genesis, store: memoryStore(), buildTime: () => nextTurn() })
  const { app } = node.chain
  const report = { proposer: validator.address, missed: [], evidence: [] }
  const block = { height: 1, seconds: genesisSeconds + 1, report }
  const items = await app.prepareProposal({ ...block, bytesMax: 1_000_000, votes: [] })
  const lastCommit = [{ validator: validator.address, committed: true }]
  expect(await app.processProposal({ ...block, items, lastCommit })).toEqual({
    ok: false,
    error: 'the record of votes is missing',
  })
})
