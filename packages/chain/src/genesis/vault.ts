/** The transactions of block 1 that deploy the vault and the bonds of its payers. */

import { bondAbi, bondBytecode, vaultAbi, vaultBytecode } from '@millrace/contracts'
import { encodeDeployData, type Hex } from 'viem'
import { vaultAddress, vaultDeployer } from './accounts.ts'
import type { GenesisConfig } from './config.ts'

/** Measured some 1.6 M for the vault and 1.9 M for the bonds; what is not used stays with the deployer. */
export const contractDeployGas = 3_000_000n
export const contractCount = 2

/** The most that a unit of gas may cost the deployer: the floor beside a base fee that has not moved yet. */
export function contractDeployPrice(config: GenesisConfig): bigint {
  return BigInt(config.priceFloor) + BigInt(config.baseFeePerGas)
}

/** What the deployer needs, and all that it gets. */
export function contractsDeployCost(config: GenesisConfig): bigint {
  return BigInt(contractCount) * contractDeployGas * contractDeployPrice(config)
}

/**
 * The signed deployments, in order: the vault, with the genesis hash as the salt of everything that it will ever check,
 * and the bonds, which read that vault.
 */
export function signDeployments(config: GenesisConfig, genesisHash: Hex): Promise<readonly Hex[]> {
  const delay = BigInt(config.vault.withdrawDelaySeconds)
  const creations = [
    encodeDeployData({ abi: vaultAbi, bytecode: vaultBytecode, args: [genesisHash, delay] }),
    encodeDeployData({ abi: bondAbi, bytecode: bondBytecode, args: [vaultAddress] }),
  ]
  return Promise.all(
    creations.map((data, nonce) =>
      vaultDeployer.signTransaction({
        type: 'eip1559',
        chainId: config.chainId,
        nonce,
        gas: contractDeployGas,
        maxFeePerGas: contractDeployPrice(config),
        maxPriorityFeePerGas: contractDeployPrice(config),
        data,
      }),
    ),
  )
}
