/** A price oracle for tests, on any chain that takes a transaction. */

import { encodeDeployData, type Hex } from 'viem'
import { priceOracleAbi, priceOracleBytecode } from '../src/index.ts'

export interface OracleTerms {
  readonly owner: Hex
  readonly reporters: readonly Hex[]
  /** Fresh reports that a price needs. */
  readonly reportsMin: number
  /** A report counts until it is older. */
  readonly ageMaxSeconds: bigint
}

/** The data of the transaction (without `to`) that creates the oracle. */
export function oracleDeployment({ owner, reporters, reportsMin, ageMaxSeconds }: OracleTerms): Hex {
  const args = [owner, reporters, reportsMin, ageMaxSeconds] as const
  return encodeDeployData({ abi: priceOracleAbi, bytecode: priceOracleBytecode, args })
}
