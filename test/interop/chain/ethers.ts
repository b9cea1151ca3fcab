/** ethers 6 over HTTP and WebSocket: deploys, calls, reads logs, listens. */

import { vaultAbi, vaultBytecode } from '@millrace/contracts'
import { Contract, ContractFactory, HDNodeWallet, JsonRpcProvider, type Provider, WebSocketProvider } from 'ethers'
import { zeroHash } from 'viem'
import { expect } from 'vitest'
import { devMnemonic } from '../../../packages/chain/src/genesis/accounts.ts'
import { eventually } from '../../support/processes.ts'
import { Arrivals, type Network } from './network.ts'

export async function ethersOverHttp({ rpcUrl }: Network): Promise<void> {
  const provider = new JsonRpcProvider(rpcUrl, undefined, { cacheTimeout: -1, pollingInterval: 20 })
  try {
    const { vault, signer } = await deployVault(provider)
    const sent = await vault.getFunction('depositFor')(signer.address, { value: 7n })
    const receipt = await sent.wait()
    expect(receipt).toMatchObject({ status: 1, to: vault.target })
    const [event] = await vault.queryFilter('Deposited', receipt.blockNumber)
    expect(event).toMatchObject({ transactionHash: sent.hash, args: [signer.address, signer.address, 7n] })
    expect(await provider.getBalance(vault.target)).toBe(7n)
    await eventually('the block is final', 60_000, async () => {
      return ((await provider.getBlock('finalized'))?.number ?? 0) >= receipt.blockNumber
    })
    await expect(vault.getFunction('withdraw').staticCall(signer.address)).rejects.toMatchObject({
      code: 'CALL_EXCEPTION',
    })
  } finally {
    provider.destroy()
  }
}

export async function ethersOverSocket({ socketUrl }: Network): Promise<void> {
  const provider = new WebSocketProvider(socketUrl)
  try {
    const { vault, signer } = await deployVault(provider)
    const blocks = new Arrivals<number>()
    const deposits = new Arrivals<bigint>()
    const pending = new Arrivals<string>()
    await provider.on('block', blocks.push)
    await provider.on('pending', pending.push)
    await vault.on('Deposited', (_key, _from, amount) => deposits.push(amount))
    const sent = await vault.getFunction('depositFor')(signer.address, { value: 9n })
    const receipt = await sent.wait()
    await pending.first('the transaction waits', (hash) => hash === sent.hash)
    expect(await deposits.first('its event is told', () => true)).toBe(9n)
    await blocks.first('its block is told', (number) => number === receipt.blockNumber)
  } finally {
    await provider.destroy()
  }
}

async function deployVault(provider: Provider) {
  const signer = HDNodeWallet.fromPhrase(devMnemonic, undefined, "m/44'/60'/0'/0/6").connect(provider)
  const factory = new ContractFactory([...vaultAbi], vaultBytecode, signer)
  const deployed = await (await factory.deploy(zeroHash, 60)).waitForDeployment()
  return { signer, vault: new Contract(await deployed.getAddress(), [...vaultAbi], signer) }
}
