import { chainParameters, guardianAbi, parametersAbi, systemAddresses } from '@millrace/contracts'
import { decodeFunctionResult, encodeFunctionData, type Hex, stringToHex } from 'viem'
import { expect, test } from 'vitest'
import { createCommon } from '../common.ts'
import { embeddedEngine } from '../execution/engine.ts'
import { bytesOf, hexOf } from '../hex.ts'
import { memoryStore } from '../store/store.ts'
import { checkGenesis, defaultGenesis, type GenesisConfig, resolveGenesis } from './config.ts'
import { checkGovernance } from './governance.ts'

const guardian = '0x0000000000000000000000000000000000000e01'

async function blockZero(config: GenesisConfig) {
  const genesis = resolveGenesis(config, 1_700_000_000, new Uint8Array(16))
  const engine = embeddedEngine({ common: createCommon(genesis.chainId), store: memoryStore(), genesis })
  const candidate = await engine.genesis(genesis)
  await engine.commit(candidate)
  const { block } = candidate
  const state = engine.state(block)
  const call = async (to: Hex, data: Hex) => {
    const request = { from: systemAddresses.caller, to, data: bytesOf(data), value: 0n, gasPrice: 0n, accessList: [] }
    return hexOf((await state.call({ ...request, gas: 1_000_000n }, { header: block.header })).output)
  }
  const parameter = async (name: string) => {
    const args = [stringToHex(name, { size: 32 })] as const
    return BigInt(
      await call(systemAddresses.parameters, encodeFunctionData({ abi: parametersAbi, functionName: 'get', args })),
    )
  }
  return { state, rules: () => engine.rules(block), call, parameter }
}

test('governance stands in block 0 with what the file says, and the chain reads its rules from there', async () => {
  const { state, rules, call, parameter } = await blockZero({
    ...defaultGenesis,
    gasLimit: 40_000_000,
    priceFloor: '123',
    governance: { guardian, parameters: { quorumBps: '5000', freeShareDefaultPpm: '200000' } },
  })
  for (const address of [systemAddresses.governance, systemAddresses.governor, systemAddresses.guardian]) {
    expect(await state.account(address)).toEqual({ nonce: 1n, balance: 0n, hasCode: true })
  }
  const known = await call(systemAddresses.guardian, encodeFunctionData({ abi: guardianAbi, functionName: 'guardian' }))
  const appointed = decodeFunctionResult({ abi: guardianAbi, functionName: 'guardian', data: known })
  expect(appointed.toLowerCase()).toBe(guardian)
  expect(await parameter('quorumBps')).toBe(5_000n)
  expect(await parameter('freeShareDefaultPpm')).toBe(200_000n)
  expect(await parameter('passBps')).toBe(5_000n)
  expect(await parameter('gasPriceFloor')).toBe(123n)
  expect(await parameter('blockGasLimit')).toBe(40_000_000n)
  expect(await rules()).toEqual({ priceFloor: 123n, gasLimit: 40_000_000n })
})

test('the rules of the default chain are those of its file', async () => {
  const { rules } = await blockZero(defaultGenesis)
  expect(await rules()).toEqual({ priceFloor: 300_000_000_000n, gasLimit: 30_000_000n })
})

const spoilt: readonly (readonly [string, unknown, RegExp])[] = [
  ['nothing', null, /no object/],
  ['no parameters', {}, /governance.parameters is missing/],
  ['a guardian that is no address', { guardian: '0x1234', parameters: {} }, /guardian is no address/],
  ['a parameter that does not exist', { parameters: { speed: '1' } }, /no parameter "speed"/],
  ['a parameter of staking', { parameters: { validatorsMax: '4' } }, /no parameter "validatorsMax"/],
  ['the floor, which priceFloor says', { parameters: { gasPriceFloor: '1' } }, /no parameter "gasPriceFloor"/],
  ['a parameter out of its bounds', { parameters: { passBps: '4999' } }, /5000 to 9000/],
  ['a parameter that is no text', { parameters: { passBps: 6_000 } }, /no number/],
  [
    'a free share outside its own bounds',
    { parameters: { freeShareLeastPpm: '150000', freeShareDefaultPpm: '1' } },
    /150000 to 1000000/,
  ],
]

test.each(spoilt)('%s is refused', (_name, section, words) => {
  expect(() => checkGovernance(section)).toThrow(words)
})

test('a floor that no vote could have set is refused', () => {
  const { most } = chainParameters.gasPriceFloor
  expect(() => checkGenesis({ ...defaultGenesis, priceFloor: (most + 1n).toString() })).toThrow(/priceFloor is/)
  expect(() => checkGenesis({ ...defaultGenesis, priceFloor: most.toString() })).not.toThrow()
})
