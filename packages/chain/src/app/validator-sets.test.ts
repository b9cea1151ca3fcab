import { seededRandom } from '@millrace/base'
import { expect, test } from 'vitest'
import { openNode } from '../../testing/abci-node.ts'
import { genesisSeconds, testGenesis, testValidator } from '../../testing/validator-set.ts'
import { vaultAddress } from '../genesis/accounts.ts'
import type { Validator } from '../genesis/validators.ts'
import { memoryStore } from '../store/store.ts'
import {
  decodeSets,
  encodeSets,
  updatesBetween,
  type ValidatorSource,
  validatorsAt,
  withElected,
} from './validator-sets.ts'

const set = (...names: readonly string[]): readonly Validator[] => names.map((name) => testValidator(name).validator)

test('an elected set votes two heights later, and the one before it is known as long as its votes come', () => {
  const first = [{ fromHeight: 1, validators: set('a') }]
  const second = withElected(first, 10, set('b'))
  expect([9, 11].map((height) => validatorsAt(second, height))).toEqual([set('a'), set('a')])
  expect(validatorsAt(second, 12)).toEqual(set('b'))
  const third = withElected(second, 11, set('c'))
  expect([10, 11, 12, 13].map((height) => validatorsAt(third, height))).toEqual([
    set('a'),
    set('a'),
    set('b'),
    set('c'),
  ])
  expect(
    withElected(third, 30, set('d')).map(({ fromHeight }) => fromHeight),
    'older ones are forgotten',
  ).toEqual([13, 32])
})

test('the record is read as it was written', () => {
  const random = seededRandom(3)
  const sets = [set('a', 'b'), set('c')].map((validators, index) => ({
    fromHeight: 1 + index * random.below(1000),
    validators,
  }))
  expect(decodeSets(encodeSets(sets))).toEqual(sets)
})

test('updates take out who left, add who came, and say nothing of who stays', () => {
  const [a, b, c] = [set('a'), set('b'), set('c')].flat()
  if (a === undefined || b === undefined || c === undefined) throw new Error('three validators')
  const updates = updatesBetween([a, b], [{ ...b, power: 25 }, c])
  expect(new Map(updates.map(({ consensusKey, power }) => [consensusKey, power]))).toEqual(
    new Map([
      [a.consensusKey, 0],
      [b.consensusKey, 25],
      [c.consensusKey, 10],
    ]),
  )
  expect(updatesBetween([a, b], [b, a])).toEqual([])
})

test('what a source elects from the state of a block reaches CometBFT, and is there after a restart', async () => {
  const genesis = testGenesis([testValidator('a')])
  const store = memoryStore()
  const seen: (bigint | undefined)[] = []
  const validatorSource: ValidatorSource = {
    async elected(block, _before, state) {
      if (block.number !== 1) return undefined
      // The state is that of the block itself, which is not committed yet: the vault that it deploys is in it.
      seen.push((await state.account(vaultAddress))?.nonce)
      return set('a', 'b')
    },
  }
  const open = () => openNode({ genesis, store, validatorSource, signer: testValidator('a').signer })
  const node = await open()
  const block = async (height: number) => {
    const place = { height, seconds: genesisSeconds + height }
    const report = { proposer: testValidator('a').address, missed: [], evidence: [] }
    const items =
      height === 1 ? await node.chain.app.prepareProposal({ ...place, bytesMax: 1_000_000, votes: [], report }) : []
    const finalized = await node.chain.app.finalizeBlock({ ...place, items, lastCommit: [], report })
    await node.chain.app.commit()
    return finalized.validatorUpdates
  }
  const [b] = set('b')
  expect(await block(1)).toEqual([{ consensusKey: b?.consensusKey, power: 10 }])
  expect(await block(2)).toEqual([])
  expect(node.chain.app.validators()).toEqual(set('a', 'b'))
  const again = await open()
  expect(again.chain.app.validators()).toEqual(set('a', 'b'))
  expect(again.chain.head().number).toBe(2)
  expect(seen).toEqual([1n])
})
