import { readFileSync } from 'node:fs'
import { formatBtt, parseBtt } from '@millrace/base'
import {
  airdropAbi,
  airdropTree,
  embeddedVault,
  fundAbi,
  incentivesAbi,
  issueAddresses,
  milestoneGrantAbi,
  systemAddresses,
  termsWith,
  timeGrantAbi,
} from '@millrace/contracts'
import { type Abi, decodeFunctionResult, encodeFunctionData, type Hex } from 'viem'
import { expect, test } from 'vitest'
import { createCommon } from '../common.ts'
import { embeddedEngine } from '../execution/engine.ts'
import { hexOf } from '../hex.ts'
import { memoryStore } from '../store/store.ts'
import { allocationAddress, defaultIssue } from './allocation.ts'
import { checkGenesis, defaultGenesis, type GenesisConfig, resolveGenesis, totalSupply } from './config.ts'
import { airdropDomain } from './issue.ts'

const genesisTime = 1_700_000_000
const daySeconds = 86_400

async function blockZero(config: GenesisConfig) {
  const genesis = resolveGenesis(config, genesisTime, new Uint8Array(16))
  const engine = embeddedEngine({ common: createCommon(genesis.chainId), store: memoryStore(), genesis })
  const candidate = await engine.genesis(genesis)
  await engine.commit(candidate)
  const state = engine.state(candidate.block)
  const read = async (abi: Abi, to: string, functionName: string, args: readonly unknown[] = []): Promise<unknown> => {
    const data = Buffer.from(encodeFunctionData({ abi, functionName, args }).slice(2), 'hex')
    const request = { from: systemAddresses.caller, to: to as Hex, data, value: 0n } // addresses of the file, checked
    const call = { ...request, gas: 1_000_000n, gasPrice: 0n, accessList: [] }
    const { output } = await state.call(call, { header: candidate.block.header })
    return decodeFunctionResult({ abi, functionName, data: hexOf(output) })
  }
  return { block: candidate.block, state, read }
}

test('docs/genesis.json is the default genesis', () => {
  const file: unknown = JSON.parse(readFileSync(new URL('../../../../docs/genesis.json', import.meta.url), 'utf8'))
  expect(file).toEqual(defaultGenesis)
})

test('every row of the default is the page’s, with its amount and its contract’s address', () => {
  const page = readFileSync(new URL('../../../../docs/genesis.md', import.meta.url), 'utf8')
  for (const { name, address, amount } of defaultGenesis.allocation) {
    const row = page.split('\n').find((line) => line.startsWith(`| ${name} `))
    const cells = row?.split('|').map((cell) => cell.trim())
    expect(cells?.[3], name).toBe(`${BigInt(amount) / 10n ** 9n}`.replace(/\B(?=(\d{3})+$)/g, ','))
    const short = Object.values(issueAddresses).includes(address as never) ? address.replace(/0x0*/, '0x') : 'its own'
    expect(cells?.[4], name).toContain(short)
  }
})

test('in block 0 each row stands at its contract, and all of them sum to the supply', async () => {
  const { state, read } = await blockZero(defaultGenesis)
  expect(await state.supply()).toBe(totalSupply)
  for (const { address } of defaultGenesis.allocation) {
    expect((await state.account(address as Hex))?.hasCode, address).toBe(true)
  }
  const team = allocationAddress('team and foundation')
  expect(await read(timeGrantAbi, team, 'owner')).toBe(systemAddresses.governance)
  expect(await read(timeGrantAbi, team, 'start')).toBe(BigInt(genesisTime))
  expect(await read(timeGrantAbi, team, 'cliff')).toBe(BigInt(genesisTime + 365 * daySeconds))
  expect(await read(timeGrantAbi, team, 'end')).toBe(BigInt(genesisTime + 1_460 * daySeconds))
  expect(await read(timeGrantAbi, team, 'isRevocable')).toBe(true)
  const half = BigInt(genesisTime + 730 * daySeconds)
  expect(await read(timeGrantAbi, team, 'vestedAmount', [half])).toBe(parseBtt('188100000000000') / 2n)
  const parts = await read(milestoneGrantAbi, allocationAddress('partnerships'), 'milestones')
  expect(parts).toEqual(Array.from({ length: 4 }, () => ({ partBps: 2_500, isConfirmed: false })))
  const deadline = genesisTime + 1_095 * daySeconds
  const drops = [59_400n, 99_990n, 99_000n].map((billions) => {
    return { root: `0x${'00'.repeat(32)}`, left: parseBtt((billions * 10n ** 9n).toString()), deadline }
  })
  expect(await read(airdropAbi, issueAddresses.airdrop, 'drops')).toEqual(drops)
  expect(await read(airdropAbi, issueAddresses.airdrop, 'domain')).toBe(airdropDomain(defaultGenesis))
  expect(await read(incentivesAbi, issueAddresses.incentives, 'terms')).toEqual(termsWith())
  expect(String(await read(incentivesAbi, issueAddresses.incentives, 'vault')).toLowerCase()).toBe(embeddedVault)
  expect(fundAbi.some((entry) => entry.type === 'receive')).toBe(true)
})

test('a list’s root changes block 0 and not the domain of its leaves', async () => {
  const entries = [{ account: allocationAddress('somebody') as Hex, amount: 5n }] // a hash's end: 20 bytes of hex
  const { root } = airdropTree(airdropDomain(defaultGenesis), 0, entries)
  const [first, ...others] = defaultIssue.airdrops
  if (first === undefined) throw new Error('the default has an airdrop')
  const issue = { ...defaultIssue, airdrops: [{ ...first, root }, ...others], incentives: { dayMostBtt: 7 } }
  const config = { ...defaultGenesis, issue }
  expect(airdropDomain(config)).not.toBe(airdropDomain(defaultGenesis))
  const listed = { ...config, issue: { ...issue, incentives: {} } }
  expect(airdropDomain(listed)).toBe(airdropDomain(defaultGenesis))
  expect(airdropDomain({ ...listed, chainId: 5 })).not.toBe(airdropDomain(defaultGenesis))
  const [plain, withRoot] = [await blockZero(defaultGenesis), await blockZero(config)]
  expect(plain.block.hash).not.toBe(withRoot.block.hash)
  expect(await withRoot.read(incentivesAbi, issueAddresses.incentives, 'terms')).toEqual(termsWith({ dayMostBtt: 7 }))
})

test('without the section there is no contract for it, and rows are plain accounts', async () => {
  const { issue: _none, ...rest } = defaultGenesis
  const allocation = rest.allocation.map((row) => ({ ...row, address: allocationAddress(row.name) }))
  const { state } = await blockZero({ ...rest, allocation })
  expect(await state.account(issueAddresses.fund)).toBeUndefined()
  expect(formatBtt((await state.account(allocationAddress('public sale') as Hex))?.balance ?? 0n)).toBe(
    '59400000000000',
  )
  expect(() => checkGenesis(rest)).toThrow(/"public sale" stands at a contract of the issue section/)
})

const [seed, , , , partnerships] = defaultIssue.grants
const [sale, ...otherDrops] = defaultIssue.airdrops
const withSeed = (changes: object) => ({ grants: [{ ...seed, ...changes }, ...defaultIssue.grants.slice(1)] })
const withParts = (parts: unknown) => ({
  grants: [...defaultIssue.grants.slice(0, 4), { ...partnerships, vesting: { kind: 'milestones', parts } }],
})
const withSale = (changes: object) => ({ airdrops: [{ ...sale, ...changes }, ...otherDrops] })

const spoilt: readonly (readonly [string, object, RegExp])[] = [
  ['a grant of no row', withSeed({ row: 'mine' }), /a grant names the row "mine"/],
  ['a row named twice', withSeed({ row: 'private sale' }), /names the row "private sale".*nothing else names/],
  ['a grant of the fund', withSeed({ row: 'ecosystem' }), /"ecosystem" is to vest at 0x0+1010/],
  ['a beneficiary without a key', withSeed({ beneficiary: `0x${'00'.repeat(20)}` }), /beneficiary of "seed sale"/],
  ['a grant to itself', withSeed({ beneficiary: allocationAddress('seed sale') }), /vest to itself/],
  ['a grant that does not say', withSeed({ isRevocable: 'no' }), /isRevocable of "seed sale"/],
  ['a cliff behind the end', withSeed({ vesting: { kind: 'time', days: 10, cliffDays: 11 } }), /cliff of "seed sale"/],
  ['no time at all', withSeed({ vesting: { kind: 'time', days: 0, cliffDays: 0 } }), /days of "seed sale"/],
  ['half a day', withSeed({ vesting: { kind: 'time', days: 1.5, cliffDays: 0 } }), /days of "seed sale"/],
  ['a schedule of its own', withSeed({ vesting: { kind: 'moon' } }), /of no kind/],
  ['milestones that fall short', withParts([{ name: 'one', bps: 9_999 }]), /sum to 9999/],
  ['a milestone without a name', withParts([{ bps: 10_000 }]), /has no name/],
  [
    'a milestone of nothing',
    withParts([
      { name: 'a', bps: 0 },
      { name: 'b', bps: 10_000 },
    ]),
    /"a" has no part/,
  ],
  ['a list for a row elsewhere', withSale({ row: 'ecosystem' }), /"ecosystem" of an airdrop stands at/],
  ['a root of words', withSale({ root: 'later' }), /root of "public sale"/],
  ['a week to claim', withSale({ claimDays: 7 }), /claimDays of "public sale"/],
  ['a row of the airdrop that no list names', { airdrops: otherDrops }, /no airdrop names the row "public sale"/],
  [
    'terms out of bounds',
    { incentives: { backedBps: 9_001 } },
    /incentives.backedBps is out of range; expected 0 to 9000/,
  ],
  ['a term that is none', { incentives: { luck: 1 } }, /no term "luck"/],
  ['no list of grants', { grants: {} }, /issue.grants is missing or no list/],
  ['a grant of nothing', { grants: [null] }, /issue.grants is missing or has what is no object/],
]

test.each(spoilt)('%s is refused', (_name, changes, words) => {
  const issue = { ...defaultIssue, ...changes } as GenesisConfig['issue'] // that it may be none is what is tested
  expect(() => checkGenesis({ ...defaultGenesis, ...(issue && { issue }) })).toThrow(words)
})

test('dev accounts are not paid out of a list, and two rows don’t share a name', () => {
  const devAccounts = { ...defaultGenesis.devAccounts, takenFrom: 'TRX airdrop' }
  expect(() => checkGenesis({ ...defaultGenesis, devAccounts })).toThrow(/"TRX airdrop" is claimed by a list/)
  const allocation = defaultGenesis.allocation.map((row) =>
    row.name === 'seed sale' ? { ...row, name: 'ecosystem' } : row,
  )
  expect(() => checkGenesis({ ...defaultGenesis, allocation })).toThrow(/two rows of the allocation have one name/)
})
