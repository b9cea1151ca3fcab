/** Accounts whose keys everybody knows. Never send anything of worth to them. */

import { type Address, getContractAddress, keccak256, type PrivateKeyAccount, toBytes } from 'viem'
import { type HDAccount, mnemonicToAccount, privateKeyToAccount } from 'viem/accounts'
import { devAccountCount } from './config.ts'

/** The mnemonic of every Ethereum developer's node; account 0 is the faucet. */
export const devMnemonic = 'test test test test test test test test test test test junk'

/** Dev account `index` (m/44'/60'/0'/0/index), 0 to 9. */
export function devAccount(index: number): HDAccount {
  if (!Number.isInteger(index) || index < 0 || index >= devAccountCount) {
    throw new RangeError(`dev account ${index}: expected 0 to ${devAccountCount - 1}`)
  }
  return mnemonicToAccount(devMnemonic, { addressIndex: index })
}

/** Deploys the vault in block 1, with just enough money for that, and is never used again. */
export const vaultDeployer: PrivateKeyAccount = privateKeyToAccount(keccak256(toBytes('millrace vault deployer')))

/** The vault's address: the deployer's first contract, hence the same on every embedded chain. */
export const vaultAddress: Address = getContractAddress({ from: vaultDeployer.address, nonce: 0n })
