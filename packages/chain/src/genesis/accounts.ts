/** Accounts whose keys everybody knows. Never send anything of worth to them. */

import { defined } from '@millrace/base'
import { type Address, getContractAddress, keccak256, type PrivateKeyAccount, toBytes } from 'viem'
import { mnemonicToAccount, privateKeyToAccount } from 'viem/accounts'
import { hexOf } from '../hex.ts'
import { devAccountCount } from './config.ts'

/** The mnemonic of every Ethereum developer's node; account 0 is the faucet. */
export const devMnemonic = 'test test test test test test test test test test test junk'

/** Dev account `index` (m/44'/60'/0'/0/index), 0 to 9. */
export function devAccount(index: number): PrivateKeyAccount {
  if (!Number.isInteger(index) || index < 0 || index >= devAccountCount) {
    throw new RangeError(`dev account ${index}: expected 0 to ${devAccountCount - 1}`)
  }
  return defined(devAccounts()[index], 'an account for each index')
}

let derived: readonly PrivateKeyAccount[] | undefined

/** Derived at the first use, and once: stretching the mnemonic takes tens of milliseconds. */
function devAccounts(): readonly PrivateKeyAccount[] {
  derived ??= (() => {
    const parent = mnemonicToAccount(devMnemonic, { path: "m/44'/60'/0'/0" }).getHdKey()
    return Array.from({ length: devAccountCount }, (_item, index) => {
      return privateKeyToAccount(hexOf(defined(parent.deriveChild(index).privateKey, 'a private child key')))
    })
  })()
  return derived
}

/** Deploys the vault and the bonds in block 1, with just enough money for that, and is never used again. */
export const vaultDeployer: PrivateKeyAccount = privateKeyToAccount(keccak256(toBytes('millrace vault deployer')))

/** The vault's address: the deployer's first contract, hence the same on every embedded chain. */
export const vaultAddress: Address = getContractAddress({ from: vaultDeployer.address, nonce: 0n })

/** The address of the bonds of that vault's payers: the deployer's second contract. */
export const bondAddress: Address = getContractAddress({ from: vaultDeployer.address, nonce: 1n })
