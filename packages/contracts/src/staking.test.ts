import { expect, test } from 'vitest'
import { testKey } from '../testing/evm.ts'
import { btt, StakeWorld } from '../testing/stake-world.ts'

const alice = testKey(0)
const bob = testKey(1)
const carol = testKey(2)

test('delegates, unbonds and claims after the unbonding period', async () => {
  const world = await StakeWorld.create([alice, bob, carol], { epochBlocks: 10n, unbondingEpochs: 2n })
  await world.register(alice, 1_000_000n * btt)
  const gas = await world.nextEpoch(alice)
  const [members] = await world.validators.read('electedSet', [])
  expect(members).toEqual([{ validator: alice.address, power: 1_000_000n }])
  const outcome = await world.staking.call(bob, 'delegate', [alice.address], 500n * btt)
  console.log(gas, outcome.gas, await world.staking.read('positionOf', [alice.address, bob.address]))
  await world.nextEpoch(alice)
  console.log(await world.staking.read('positionOf', [alice.address, bob.address]), world.minted)
})
