/** A PriceOracle on a running embedded chain, and its one reporter. */

import { priceOracleAbi, priceOracleBytecode } from '@millrace/contracts'
import { devMnemonic, embeddedChainId } from '@millrace/wallet'
import { createPublicClient, createWalletClient, defineChain, http } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { minedReceipt } from '../../packages/chain/testing/receipt.ts'

/** Of the funded accounts: no test trades with the last one. */
const reporterIndex = 9
const ageMaxSeconds = 86_400n

export interface TestOracle {
  readonly address: string
  /** Seconds since 1970, as the newest block says. */
  headSeconds(): Promise<bigint>
  /** @param price USD with 18 decimals for one BTT */
  report(price: bigint, observedAtSeconds: bigint): Promise<void>
  /** Below that many fresh reports it has no price; there is one at most. */
  requireReports(count: number): Promise<void>
}

export async function deployOracle(rpcUrl: string): Promise<TestOracle> {
  const chain = defineChain({
    id: embeddedChainId,
    name: 'embedded',
    nativeCurrency: { name: 'BitTorrent', symbol: 'BTT', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  })
  const account = mnemonicToAccount(devMnemonic, { addressIndex: reporterIndex })
  const reader = createPublicClient({ chain, transport: http(rpcUrl), cacheTime: 0 })
  const wallet = createWalletClient({ account, chain, transport: http(rpcUrl) })
  const mined = async (hash: `0x${string}`) => {
    const receipt = await minedReceipt(reader, hash)
    if (receipt.status !== 'success') throw new Error(`reverted: ${hash}`)
    return receipt
  }
  const args = [account.address, [account.address], 1, ageMaxSeconds] as const
  const deployed = await mined(
    await wallet.deployContract({ abi: priceOracleAbi, bytecode: priceOracleBytecode, args }),
  )
  const address = deployed.contractAddress
  if (!address) throw new Error('no contract was made')
  const contract = { address, abi: priceOracleAbi }
  return {
    address,
    headSeconds: async () => (await reader.getBlock()).timestamp,
    async report(price, observedAtSeconds) {
      await mined(await wallet.writeContract({ ...contract, functionName: 'report', args: [price, observedAtSeconds] }))
    },
    async requireReports(count) {
      await mined(await wallet.writeContract({ ...contract, functionName: 'configure', args: [count, ageMaxSeconds] }))
    },
  }
}
