/** The genesis file: who holds the 990 trillion BTT at block 0, and the chain's parameters. */

import { type Btt, parseBtt } from '@millrace/base'
import { systemAddresses } from '@millrace/contracts'
import { keccak256, toBytes } from 'viem'
import { ChainError } from '../errors.ts'
import { hexOf } from '../hex.ts'
import { defaultAllocation, defaultIssue } from './allocation.ts'
import { canonicalJson } from './canonical-json.ts'
import { checkGovernance, type GenesisGovernance } from './governance.ts'
import { type Allocation, checkIssue, type GenesisIssue, issueHolders } from './issue.ts'
import { checkPriceFloor } from './parameters.ts'
import { checkStaking, type GenesisStaking, hasValidators } from './staking.ts'

/** Money for accounts whose keys everybody knows, taken out of the row named `takenFrom`. */
export interface DevAccounts {
  readonly takenFrom: string
  /** Each of the ten, in the order of the mnemonic's keys; the first is the faucet. */
  readonly amounts: readonly string[]
}

/** The genesis file, JSON as it stands. Amounts in BTT as decimal text, prices in base units as decimal text. */
export interface GenesisConfig {
  readonly version: 1
  readonly chainId: number
  /** Unix seconds; absent: the wall clock when the chain is first made. */
  readonly timestamp?: number
  /** Hex, at most 32 bytes; absent: random, so that no two private chains share a genesis hash. */
  readonly extraData?: string
  readonly gasLimit: number
  /** Base fee of block 0 in base units a gas; later ones follow EIP-1559. */
  readonly baseFeePerGas: string
  /** Least effective price of every transaction, in base units a gas: a rule of consensus. */
  readonly priceFloor: string
  /** Who gets the tips. */
  readonly feeRecipient: string
  readonly allocation: readonly Allocation[]
  readonly devAccounts: DevAccounts
  readonly vault: { readonly withdrawDelaySeconds: number }
  /** Which rows vest, are claimed or reward uploaders. Absent: none, and no contract for it. */
  readonly issue?: GenesisIssue
  /** Absent: the parameters of `stakingParameters`, and no validators, so that one process makes the blocks. */
  readonly staking?: GenesisStaking
  /** Absent: the parameters of `governanceParameters`, and no guardian. */
  readonly governance?: GenesisGovernance
}

/** A genesis whose chance fields are filled: what the data folder keeps. */
export interface ResolvedGenesis extends GenesisConfig {
  readonly timestamp: number
  readonly extraData: string
}

export const chainIdDefault = 19_990
export const totalSupply: Btt = parseBtt('990000000000000')
export const devAccountCount = 10
const gasLimitLeast = 5_000_000
export const gasLimitMost = 100_000_000
const extraDataBytesMax = 32

/**
 * The embedded chain's genesis.
 *
 * The price floor is 300 gwei, a thousandth of BTTC's 300,000: a transfer costs 0.0063 BTT and cashing a voucher some
 * 0.03 BTT, small beside a minute's earnings of a seller in the demo.
 */
export const defaultGenesis: GenesisConfig = {
  version: 1,
  chainId: chainIdDefault,
  gasLimit: 30_000_000,
  baseFeePerGas: '1000000000',
  priceFloor: '300000000000',
  feeRecipient: systemAddresses.rewards,
  allocation: defaultAllocation,
  devAccounts: {
    takenFrom: 'ecosystem',
    amounts: ['1000000000000', ...Array.from({ length: devAccountCount - 1 }, () => '1000000000')],
  },
  vault: { withdrawDelaySeconds: 86_400 },
  issue: defaultIssue,
}

/** Fills what a genesis leaves to chance; where validators make the blocks, extraData is the file's digest. */
export function resolveGenesis(config: GenesisConfig, wallSeconds: number, salt: Uint8Array): ResolvedGenesis {
  checkGenesis(config)
  const { timestamp = wallSeconds } = config
  const { extraData = hasValidators(config) ? genesisDigest({ ...config, timestamp }) : hexOf(salt) } = config
  return { ...config, timestamp, extraData }
}

/** Whether a stored genesis is the one asked for, what was left to chance aside. */
export function sameGenesis(stored: ResolvedGenesis, asked: GenesisConfig): boolean {
  const filled = {
    ...asked,
    timestamp: asked.timestamp ?? stored.timestamp,
    extraData: asked.extraData ?? stored.extraData,
  }
  return canonicalJson(filled) === canonicalJson(stored)
}

/**
 * The digest of everything in a genesis but extraData, in hex. Where validators make the blocks it is their extraData, so
 * that the hash of block 0, and with it every signature of theirs, stands for the whole file.
 */
export function genesisDigest(config: GenesisConfig): string {
  const { extraData: _digest, ...rest } = config
  return keccak256(toBytes(canonicalJson(rest)))
}

/**
 * Checks the file's shape, its addresses and amounts, and that the rows sum to the total supply exactly.
 *
 * @throws ChainError bad-genesis
 */
export function checkGenesis(config: GenesisConfig): void {
  checkShape(config)
  expect(config.version === 1, `version ${String(config.version)} is unknown`, 'version 1')
  expect(
    Number.isSafeInteger(config.chainId) && config.chainId > 0 && config.chainId !== 199 && config.chainId !== 1029,
    `chain id ${config.chainId} is not for a private chain`,
    'a positive integer other than 199 and 1029, which are the real BTTC networks',
  )
  expect(
    Number.isSafeInteger(config.gasLimit) && config.gasLimit >= gasLimitLeast && config.gasLimit <= gasLimitMost,
    `gas limit ${config.gasLimit} is out of range`,
    `${gasLimitLeast} to ${gasLimitMost}`,
  )
  for (const key of ['baseFeePerGas', 'priceFloor'] as const) {
    expect(/^\d{1,30}$/.test(config[key]), `${key} "${config[key]}" is no price`, 'decimal base units a gas')
  }
  expect(BigInt(config.baseFeePerGas) >= 7n, 'the base fee is below 7', 'at least 7, or EIP-1559 could never raise it')
  expect(isAddress(config.feeRecipient), `feeRecipient "${config.feeRecipient}" is no address`, '20 bytes of hex')
  expect(
    Number.isSafeInteger(config.vault.withdrawDelaySeconds) && config.vault.withdrawDelaySeconds >= 0,
    `withdrawDelaySeconds ${config.vault.withdrawDelaySeconds} is no delay`,
    'whole seconds',
  )
  checkChance(config)
  checkAllocation(config)
  checkIssue(config.issue, config.allocation, config.devAccounts.takenFrom)
  checkPriceFloor(config.priceFloor)
  checkStaking(config.staking)
  checkGovernance(config.governance)
  if (hasValidators(config)) checkValidated(config)
}

/** What holds beside, where validators make the blocks. */
function checkValidated(config: GenesisConfig): void {
  const { rewards } = systemAddresses
  const shares = config.feeRecipient.toLowerCase() === rewards
  expect(shares, `feeRecipient is ${config.feeRecipient}`, `${rewards}, which shares the tips among the validators`)
  if (config.extraData === undefined) return
  const digest = genesisDigest(config)
  expect(config.extraData === digest, `extraData ${config.extraData} is not the file's digest`, digest)
}

/** The file may be anything that JSON can say: first that each part is of the kind its type promises. */
function checkShape(config: unknown): void {
  const file = objectAt(config, 'the file')
  const isApart = file.validators !== undefined
  expect(!isApart, 'validators stand apart', 'them in staking.validators, each with its operator and stake')
  const devAccounts = objectAt(file.devAccounts, 'devAccounts')
  const vault = objectAt(file.vault, 'vault')
  for (const key of ['version', 'chainId', 'gasLimit']) numberAt(file[key], key)
  numberAt(vault.withdrawDelaySeconds, 'withdrawDelaySeconds')
  textAt(devAccounts.takenFrom, 'devAccounts.takenFrom')
  for (const amount of listAt(devAccounts.amounts, 'devAccounts.amounts')) textAt(amount, 'devAccounts.amounts')
  for (const row of listAt(file.allocation, 'allocation')) {
    const { name, address, amount } = objectAt(row, 'allocation')
    for (const text of [name, address, amount]) textAt(text, 'allocation')
  }
  for (const key of ['baseFeePerGas', 'priceFloor', 'feeRecipient']) textAt(file[key], key)
  if (file.extraData !== undefined) textAt(file.extraData, 'extraData')
}

function objectAt(value: unknown, name: string): Readonly<Record<string, unknown>> {
  const fits = typeof value === 'object' && value !== null && !Array.isArray(value)
  expect(fits, `${name} is missing or no object`, 'an object')
  return value as Readonly<Record<string, unknown>> // the line above has thrown on anything else
}

function listAt(value: unknown, name: string): readonly unknown[] {
  expect(Array.isArray(value), `${name} is missing or no list`, 'a list')
  return value as readonly unknown[] // the line above has thrown on anything else
}

function numberAt(value: unknown, name: string): void {
  expect(typeof value === 'number', `${name} is missing or no number`, 'a number')
}

function textAt(value: unknown, name: string): void {
  expect(typeof value === 'string', `${name} has something that is no text`, 'text')
}

function checkChance(config: GenesisConfig): void {
  if (config.timestamp !== undefined) {
    expect(Number.isSafeInteger(config.timestamp) && config.timestamp >= 0, 'timestamp is no time', 'unix seconds')
  }
  if (config.extraData !== undefined) {
    const digits = /^0x((?:[0-9a-fA-F]{2})*)$/.exec(config.extraData)?.[1]
    const fits = digits !== undefined && digits.length <= 2 * extraDataBytesMax
    expect(fits, `extraData "${config.extraData}" does not fit`, `0x and at most ${extraDataBytesMax} bytes`)
  }
}

function checkAllocation(config: GenesisConfig): void {
  const seen = new Set<string>()
  let sum = 0n
  for (const { name, address, amount } of config.allocation) {
    expect(isAddress(address), `allocation "${name}": "${address}" is no address`, '20 bytes of hex')
    expect(!seen.has(address.toLowerCase()), `allocation "${name}" repeats an address`, 'one row an address')
    if (!issueHolders.includes(address.toLowerCase())) seen.add(address.toLowerCase())
    sum += parseBtt(amount)
  }
  expect(sum === totalSupply, `the allocation sums to ${sum} base units`, `${totalSupply}, 990 trillion BTT`)
  expect(
    config.devAccounts.amounts.length === devAccountCount,
    `${config.devAccounts.amounts.length} amounts for dev accounts`,
    `${devAccountCount}, 0 for those that shall have nothing`,
  )
  expect(
    config.allocation.some((row) => row.name === config.devAccounts.takenFrom),
    `devAccounts.takenFrom "${config.devAccounts.takenFrom}" is no row of the allocation`,
    'the name of a row',
  )
}

function isAddress(text: string): boolean {
  return /^0x[0-9a-fA-F]{40}$/.test(text)
}

function expect(holds: boolean, happened: string, expected: string): void {
  if (!holds) throw new ChainError('bad-genesis', `genesis: ${happened}; expected ${expected}: mend the genesis file`)
}
