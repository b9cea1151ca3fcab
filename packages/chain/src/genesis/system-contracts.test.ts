import { stakingAbi, stakingParameters, systemAddresses, validatorsAbi } from '@millrace/contracts'
import { decodeFunctionResult, encodeFunctionData, parseEther } from 'viem'
import { expect, test } from 'vitest'
import { createCommon } from '../common.ts'
import { embeddedEngine } from '../execution/engine.ts'
import { hexOf } from '../hex.ts'
import { memoryStore } from '../store/store.ts'
import { checkGenesis, defaultGenesis, type GenesisConfig, resolveGenesis, totalSupply } from './config.ts'
import { checkStaking, type GenesisStaking } from './staking.ts'

const first = {
  operator: '0x0000000000000000000000000000000000000a01',
  consensusKey: `0x${'11'.repeat(32)}`,
  signer: '0x0000000000000000000000000000000000000b01',
  stake: '3000000.5',
  commissionBps: 500,
  commissionMostBps: 2_000,
  commissionStepBps: 100,
}
const second = {
  ...first,
  operator: '0x0000000000000000000000000000000000000a02',
  consensusKey: `0x${'22'.repeat(32)}`,
  signer: '0x0000000000000000000000000000000000000b02',
  stake: '2000000',
}
const staking: GenesisStaking = { parameters: { validatorsMax: '4', epochBlocks: '10' }, validators: [first, second] }

async function blockZero(config: GenesisConfig) {
  const genesis = resolveGenesis(config, 1_700_000_000, new Uint8Array(16))
  const engine = embeddedEngine({ common: createCommon(genesis.chainId), store: memoryStore(), genesis })
  const candidate = await engine.genesis(genesis)
  await engine.commit(candidate)
  return { block: candidate.block, state: engine.state(candidate.block) }
}

test('the system contracts stand in block 0, and it holds the supply to the base unit', async () => {
  const { state } = await blockZero(defaultGenesis)
  const { rewards, validators, parameters } = systemAddresses
  for (const address of [systemAddresses.staking, rewards, validators, parameters]) {
    expect(await state.account(address)).toEqual({ nonce: 1n, balance: 0n, hasCode: true })
  }
  expect(await state.supply()).toBe(totalSupply)
})

test('validators of the genesis file are registered with their stake and elected in block 0', async () => {
  const { block, state } = await blockZero({ ...defaultGenesis, staking })
  expect(await state.supply()).toBe(totalSupply)
  expect((await state.account(systemAddresses.staking))?.balance).toBe(parseEther('5000000.5'))
  expect(await state.account(first.operator as `0x${string}`)).toBeUndefined() // hex above; nothing is left
  const call = async (to: `0x${string}`, data: `0x${string}`) => {
    const request = { from: systemAddresses.caller, to, data: Buffer.from(data.slice(2), 'hex'), value: 0n }
    const result = await state.call(
      { ...request, gas: 1_000_000n, gasPrice: 0n, accessList: [] },
      { header: block.header },
    )
    return hexOf(result.output)
  }
  const set = await call(
    systemAddresses.validators,
    encodeFunctionData({ abi: validatorsAbi, functionName: 'electedSet' }),
  )
  const [members, keys] = decodeFunctionResult({ abi: validatorsAbi, functionName: 'electedSet', data: set })
  const elected = members.map(({ validator, power }, index) => [validator.toLowerCase(), power, keys[index]])
  expect(elected.toSorted()).toEqual([
    [first.operator, 3_000_000n, first.consensusKey],
    [second.operator, 2_000_000n, second.consensusKey],
  ])
  const votes = encodeFunctionData({
    abi: stakingAbi,
    functionName: 'getVotes',
    args: [first.operator as `0x${string}`],
  })
  expect(BigInt(await call(systemAddresses.staking, votes))).toBe(parseEther('3000000.5'))
})

test('the same file makes the same block 0', async () => {
  const [one, other] = [
    await blockZero({ ...defaultGenesis, staking }),
    await blockZero({ ...defaultGenesis, staking }),
  ]
  expect(one.block.hash).toBe(other.block.hash)
})

const spoilt: readonly (readonly [string, unknown, RegExp])[] = [
  ['a parameter that does not exist', { ...staking, parameters: { speed: '1' } }, /no parameter "speed"/],
  ['a parameter out of its bounds', { ...staking, parameters: { validatorsMax: '101' } }, /1 to 100/],
  ['a parameter that is no text', { ...staking, parameters: { validatorsMax: 4 } }, /no number/],
  ['no list of validators', { ...staking, validators: {} }, /no list/],
  ['one key twice', { ...staking, validators: [first, { ...second, consensusKey: first.consensusKey }] }, /two valid/],
  ['one operator twice', { ...staking, validators: [first, { ...second, operator: first.operator }] }, /two valid/],
  ['a stake below the least', { ...staking, validators: [{ ...first, stake: '999999.9' }] }, /at least 1000000/],
  ['a stake of words', { ...staking, validators: [{ ...first, stake: 'much' }] }, /stakes "much"/],
  ['a commission above its limit', { ...staking, validators: [{ ...first, commissionBps: 2_001 }] }, /out of bounds/],
  ['a short key', { ...staking, validators: [{ ...first, consensusKey: '0x11' }] }, /no key/],
  ['a validator of nothing', { ...staking, validators: [null] }, /no object/],
]

test.each(spoilt)('%s is refused', (_name, section, words) => {
  expect(() => checkStaking(section)).toThrow(words)
})

test('where validators make the blocks, extraData is the digest of the file, tips are shared, and no other list is taken', () => {
  const config = { ...defaultGenesis, staking }
  expect(resolveGenesis(config, 1_700_000_000, new Uint8Array(16)).extraData).toMatch(/^0x[0-9a-f]{64}$/)
  expect(() => checkGenesis({ ...config, extraData: '0x00' })).toThrow(/not the file's digest/)
  expect(() => checkGenesis({ ...config, feeRecipient: first.operator })).toThrow(/shares the tips/)
  const old: GenesisConfig = Object.assign({ ...defaultGenesis }, { validators: [] })
  expect(() => checkGenesis(old)).toThrow(/staking\.validators/)
})

test('stakes come out of the row of the dev accounts, which must hold them', async () => {
  const rich = { ...staking, validators: [{ ...first, stake: '900000000000000' }] }
  await expect(blockZero({ ...defaultGenesis, staking: rich })).rejects.toThrow(/first stakes/)
  expect(stakingParameters.selfStakeMin.value).toBe(parseEther('1000000'))
})
