/** The rules of the EVM and of headers: Cancun from block 0, a private chain id, fast signatures. */

import { type Common, createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common'
import { type Recover, recoverPublicKey } from './crypto.ts'

/**
 * Cancun is the newest fork whose headers a chain without a beacon chain can honestly fill: Prague makes every block
 * call the system contracts of staking deposits and withdrawals.
 */
export function createCommon(chainId: number, recover: Recover = recoverPublicKey): Common {
  return createCustomCommon({ chainId, name: 'millrace', hardforks }, Mainnet, {
    hardfork: Hardfork.Cancun,
    customCrypto: { ecrecover: recover },
  })
}

/** Every fork up to Cancun at once, so that a block's number and timestamp tell its rules here as on any other chain. */
const hardforks = Mainnet.hardforks
  .slice(0, 1 + Mainnet.hardforks.findIndex(({ name }) => name === Hardfork.Cancun))
  .filter(({ name }) => name !== Hardfork.Dao)
  .map(({ name, timestamp }) => (timestamp === undefined ? { name, block: 0 } : { name, block: null, timestamp: 0 }))
