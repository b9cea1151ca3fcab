/** Client libraries and wallets as they are, against the node: deploy, call, read logs, subscribe. */

import { once } from 'node:events'
import { bondAbi, vaultAbi, vaultBytecode } from '@millrace/contracts'
import {
  ContractFactory,
  Contract as EthersContract,
  HDNodeWallet,
  JsonRpcProvider,
  type Provider,
  WebSocketProvider,
} from 'ethers'
import {
  createPublicClient,
  createWalletClient,
  custom,
  defineChain,
  type EIP1193Provider,
  encodeFunctionData,
  type Hex,
  type Log,
  parseEther,
  webSocket,
  zeroHash,
} from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { unhurriedChain } from '../testing/clients.ts'
import type { ChainNode } from './chain.ts'
import { devAccount, devMnemonic } from './genesis/accounts.ts'

let node: ChainNode
let socketUrl: string
beforeAll(async () => {
  node = await unhurriedChain()
  socketUrl = node.rpcUrl.replace('http', 'ws')
})
afterAll(() => node.close())

const chainOf = ({ chainId }: ChainNode) =>
  defineChain({
    id: chainId,
    name: 'millrace',
    nativeCurrency: { name: 'BitTorrent', symbol: 'BTT', decimals: 18 },
    rpcUrls: { default: { http: [node.rpcUrl], webSocket: [socketUrl] } },
  })

/** A promise and what settles it. */
function waiting<T>() {
  let settle: (value: T) => void = () => {}
  const promise = new Promise<T>((resolve) => {
    settle = resolve
  })
  return { promise, settle }
}

test('viem over WebSocket deploys, calls, reads logs, and is told of heads, events and waiting transactions', async () => {
  const account = devAccount(1)
  const transport = webSocket(socketUrl, { reconnect: false, keepAlive: false })
  const reader = createPublicClient({ chain: chainOf(node), transport })
  const wallet = createWalletClient({ account, chain: chainOf(node), transport })
  const deployment = await wallet.deployContract({ abi: vaultAbi, bytecode: vaultBytecode, args: [zeroHash, 60n] })
  const { contractAddress } = await reader.waitForTransactionReceipt({ hash: deployment })
  const vault = { address: contractAddress ?? '0x', abi: vaultAbi } as const
  const head = waiting<bigint | null>()
  const event = waiting<Log>()
  const pending = waiting<Hex>()
  const ends = [
    reader.watchBlocks({ onBlock: ({ number }) => head.settle(number) }),
    reader.watchContractEvent({ ...vault, eventName: 'Deposited', onLogs: ([log]) => log && event.settle(log) }),
    reader.watchPendingTransactions({ onTransactions: ([hash]) => hash && pending.settle(hash) }),
  ]
  // Subscriptions are asked for without waiting: this answer comes after theirs.
  await reader.getChainId()
  const request = { ...vault, functionName: 'depositFor', args: [account.address], value: parseEther('2') } as const
  const hash = await wallet.writeContract(request)
  const receipt = await reader.waitForTransactionReceipt({ hash })
  expect(await pending.promise).toBe(hash)
  expect(await head.promise).toBe(receipt.blockNumber)
  expect(await event.promise).toMatchObject({ transactionHash: hash, eventName: 'Deposited' })
  const [logged] = await reader.getContractEvents({ ...vault, eventName: 'Deposited', fromBlock: receipt.blockNumber })
  expect(logged).toMatchObject({ transactionHash: hash, args: { amount: parseEther('2') } })
  const data = encodeFunctionData(request)
  const call = { account, to: vault.address, data, value: 3n }
  const { accessList } = await reader.createAccessList(call)
  expect(accessList).toMatchObject([{ address: vault.address, storageKeys: { length: 2 } }])
  await expect(reader.createAccessList({ ...call, data: '0x' })).rejects.toThrow(/execution reverted/)
  const proof = await reader.getProof({ address: vault.address, storageKeys: [] })
  expect(proof.balance).toBe(parseEther('2'))
  const [simulated] = await reader.simulateBlocks({ blocks: [{ calls: [{ ...call, account: account.address }] }] })
  expect(simulated?.calls[0]).toMatchObject({ status: 'success', logs: { length: 1 } })
  for (const end of ends) end()
  const { socket } = (await transport({ chain: chainOf(node) }).value?.getRpcClient()) ?? {}
  socket?.close()
})

describe('ethers 6', () => {
  const signerOn = (provider: Provider) => {
    return HDNodeWallet.fromPhrase(devMnemonic, undefined, "m/44'/60'/0'/0/2").connect(provider)
  }

  test('over HTTP deploys, calls and reads logs', async () => {
    const provider = new JsonRpcProvider(node.rpcUrl, undefined, { cacheTimeout: -1, pollingInterval: 10 })
    try {
      const signer = signerOn(provider)
      const factory = new ContractFactory([...vaultAbi], vaultBytecode, signer)
      const deployed = await (await factory.deploy(zeroHash, 60)).waitForDeployment()
      const vault = new EthersContract(await deployed.getAddress(), [...vaultAbi], signer)
      const sent = await vault.getFunction('depositFor')(signer.address, { value: 7n })
      const receipt = await sent.wait()
      expect(receipt).toMatchObject({ status: 1, to: await deployed.getAddress() })
      const [event] = await vault.queryFilter('Deposited', receipt.blockNumber)
      expect(event).toMatchObject({ transactionHash: sent.hash, args: [signer.address, signer.address, 7n] })
      expect(await provider.getBalance(vault.target)).toBe(7n)
      expect((await provider.getBlock('finalized'))?.number).toBe(receipt.blockNumber)
      await expect(vault.getFunction('withdraw').staticCall(signer.address)).rejects.toMatchObject({
        code: 'CALL_EXCEPTION',
      })
    } finally {
      provider.destroy()
    }
  })

  test('over WebSocket is told of blocks, events and waiting transactions', async () => {
    const provider = new WebSocketProvider(socketUrl)
    try {
      const signer = signerOn(provider)
      const vault = new EthersContract(node.vaultAddress, [...vaultAbi], signer)
      const block = waiting<number>()
      const deposit = waiting<bigint>()
      const pending = waiting<string>()
      await provider.on('block', block.settle)
      await provider.on('pending', pending.settle)
      await vault.on('Deposited', (_key, _from, amount) => deposit.settle(amount))
      const sent = await vault.getFunction('depositFor')(signer.address, { value: 9n })
      const receipt = await sent.wait()
      expect(await pending.promise).toBe(sent.hash)
      expect(await deposit.promise).toBe(9n)
      expect(await block.promise).toBeLessThanOrEqual(receipt.blockNumber)
    } finally {
      await provider.destroy()
    }
  })
})

/** A wallet's provider (EIP-1193) on one socket: requests by id, subscriptions as `message` events. */
async function walletProvider() {
  const socket = new WebSocket(socketUrl)
  await once(socket, 'open')
  const answers = new Map<number, (answer: { result?: unknown; error?: { code: number; message: string } }) => void>()
  const listeners = new Set<(message: { type: string; data: unknown }) => void>()
  socket.on('message', (data) => {
    const message = JSON.parse(String(data))
    if (message.method === 'eth_subscription') {
      for (const listener of listeners) listener({ type: 'eth_subscription', data: message.params })
    } else answers.get(message.id)?.(message)
  })
  let id = 0
  return {
    async request({ method, params = [] }: { method: string; params?: unknown }) {
      const { promise, settle } = waiting<{ result?: unknown; error?: { code: number; message: string } }>()
      answers.set(++id, settle)
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
      const { result, error } = await promise
      if (error !== undefined) throw Object.assign(new Error(error.message), error)
      return result
    },
    on: (_event: 'message', listener: (message: { type: string; data: unknown }) => void) => listeners.add(listener),
    end: () => socket.close(),
  }
}

test('a wallet’s EIP-1193 provider sends, confirms and subscribes', async () => {
  const provider = await walletProvider()
  try {
    // What a wallet asks of a network that is added to it.
    expect(await provider.request({ method: 'eth_chainId' })).toBe('0x4e16')
    expect(await provider.request({ method: 'net_version' })).toBe('19990')
    expect(await provider.request({ method: 'eth_accounts' })).toEqual([])
    await expect(provider.request({ method: 'wallet_switchEthereumChain' })).rejects.toMatchObject({ code: -32_601 })
    await expect(provider.request({ method: 'eth_sendTransaction', params: [{}] })).rejects.toMatchObject({
      code: -32_000,
    })
    const head = waiting<unknown>()
    const subscription = await provider.request({ method: 'eth_subscribe', params: ['newHeads'] })
    provider.on('message', ({ data }) => head.settle(data))
    const account = devAccount(3)
    const transport = custom(provider as unknown as EIP1193Provider) // of it viem calls `request` only
    const wallet = createWalletClient({ account, chain: chainOf(node), transport })
    const reader = createPublicClient({ chain: chainOf(node), transport, pollingInterval: 10, cacheTime: 0 })
    const hash = await wallet.sendTransaction({ to: devAccount(4).address, value: 5n })
    const receipt = await reader.waitForTransactionReceipt({ hash })
    expect(receipt.status).toBe('success')
    expect(await head.promise).toMatchObject({ subscription, result: { hash: receipt.blockHash } })
    expect(await reader.readContract({ address: node.bondAddress, abi: bondAbi, functionName: 'vault' })).toBe(
      node.vaultAddress,
    )
  } finally {
    provider.end()
  }
})
