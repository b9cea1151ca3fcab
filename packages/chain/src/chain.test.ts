import { vaultAbi } from '@millrace/contracts'
import { createPublicClient, createWalletClient, defineChain, http, parseEther } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ChainNode, startChain } from './chain.ts'
import { devAccount } from './genesis/accounts.ts'

let node: ChainNode
beforeAll(async () => {
  node = await startChain({ blockTime: { kind: 'on-demand', leastSeconds: 0.01 }, rpc: { host: '127.0.0.1', port: 0 } })
})
afterAll(() => node.close())

function clients(index: number) {
  const chain = defineChain({
    id: node.chainId,
    name: 'millrace',
    nativeCurrency: { name: 'BitTorrent', symbol: 'BTT', decimals: 18 },
    rpcUrls: { default: { http: [node.rpcUrl] } },
  })
  const account = devAccount(index)
  const transport = http(node.rpcUrl)
  const publicClient = createPublicClient({ chain, transport, pollingInterval: 10 })
  return { account, publicClient, wallet: createWalletClient({ account, chain, transport }) }
}

describe('viem clients', () => {
  test('a transfer is mined and paid for', async () => {
    const { publicClient, wallet, account } = clients(0)
    const to = '0x00000000000000000000000000000000000000aa'
    const before = await publicClient.getBalance({ address: account.address })
    const hash = await wallet.sendTransaction({ to, value: parseEther('3') })
    const receipt = await publicClient.waitForTransactionReceipt({ hash })
    expect(receipt.status).toBe('success')
    expect(receipt.gasUsed).toBe(21_000n)
    expect(await publicClient.getBalance({ address: to })).toBe(parseEther('3'))
    const cost = parseEther('3') + 21_000n * receipt.effectiveGasPrice
    expect(await publicClient.getBalance({ address: account.address })).toBe(before - cost)
  })

  test('the vault stands at its fixed address with the genesis hash in its domain', async () => {
    const { publicClient, wallet, account } = clients(1)
    const domain = await publicClient.getEip712Domain({ address: node.vaultAddress })
    expect(domain.domain).toMatchObject({ name: 'millrace', version: '1', salt: node.genesisHash, chainId: 19_990 })
    const { request } = await publicClient.simulateContract({
      account,
      address: node.vaultAddress,
      abi: vaultAbi,
      functionName: 'depositFor',
      args: [account.address],
      value: parseEther('5'),
    })
    const receipt = await publicClient.waitForTransactionReceipt({ hash: await wallet.writeContract(request) })
    expect(receipt.status).toBe('success')
    expect(await publicClient.getBalance({ address: node.vaultAddress })).toBe(parseEther('5'))
  })
})
