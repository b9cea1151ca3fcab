/** The governance section of the genesis file: parameters that differ, and who may pause payments out of staking. */

import { chainParameters, governanceParameters } from '@millrace/contracts'
import { ChainError } from '../errors.ts'
import { checkParameter } from './parameters.ts'

/** Those of the chain's that are not said elsewhere in the file: the gas limit and the floor of prices are. */
const { gasPriceFloor: _floor, blockGasLimit: _limit, ...tradeParameters } = chainParameters
const table = { ...governanceParameters, ...tradeParameters }

export interface GenesisGovernance {
  /** Hex with 0x; absent: nobody. */
  readonly guardian?: string
  /** By the name of docs/governance.md, decimal text in its unit. */
  readonly parameters: Readonly<Partial<Record<keyof typeof table, string>>>
}

/**
 * Checks the shape of the section, which may be anything that JSON can say, and its bounds.
 *
 * @throws ChainError bad-genesis
 */
export function checkGovernance(governance: unknown): void {
  if (governance === undefined) return
  const { guardian, parameters } = objectAt(governance, 'governance')
  const isAddress = typeof guardian === 'string' && /^0x[0-9a-fA-F]{40}$/.test(guardian)
  if (guardian !== undefined && !isAddress) fail('governance.guardian is no address', '20 bytes of hex')
  const values = new Map<string, bigint>()
  for (const [name, value] of Object.entries(objectAt(parameters, 'governance.parameters'))) {
    values.set(name, checkParameter('governance', table, name, value))
  }
  const shareOf = (name: keyof typeof tradeParameters) => values.get(name) ?? table[name].value
  const [least, share, most] = [
    shareOf('freeShareLeastPpm'),
    shareOf('freeShareDefaultPpm'),
    shareOf('freeShareMostPpm'),
  ]
  if (share < least || share > most) fail(`freeShareDefaultPpm is ${share}`, `${least} to ${most}, its own bounds`)
}

function objectAt(value: unknown, name: string): Readonly<Record<string, unknown>> {
  const fits = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!fits) fail(`${name} is missing or no object`, 'an object')
  return value as Readonly<Record<string, unknown>> // the line above has thrown on anything else
}

function fail(happened: string, expected: string): never {
  throw new ChainError('bad-genesis', `genesis: ${happened}; expected ${expected}: mend the genesis file`)
}
