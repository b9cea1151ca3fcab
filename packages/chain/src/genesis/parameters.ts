/** Values of the parameters' contract at block 0: its tables, and what the genesis file says otherwise. */

import { type Bounds, chainParameters, type ParameterName } from '@millrace/contracts'
import { ChainError } from '../errors.ts'

/** Where the genesis file says values. */
export interface Sections {
  readonly gasLimit: number
  readonly priceFloor: string
  readonly staking?: { readonly parameters: Readonly<Record<string, string>> }
  readonly governance?: { readonly parameters: Readonly<Record<string, string>> }
}

/** The values that differ from the tables. The file was checked. */
export function genesisParameters(config: Sections): Partial<Record<ParameterName, bigint>> {
  const { staking, governance, priceFloor, gasLimit } = config
  const entries = Object.entries({ ...staking?.parameters, ...governance?.parameters })
  return {
    ...Object.fromEntries(entries.map(([name, value]) => [name, BigInt(value)])),
    gasPriceFloor: BigInt(priceFloor),
    blockGasLimit: BigInt(gasLimit),
  }
}

/**
 * Checks that `value`, which may be anything that JSON can say, is one for the parameter `name` of `table`.
 *
 * @param section of the file, and the page that lists its parameters
 * @throws ChainError bad-genesis
 */
export function checkParameter(
  section: string,
  table: Readonly<Record<string, Bounds>>,
  name: string,
  value: unknown,
): bigint {
  const bounds = Object.hasOwn(table, name) ? table[name] : undefined
  if (bounds === undefined) fail(`${section} has no parameter "${name}"`, `one of docs/${section}.md`)
  if (typeof value !== 'string' || !/^\d{1,39}$/.test(value)) {
    fail(`${section}.parameters.${name} is no number`, 'decimal text')
  }
  const number = BigInt(value)
  const { most, leastAtGenesis: least = bounds.least } = bounds
  if (number < least || number > most) fail(`${section}.parameters.${name} is ${number}`, `${least} to ${most}`)
  return number
}

/** The floor of prices is governance's from block 0 on, and so within its bounds. @throws ChainError bad-genesis */
export function checkPriceFloor(priceFloor: string): void {
  const { least, most } = chainParameters.gasPriceFloor
  const floor = BigInt(priceFloor)
  if (floor < least || floor > most) fail(`priceFloor is ${floor}`, `${least} to ${most} base units a gas`)
}

function fail(happened: string, expected: string): never {
  throw new ChainError('bad-genesis', `genesis: ${happened}; expected ${expected}: mend the genesis file`)
}
