/** A new network of validators: keys, one genesis for all, and a folder for each. */

import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { btt, formatBtt, messageOf, parseBtt, type Random } from '@millrace/base'
import { stakingParameters } from '@millrace/contracts'
import type { Hex } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'
import { createCommon } from '../../common.ts'
import { ChainError } from '../../errors.ts'
import { embeddedEngine } from '../../execution/engine.ts'
import { canonicalJson } from '../../genesis/canonical-json.ts'
import { checkGenesis, type GenesisConfig, type ResolvedGenesis, resolveGenesis } from '../../genesis/config.ts'
import { genesisParameters } from '../../genesis/parameters.ts'
import { type GenesisValidator, hasValidators } from '../../genesis/staking.ts'
import { hexOf } from '../../hex.ts'
import { milestoneKeyName } from '../../milestone-keys.ts'
import { memoryStore } from '../../store/store.ts'
import { type HomeOptions, homeFiles } from './home.ts'
import { consensusKeyOf, type Ed25519Key, ed25519Key, nodeIdOf } from './keys.ts'
import { checkStateSync, type StateSync } from './state-sync.ts'

/** Files of a validator's folder, beside CometBFT's home. */
export const genesisName = 'genesis.json'
export const operatorKeyName = 'operator.key'
export const homeName = 'cometbft'

export interface NetworkOptions {
  /** One folder a validator, none of which may hold a chain already. */
  readonly folders: readonly string[]
  /** Where each listens for its peers, host:port. */
  readonly listens: readonly string[]
  /** Allocation and parameters; the validators, money for their operators and extraData are filled here. */
  readonly genesis: GenesisConfig
  readonly random: Random
  readonly wallSeconds: () => number
}

export interface NewNetwork {
  readonly genesis: ResolvedGenesis
  readonly genesisHash: Hex
  /** By which others find each validator: id@host:port. */
  readonly peers: readonly string[]
}

interface Keys {
  readonly validator: Ed25519Key
  readonly node: Ed25519Key
  readonly milestone: Hex
  /** Its account owns the validator: stakes, unjails, changes keys. */
  readonly operator: Hex
}

/**
 * Writes a folder for each validator. All stake the same: twice what a candidate must have, so that a slash ends no
 * candidacy.
 *
 * @throws ChainError bad-option when a folder is in use or can't be written; bad-genesis
 * @example await initNetwork({ folders: ['net/0'], listens: ['127.0.0.1:26656'], genesis: defaultGenesis, random, wallSeconds })
 */
export async function initNetwork(options: NetworkOptions): Promise<NewNetwork> {
  const { folders, listens, random } = options
  for (const folder of folders) checkUnused(folder)
  if (hasValidators(options.genesis)) {
    throw new ChainError(
      'bad-genesis',
      'genesis: staking.validators is not empty; expected none, since new ones are made',
    )
  }
  const keys = folders.map(() => newKeys(random))
  const genesis = validatorGenesis(options, keys)
  const genesisHash = await genesisHashOf(genesis)
  const addresses = keys.map(({ node }, index) => `${nodeIdOf(node)}@${listens[index]}`)
  for (const [index, folder] of folders.entries()) {
    writeValidator(folder, keys[index] ?? newKeys(random), {
      moniker: `validator-${index}`,
      genesis,
      genesisHash,
      listen: listens[index] ?? '',
      peers: addresses.filter((_address, other) => other !== index),
    })
  }
  return { genesis, genesisHash, peers: addresses }
}

export interface JoinOptions {
  readonly folder: string
  /** Where this node listens for its peers, host:port. */
  readonly listen: string
  /** Of the network, as one of its folders has it. */
  readonly genesis: GenesisConfig
  /** id@host:port of nodes of the network. */
  readonly peers: readonly string[]
  /** Absent: it replays every block. */
  readonly stateSync?: StateSync | undefined
  readonly random: Random
}

/**
 * Writes the folder of a node that joins a network. It follows the chain; it votes once its keys are registered with
 * enough stake (`register` of the contract `Validators`) and elected.
 *
 * @throws ChainError bad-option when the folder is in use or can't be written; bad-genesis
 */
export async function joinNetwork(options: JoinOptions): Promise<NewNetwork> {
  const { folder, listen, genesis, peers, stateSync, random } = options
  checkUnused(folder)
  if (stateSync !== undefined) checkStateSync(stateSync)
  checkGenesis(genesis)
  const { timestamp, extraData } = genesis
  if (!hasValidators(genesis) || timestamp === undefined || extraData === undefined) {
    throw new ChainError(
      'bad-genesis',
      'genesis: no network of validators; expected the genesis.json of one of its nodes',
    )
  }
  const resolved = { ...genesis, timestamp, extraData }
  const genesisHash = await genesisHashOf(resolved)
  const keys = newKeys(random)
  writeValidator(folder, keys, { genesis: resolved, genesisHash, moniker: 'joined', listen, peers, stateSync })
  return { genesis: resolved, genesisHash, peers: [`${nodeIdOf(keys.node)}@${listen}`] }
}

function writeValidator(
  folder: string,
  { validator, node, milestone, operator }: Keys,
  place: Omit<HomeOptions, 'validatorKey' | 'nodeKey'>,
): void {
  const home = homeFiles({ ...place, validatorKey: validator, nodeKey: node })
  writeFolder(
    folder,
    new Map([
      [genesisName, `${canonicalJson(place.genesis)}\n`],
      [milestoneKeyName, `${milestone}\n`],
      [operatorKeyName, `${operator}\n`],
      ...[...home].map(([name, text]): [string, string] => [join(homeName, name), text]),
    ]),
  )
}

/** The hash of block 0, which the genesis alone determines. */
export async function genesisHashOf(genesis: ResolvedGenesis): Promise<Hex> {
  const engine = embeddedEngine({ common: createCommon(genesis.chainId), store: memoryStore(), genesis })
  return (await engine.genesis(genesis)).block.hash
}

function newKeys(random: Random): Keys {
  const key = () => ed25519Key(random.bytes(32))
  return { validator: key(), node: key(), milestone: hexOf(random.bytes(32)), operator: hexOf(random.bytes(32)) }
}

function rowOf({ validator, milestone, operator }: Keys, stake: string): GenesisValidator {
  return {
    operator: privateKeyToAddress(operator).toLowerCase(),
    consensusKey: consensusKeyOf(validator),
    signer: privateKeyToAddress(milestone).toLowerCase(),
    stake,
    ...commission,
  }
}

/** Five per cent, up to a fifth, in steps of one. */
const commission = { commissionBps: 500, commissionMostBps: 2_000, commissionStepBps: 100 }
/** What each operator has for gas, beside its stake. */
const operatorAmount = '1000'

function validatorGenesis({ genesis, wallSeconds }: NetworkOptions, keys: readonly Keys[]): ResolvedGenesis {
  const { extraData: _chance, ...rest } = genesis
  // A second back, so that block 1, a second above, is not ahead of the clock.
  const timestamp = genesis.timestamp ?? Math.floor(wallSeconds()) - 1
  checkGenesis({ ...rest, timestamp })
  const { selfStakeMin = stakingParameters.selfStakeMin.value } = genesisParameters(genesis)
  const validators = keys.map((own) => rowOf(own, formatBtt(btt(2n * selfStakeMin))))
  const staking = { parameters: genesis.staking?.parameters ?? {}, validators }
  const named = { ...rest, timestamp, staking, allocation: withOperators(genesis, validators) }
  return resolveGenesis(named, timestamp, new Uint8Array(0))
}

/** The allocation with a row for each operator, out of the one that pays for the dev accounts. */
function withOperators(
  { allocation, devAccounts }: GenesisConfig,
  validators: readonly GenesisValidator[],
): GenesisConfig['allocation'] {
  const taken = parseBtt(operatorAmount) * BigInt(validators.length)
  const paying = allocation.map((row) => {
    const amount = parseBtt(row.amount)
    if (row.name !== devAccounts.takenFrom) return row
    if (amount >= taken) return { ...row, amount: formatBtt(btt(amount - taken)) }
    const needs = `${formatBtt(btt(taken))} BTT for operators' gas`
    throw new ChainError('bad-genesis', `genesis: "${row.name}" holds ${row.amount} BTT; expected ${needs}`)
  })
  const operators = validators.map(({ operator }, index) => {
    return { name: `operator of validator ${index}`, address: operator, amount: operatorAmount }
  })
  return [...paying, ...operators]
}

function checkUnused(folder: string): void {
  if (!existsSync(join(folder, homeName)) && !existsSync(join(folder, genesisName))) return
  throw new ChainError(
    'bad-option',
    `${folder} holds a validator already: expected a new folder; its keys are never overwritten`,
  )
}

function writeFolder(folder: string, files: ReadonlyMap<string, string>): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
    for (const [name, text] of files) {
      mkdirSync(join(folder, dirname(name)), { recursive: true, mode: 0o700 })
      writeFileSync(join(folder, name), text, { mode: 0o600, flag: 'wx' })
    }
  } catch (cause) {
    throw new ChainError('bad-option', `${folder} can't be written: ${messageOf(cause)}`, { cause })
  }
}
