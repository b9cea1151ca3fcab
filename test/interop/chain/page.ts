/** What a web page does with a wallet: connects, adds the network, deploys and calls through ethers and viem, listens. */

import { vaultAbi, vaultBytecode } from '@millrace/contracts'
import { BrowserProvider, Contract, ContractFactory } from 'ethers'
import { createPublicClient, createWalletClient, custom, type EIP1193Provider, toHex, zeroHash } from 'viem'
import { expect } from 'vitest'
import { devAccount } from '../../../packages/chain/src/genesis/accounts.ts'
import { minedReceipt } from '../../../packages/chain/testing/receipt.ts'
import { Arrivals, type Network } from './network.ts'
import { type Carrier, overHttp, overSocket, WalletProvider } from './wallet.ts'

export async function pageOverHttp(network: Network): Promise<void> {
  const provider = new WalletProvider(overHttp(network.rpcUrl), devAccount(7))
  await connect(provider, network)
  await deployByEthers(provider)
  await sendByViem(provider, network)
}

export async function pageOverSocket(network: Network): Promise<void> {
  const provider = new WalletProvider(await overSocket(network.socketUrl), devAccount(8))
  try {
    await connect(provider, network)
    const heads = new Arrivals<{ subscription: unknown; result: { hash: string } }>()
    provider.on('message', ({ data }) => heads.push(data as never)) // eth_subscription's shape
    const subscription = await provider.request({ method: 'eth_subscribe', params: ['newHeads'] })
    const blockHash = await sendByViem(provider, network)
    expect(await heads.first('its block is told', ({ result }) => result.hash === blockHash)).toMatchObject({
      subscription,
    })
    await deployByEthers(provider)
  } finally {
    provider.close()
  }
}

/** The node itself knows no accounts, and says so as wallets' libraries expect. */
export async function nodeAsProvider({ rpcUrl }: Network): Promise<void> {
  const carrier: Carrier = overHttp(rpcUrl)
  const ask = (method: string, ...params: unknown[]) => carrier.send({ method, params })
  expect(await ask('eth_chainId')).toBe('0x4e16')
  expect(await ask('net_version')).toBe('19990')
  expect(await ask('eth_accounts')).toEqual([])
  expect(await ask('eth_syncing')).toBe(false)
  for (const method of ['eth_requestAccounts', 'wallet_addEthereumChain', 'wallet_switchEthereumChain']) {
    await expect(ask(method, {})).rejects.toMatchObject({ code: -32_601 })
  }
  await expect(ask('eth_sendTransaction', {})).rejects.toMatchObject({ code: -32_000 })
}

async function connect(provider: WalletProvider, { chain }: Network): Promise<void> {
  const [address] = (await provider.request({ method: 'eth_requestAccounts' })) as readonly string[]
  expect(address).toMatch(/^0x[0-9a-fA-F]{40}$/)
  const wrong = { method: 'wallet_addEthereumChain', params: [{ chainId: toHex(chain.id + 1) }] }
  await expect(provider.request(wrong)).rejects.toMatchObject({ code: -32_602 })
  const parameter = { chainId: toHex(chain.id), chainName: chain.name, nativeCurrency: chain.nativeCurrency }
  await provider.request({ method: 'wallet_addEthereumChain', params: [parameter] })
  expect(await provider.request({ method: 'wallet_switchEthereumChain', params: [parameter] })).toBeNull()
}

async function deployByEthers(provider: WalletProvider): Promise<void> {
  const browser = new BrowserProvider(provider, undefined, { cacheTimeout: -1, pollingInterval: 20 })
  try {
    const signer = await browser.getSigner()
    const deployed = await (
      await new ContractFactory([...vaultAbi], vaultBytecode, signer).deploy(zeroHash, 60)
    ).waitForDeployment()
    const vault = new Contract(await deployed.getAddress(), [...vaultAbi], signer)
    const receipt = await (await vault.getFunction('depositFor')(signer.address, { value: 7n })).wait()
    expect((await vault.getFunction('account')(signer.address)).balance).toBe(7n)
    const [event] = await vault.queryFilter('Deposited', receipt.blockNumber)
    expect(event).toMatchObject({ transactionHash: receipt.hash, args: [signer.address, signer.address, 7n] })
  } finally {
    browser.destroy()
  }
}

/** The hash of the block that the payment came into. */
async function sendByViem(provider: WalletProvider, { chain }: Network): Promise<string> {
  const transport = custom(provider as unknown as EIP1193Provider) // of it viem calls `request` only
  const reader = createPublicClient({ chain, transport, cacheTime: 0 })
  const wallet = createWalletClient({ chain, transport })
  const [account] = await wallet.requestAddresses()
  if (account === undefined) throw new Error('the wallet has no account')
  const hash = await wallet.sendTransaction({ account, to: '0x00000000000000000000000000000000000000cc', value: 5n })
  const { status, blockHash } = await minedReceipt(reader, hash)
  expect(status).toBe('success')
  return blockHash
}
