/** A price oracle on a chain, read by one call. */

import { priceOracleAbi } from '@millrace/contracts'
import { decodeFunctionResult, encodeFunctionData } from 'viem'
import { accountIn } from './account.ts'
import { decodeData } from './decode.ts'
import { LedgerError } from './errors.ts'
import { createRpc } from './rpc.ts'

/** What `PriceOracle.latest()` answers. */
export interface OracleReading {
  /** USD with 18 decimals for one BTT. */
  readonly price: bigint
  /** Chain time of the reports, seconds since 1970. */
  readonly updatedAtSeconds: bigint
  /** How many reports stand behind it. */
  readonly reports: number
}

export interface PriceOracleReader {
  /** @throws LedgerError `reverted` when too few reports are fresh, `unreachable`, `bad-reply` */
  latest(): Promise<OracleReading>
}

/**
 * Reads the oracle at `address` on the chain behind `rpcUrl`.
 *
 * @throws LedgerError `bad-input` for what is no URL or address
 * @example
 * await priceOracleAt('http://127.0.0.1:8545', address).latest() // { price: 1_200_000_000_000n, updatedAtSeconds, reports: 3 }
 */
export function priceOracleAt(
  rpcUrl: string,
  address: string,
  options: { readonly timeoutMs?: number } = {},
): PriceOracleReader {
  const rpc = createRpc(rpcUrl, options)
  const to = accountIn(address)
  const data = encodeFunctionData({ abi: priceOracleAbi, functionName: 'latest' })
  return {
    async latest() {
      const result = await rpc.call('eth_call', [{ to, data }, 'latest'], decodeData)
      try {
        const decoded = decodeFunctionResult({ abi: priceOracleAbi, functionName: 'latest', data: result })
        const [price, updatedAtSeconds, reports] = decoded
        return { price, updatedAtSeconds, reports }
      } catch (cause) {
        throw new LedgerError('bad-reply', `${address} does not answer as a price oracle does: is it one?`, { cause })
      }
    },
  }
}
