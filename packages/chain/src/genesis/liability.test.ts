import { type Random, seededRandom } from '@millrace/base'
import { type Bounds, boundsWith, stakingParameters, systemAddresses } from '@millrace/contracts'
import * as fc from 'fast-check'
import { type Hex, stringToHex } from 'viem'
import { expect, test } from 'vitest'
import { account, btt, StakeWorld } from '../../../contracts/testing/stake-world.ts'
import { oneOf, testGenesis, testValidator } from '../../testing/validator-set.ts'
import { homeFiles } from '../consensus/cometbft/home.ts'
import { ed25519Key } from '../consensus/cometbft/keys.ts'
import { defaultGenesis, type GenesisConfig } from './config.ts'
import { evidenceBlocksOf, trustSecondsOf } from './liability.ts'

const names = ['epochBlocks', 'unbondingEpochs'] as const

function genesisWith(epochBlocks: bigint, unbondingEpochs: bigint): GenesisConfig {
  const parameters = { epochBlocks: `${epochBlocks}`, unbondingEpochs: `${unbondingEpochs}` }
  return { ...defaultGenesis, staking: { parameters, validators: [] } }
}

function anyValue(name: (typeof names)[number]): fc.Arbitrary<bigint> {
  const { most, least, leastAtGenesis = least }: Bounds = stakingParameters[name]
  return fc.oneof(fc.bigInt(leastAtGenesis, most), fc.bigInt(leastAtGenesis, least + 10n))
}

test('by default evidence is good for two days and a trusted header for one', () => {
  expect([evidenceBlocksOf(defaultGenesis), trustSecondsOf(defaultGenesis)]).toEqual([172_800, 86_400])
})

test('whatever the genesis file says and is voted, stake is liable longer than evidence is good, and twice as long as a header', () => {
  const [epochBlocks, unbondingEpochs] = names.map(anyValue)
  if (epochBlocks === undefined || unbondingEpochs === undefined) throw new RangeError('two names')
  fc.assert(
    fc.property(epochBlocks, unbondingEpochs, fc.double({ min: 0, max: 1, noNaN: true }), (blocks, epochs, part) => {
      const genesis = genesisWith(blocks, epochs)
      const [evidence, trust] = [evidenceBlocksOf(genesis), trustSecondsOf(genesis)]
      const [least, other] = [boundsWith('epochBlocks', blocks), boundsWith('unbondingEpochs', epochs)]
      const voted = least.least + BigInt(Math.floor(Number(least.most - least.least) * part))
      expect(evidence).toBeLessThan(Number(voted * other.least))
      expect(evidence).toBeLessThan(Number(blocks * epochs))
      expect(evidence).toBeLessThanOrEqual(172_800)
      expect(trust).toBeGreaterThanOrEqual(1)
      expect(trust * 2).toBeLessThanOrEqual(evidence)
    }),
  )
})

test('CometBFT and its light client are told the times of the genesis file', () => {
  const genesis = testGenesis([testValidator('a')], { unbondingEpochs: '5' })
  const key = (byte: number) => ed25519Key(new Uint8Array(32).fill(byte))
  const stateSync = { rpcServers: ['a:1', 'b:1'], trustHeight: 1, trustHash: 'ab'.repeat(32) }
  const place = { moniker: 'a', listen: '127.0.0.1:1', peers: [], stateSync }
  const files = homeFiles({ ...place, genesis, genesisHash: '0x00', validatorKey: key(1), nodeKey: key(2) })
  const { evidence } = JSON.parse(files.get('config/genesis.json') ?? '').consensus_params
  expect(evidence).toMatchObject({ max_age_num_blocks: '48', max_age_duration: '24000000000' })
  expect(files.get('config/config.toml')).toContain('trust_period = "24s"')
})

const [alice, bob, carol] = [account(0), account(1), account(2)]
const runs = 3
const seed = Date.now() % 2 ** 31
type Choice = Readonly<Record<(typeof names)[number], bigint>>

test('stake that stood behind a fault is still there in the last block for its evidence, and gone soon after', async () => {
  const world = await evidenceAtTheLast({ epochBlocks: 10n, unbondingEpochs: 1n }, async () => {})
  await world.endEpoch()
  expect((await world.staking.callAs(carol, 'claim', [carol])).revert).toBe(undefined)
})

test(`governance can vote no stake out before the last block for evidence (seed ${seed})`, async () => {
  const random = seededRandom(seed)
  for (let i = 0; i < runs; i++) {
    const genesis = { epochBlocks: BigInt(10 + random.below(4)), unbondingEpochs: BigInt(1 + random.below(3)) }
    await evidenceAtTheLast(genesis, (world) => vote(world, random, genesis))
  }
})

/**
 * Unbonds stake and goes on, with what is `voted` before each block, to the last block that can have evidence about the
 * last fault for which it stood. It can't be claimed in any block on the way, and is slashed there.
 */
async function evidenceAtTheLast(genesis: Choice, voted: (world: StakeWorld) => Promise<void>): Promise<StakeWorld> {
  const world = await StakeWorld.create({ ...genesis, validatorsMax: 2n })
  await world.fund(alice, bob, carol)
  for (const one of [alice, bob]) await world.register(one, 1_000_000n * btt)
  await world.staking.callAs(carol, 'delegate', [alice], 1_000n * btt)
  const turn = async () => {
    await voted(world)
    if (await world.validators.read('epochDue', [])) await world.endEpoch()
    await world.nextBlock()
    return world.validators.read('epochAt', [world.evm.number])
  }
  while ((await turn()) < 2n) {}
  await world.staking.callAs(carol, 'unbond', [alice, 1_000n * btt])
  const exit = await world.validators.read('epoch', [])
  while ((await turn()) <= exit) expect(await claim(world)).toBe('NothingThere')
  const height = world.evm.number - 1n
  const last = height + BigInt(evidenceBlocksOf(genesisWith(genesis.epochBlocks, genesis.unbondingEpochs))) + 1n
  while (world.evm.number < last) {
    expect(await claim(world)).toBe('NothingThere')
    await turn()
  }
  await world.doubleSign(alice, height)
  expect((await world.staking.read('exitOf', [alice, exit])).tokens).toBe(950n * btt)
  return world
}

/** Now and then another length of epochs or of unbonding, the next moment perhaps back; never below the file's. */
async function vote(world: StakeWorld, random: Random, genesis: Choice): Promise<void> {
  if (random.below(3) > 0) return
  const name = oneOf(random, names)
  const value = BigInt(random.below(Number(genesis[name]) + 6))
  const word: Hex = stringToHex(name, { size: 32 })
  const { revert } = await world.parameters.callAs(systemAddresses.governance, 'set', [word, value])
  const refused = revert === undefined ? undefined : world.parameters.errorIn(revert)
  expect(refused).toBe(value < genesis[name] ? 'OutOfBounds' : undefined)
}

async function claim(world: StakeWorld): Promise<string> {
  return world.staking.errorIn((await world.staking.callAs(carol, 'claim', [carol])).revert)
}
