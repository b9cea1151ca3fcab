/** A chain's contracts, to look at or with the key that acts on them: no vault and no books are needed. */

import { type Logger, silentLogger, systemClock } from '@millrace/base'
import { type ContractClient, openContracts } from '@millrace/ledger'
import type { Account } from '@millrace/voucher'
import type { KeySigner } from '@millrace/wallet'
import type { KeySource } from './payments/terms.ts'
import { unlockKey } from './payments/unlock-key.ts'

export interface ChainAccess {
  readonly rpcUrl: string
  readonly key: KeySource
}

export interface OpenChain {
  readonly client: ContractClient
  readonly key: KeySigner
  readonly account: Account
}

/** @throws LedgerError, WalletError, MoneyError */
export async function openChain(
  { rpcUrl, key: source }: ChainAccess,
  logger: Logger = silentLogger,
): Promise<OpenChain> {
  const client = await openContracts({ rpcUrl }, { clock: systemClock, logger })
  const key = await unlockKey(source, client.chainId)
  return { client, key, account: key.address.toLowerCase() as Account } // an address, spelt otherwise
}

/** What all can see. @throws LedgerError */
export function viewChain(rpcUrl: string): Promise<ContractClient> {
  return openContracts({ rpcUrl }, { clock: systemClock, logger: silentLogger })
}
