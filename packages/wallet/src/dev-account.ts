/** The funded accounts of the embedded chain: their keys are public, so they are refused anywhere else. */

import { WalletError } from './errors.ts'
import { keyOfMnemonic } from './mnemonic.ts'
import { createSigner, type KeySigner } from './signer.ts'

/** The private chain id of the embedded chain. */
export const embeddedChainId = 19_990
export const devAccountCount = 10
/** The phrase that Ethereum's development tools share. Everybody knows these keys. */
export const devMnemonic = 'test test test test test test test test test test test junk'

/**
 * The signer of development account `index` (0 to 9), for the embedded chain only.
 *
 * @throws WalletError `dev-account`
 */
export function devAccount(index: number, chainId: number): KeySigner {
  if (chainId !== embeddedChainId) {
    throw new WalletError(
      'dev-account',
      `development accounts have public keys and work on the embedded chain ${embeddedChainId} only, not on chain ${chainId}: use --keystore`,
    )
  }
  if (!Number.isInteger(index) || index < 0 || index >= devAccountCount) {
    throw new WalletError(
      'dev-account',
      `there is no development account ${index}: expected 0 to ${devAccountCount - 1}`,
    )
  }
  const key = keyOfMnemonic(devMnemonic, index)
  const signer = createSigner(key)
  key.fill(0)
  return signer
}
