/** What the parameters' contract of a chain says. */

import { type ParameterName, parametersAbi, systemAddresses } from '@millrace/contracts'
import { hexToString, stringToHex } from 'viem'
import type { ContractClient } from './contract-client.ts'
import { LedgerError } from './errors.ts'

/** A parameter with the bounds that governance has for it. */
export interface ChainParameter {
  readonly name: string
  readonly value: bigint
  readonly least: bigint
  readonly most: bigint
}

/** @throws LedgerError `reverted` where the chain does not have it */
export function readParameter(client: ContractClient, name: ParameterName): Promise<bigint> {
  return client.read(systemAddresses.parameters, parametersAbi, 'get', [nameWord(name)])
}

/** @throws LedgerError `bad-input` for a name that the chain does not have */
export async function describeParameter(client: ContractClient, name: string): Promise<ChainParameter> {
  const known = await parameterNames(client)
  if (known.includes(name)) return describe(client, name)
  throw new LedgerError('bad-input', `this chain has no parameter "${name}": expected one of ${known.join(', ')}`)
}

/** All of a chain's parameters, in the order in which they were defined. */
export async function describeParameters(client: ContractClient): Promise<readonly ChainParameter[]> {
  const list: ChainParameter[] = []
  for (const name of await parameterNames(client)) list.push(await describe(client, name))
  return list
}

async function parameterNames(client: ContractClient): Promise<readonly string[]> {
  const words = await client.read(systemAddresses.parameters, parametersAbi, 'names', [])
  return words.map((word) => hexToString(word, { size: 32 }))
}

async function describe(client: ContractClient, name: string): Promise<ChainParameter> {
  const at = systemAddresses.parameters
  const [least, most] = await client.read(at, parametersAbi, 'boundsOf', [nameWord(name)])
  return { name, value: await client.read(at, parametersAbi, 'get', [nameWord(name)]), least, most }
}

/**
 * What a chain rules on the free share of its sellers, in millionths; undefined on one that others made, which has no
 * parameters, or a contract of its own where ours keeps them.
 *
 * @throws LedgerError `unreachable`
 */
export async function readFreeShare(client: ContractClient) {
  // Each is at most a million.
  const read = async (name: ParameterName) => Number(await readParameter(client, name))
  try {
    return {
      defaultPpm: await read('freeShareDefaultPpm'),
      leastPpm: await read('freeShareLeastPpm'),
      mostPpm: await read('freeShareMostPpm'),
    }
  } catch (thrown) {
    if (thrown instanceof LedgerError && thrown.code !== 'unreachable') return undefined
    throw thrown
  }
}

function nameWord(name: string) {
  return stringToHex(name, { size: 32 })
}
