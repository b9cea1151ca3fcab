import { formatBtt, MillraceError } from '@millrace/base'
import { embeddedBond, embeddedVault, issueAddresses } from '@millrace/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bondAddress, devAccount, vaultAddress, vaultDeployer } from './accounts.ts'
import { allocationAddress } from './allocation.ts'
import { genesisBalances } from './balances.ts'
import { checkGenesis, defaultGenesis, type GenesisConfig, totalSupply } from './config.ts'
import { contractsDeployCost } from './vault.ts'

test('990 trillion BTT stand in the genesis to the base unit, dev accounts among them', () => {
  const balances = genesisBalances(defaultGenesis)
  expect([...balances.values()].reduce((sum, amount) => sum + amount, 0n)).toBe(990n * 10n ** 30n)
  expect(formatBtt(balances.get(devAccount(0).address.toLowerCase()) ?? 0n)).toBe('1000000000000')
  expect(formatBtt(balances.get(devAccount(9).address.toLowerCase()) ?? 0n)).toBe('1000000000')
  expect(balances.get(vaultDeployer.address.toLowerCase())).toBe(contractsDeployCost(defaultGenesis))
  expect(formatBtt(balances.get(allocationAddress('seed sale')) ?? 0n)).toBe('89100000000000')
  expect(formatBtt(balances.get(issueAddresses.airdrop) ?? 0n)).toBe('258390000000000')
  expect(formatBtt(balances.get(issueAddresses.incentives) ?? 0n)).toBe('49500000000000')
  const ecosystem =
    147_510_000_000_000n * 10n ** 18n - 1_009_000_000_000n * 10n ** 18n - contractsDeployCost(defaultGenesis)
  expect(balances.get(issueAddresses.fund)).toBe(ecosystem)
})

test('the well-known keys are the well-known ones', () => {
  expect(devAccount(0).address).toBe('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266')
  expect(devAccount(9).address).toBe('0xa0Ee7A142d267C1f36714E4a8F75612F20a79720')
  expect(() => devAccount(10)).toThrow(RangeError)
  expect(vaultAddress.toLowerCase()).toBe(embeddedVault)
  expect(bondAddress.toLowerCase()).toBe(embeddedBond)
})

const first = defaultGenesis.allocation[1]
const changed: readonly (readonly [string, Partial<GenesisConfig>, RegExp])[] = [
  ['the chain id of a real network', { chainId: 199 }, /199 and 1029/],
  ['a sum that is short', { allocation: defaultGenesis.allocation.slice(1) }, /sums to/],
  [
    'one address twice',
    { allocation: [...defaultGenesis.allocation, ...(first === undefined ? [] : [first])] },
    /repeats/,
  ],
  ['a dead base fee', { baseFeePerGas: '6' }, /at least 7/],
  ['a price with a fraction', { priceFloor: '1.5' }, /no price/],
  ['too much extra data', { extraData: `0x${'00'.repeat(33)}` }, /at most 32 bytes/],
  ['dev accounts out of nowhere', { devAccounts: { ...defaultGenesis.devAccounts, takenFrom: 'mine' } }, /no row/],
  ['nine dev accounts', { devAccounts: { ...defaultGenesis.devAccounts, amounts: ['1'] } }, /10/],
  ['a tiny block', { gasLimit: 21_000 }, /out of range/],
]

test.each(changed)('%s is refused', (_name, change, words) => {
  expect(() => checkGenesis({ ...defaultGenesis, ...change })).toThrow(words)
})

// An object of JSON may hide Object's own way to words: naming it in a message threw.
const wordless: unknown = { toString: '', valueOf: '' }
test.each(['version', 'chainId', 'gasLimit', 'timestamp', 'vault', 'devAccounts'])(
  '%s without words is refused',
  (key) => {
    const inside = {
      vault: { withdrawDelaySeconds: wordless },
      devAccounts: { ...defaultGenesis.devAccounts, takenFrom: wordless },
    }
    const file: GenesisConfig = Object.assign({ ...defaultGenesis, [key]: wordless }, key in inside ? inside : {})
    expect(() => checkGenesis(file)).toThrow(/^genesis: /)
  },
)

test('dev accounts can’t take more than their row holds', () => {
  const amounts = defaultGenesis.devAccounts.amounts.map(() => '100000000000000')
  const greedy = { ...defaultGenesis, devAccounts: { takenFrom: 'ecosystem', amounts } }
  expect(() => genesisBalances(greedy)).toThrow(/"ecosystem" holds/)
  expect(totalSupply).toBe(990n * 10n ** 30n)
})

test('a file with any part spoilt is refused in words, or is a genesis', () => {
  const paths = [
    ...Object.keys(defaultGenesis).map((key) => [key]),
    ...[
      'allocation.0',
      'allocation.0.amount',
      'allocation.0.address',
      'allocation.0.name',
      'vault.withdrawDelaySeconds',
    ].map((path) => path.split('.')),
    ...['devAccounts.amounts', 'devAccounts.amounts.3', 'devAccounts.takenFrom'].map((path) => path.split('.')),
  ]
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 2 }), (path, junk) => {
      const file: unknown = JSON.parse(JSON.stringify(defaultGenesis))
      const parent = path.slice(0, -1).reduce<unknown>((node, key) => Reflect.get(Object(node), key), file)
      Reflect.set(Object(parent), path.at(-1) ?? '', junk)
      try {
        const balances = genesisBalances(file as GenesisConfig) // that it may be none is what is tested
        expect([...balances.values()].reduce((sum, amount) => sum + amount, 0n)).toBe(totalSupply)
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(MillraceError)
      }
    }),
  )
  // JSON may also be no object at all.
  for (const junk of [null, 3, [], 'x'])
    expect(() => checkGenesis(junk as unknown as GenesisConfig)).toThrow(/no object/) // the same
})
