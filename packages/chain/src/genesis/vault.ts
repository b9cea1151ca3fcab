/** The transaction of block 1 that deploys the vault. */

import { vaultAbi, vaultBytecode } from '@millrace/contracts'
import { encodeDeployData, type Hex } from 'viem'
import { vaultDeployer } from './accounts.ts'
import type { GenesisConfig } from './config.ts'

/** Measured some 1.6 M for the vault; what is not used stays with the deployer. */
export const vaultDeployGas = 3_000_000n

/** The most that a unit of gas may cost the deployer: the floor beside a base fee that has not moved yet. */
export function vaultDeployPrice(config: GenesisConfig): bigint {
  return BigInt(config.priceFloor) + BigInt(config.baseFeePerGas)
}

/** What the deployer needs, and all that it gets. */
export function vaultDeployCost(config: GenesisConfig): bigint {
  return vaultDeployGas * vaultDeployPrice(config)
}

/** The signed deployment, with the genesis hash as the salt of everything the vault will ever check. */
export function signVaultDeployment(config: GenesisConfig, genesisHash: Hex): Promise<Hex> {
  return vaultDeployer.signTransaction({
    type: 'eip1559',
    chainId: config.chainId,
    nonce: 0,
    gas: vaultDeployGas,
    maxFeePerGas: vaultDeployPrice(config),
    maxPriorityFeePerGas: vaultDeployPrice(config),
    data: encodeDeployData({
      abi: vaultAbi,
      bytecode: vaultBytecode,
      args: [genesisHash, BigInt(config.vault.withdrawDelaySeconds)],
    }),
  })
}
