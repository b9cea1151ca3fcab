/** viem over WebSocket: deploys, calls, reads logs and proofs, simulates, and is told of what happens. */

import { vaultAbi, vaultBytecode } from '@millrace/contracts'
import {
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  type Hex,
  http,
  type Log,
  parseEther,
  webSocket,
  zeroHash,
} from 'viem'
import { expect } from 'vitest'
import { devAccount } from '../../../packages/chain/src/genesis/accounts.ts'
import { minedReceipt } from '../../../packages/chain/testing/receipt.ts'
import { Arrivals, type Network } from './network.ts'

export async function viemOverSocket({ chain, socketUrl }: Network): Promise<void> {
  const account = devAccount(4)
  const transport = webSocket(socketUrl, { reconnect: false, keepAlive: false })
  const reader = createPublicClient({ chain, transport, cacheTime: 0 })
  const wallet = createWalletClient({ account, chain, transport })
  const deployment = await wallet.deployContract({ abi: vaultAbi, bytecode: vaultBytecode, args: [zeroHash, 60n] })
  const { contractAddress } = await minedReceipt(reader, deployment)
  const vault = { address: contractAddress ?? '0x', abi: vaultAbi } as const
  const heads = new Arrivals<bigint | null>()
  const events = new Arrivals<Log & { readonly eventName: string }>()
  const pending = new Arrivals<Hex>()
  const ends = [
    reader.watchBlocks({ onBlock: ({ number }) => heads.push(number) }),
    reader.watchContractEvent({ ...vault, eventName: 'Deposited', onLogs: (logs) => logs.map(events.push) }),
    reader.watchPendingTransactions({ onTransactions: (hashes) => hashes.map(pending.push) }),
  ]
  // Subscriptions are asked for without waiting: this answer comes after theirs.
  await reader.getChainId()
  const request = { ...vault, functionName: 'depositFor', args: [account.address], value: parseEther('2') } as const
  const hash = await wallet.writeContract(request)
  const receipt = await minedReceipt(reader, hash)
  await pending.first('the transaction waits', (waiting) => waiting === hash)
  await heads.first('its block is told', (number) => number === receipt.blockNumber)
  expect(await events.first('its event is told', () => true)).toMatchObject({
    transactionHash: hash,
    eventName: 'Deposited',
  })
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
  const { socket } = (await transport({ chain }).value?.getRpcClient()) ?? {}
  socket?.close()
}

export async function viemOverHttp({ chain, rpcUrl }: Network): Promise<void> {
  const account = devAccount(5)
  const transport = http(rpcUrl, { batch: true })
  const reader = createPublicClient({ chain, transport, cacheTime: 0, pollingInterval: 50 })
  const wallet = createWalletClient({ account, chain, transport })
  const deployment = await wallet.deployContract({ abi: vaultAbi, bytecode: vaultBytecode, args: [zeroHash, 60n] })
  const { contractAddress } = await minedReceipt(reader, deployment)
  const vault = { address: contractAddress ?? '0x', abi: vaultAbi } as const
  const filter = await reader.createContractEventFilter({ ...vault, eventName: 'Deposited' })
  const { request } = await reader.simulateContract({
    ...vault,
    account,
    functionName: 'depositFor',
    args: [account.address],
    value: 11n,
  })
  const receipt = await minedReceipt(reader, await wallet.writeContract(request))
  expect(receipt.status).toBe('success')
  expect(await reader.getFilterChanges({ filter })).toMatchObject([
    { transactionHash: receipt.transactionHash, args: { amount: 11n } },
  ])
  expect(await reader.readContract({ ...vault, functionName: 'account', args: [account.address] })).toEqual([
    11n,
    0n,
    0n,
    11n,
    0n,
    0n,
  ])
  await expect(
    reader.simulateContract({ ...vault, account, functionName: 'withdraw', args: [account.address] }),
  ).rejects.toThrow(/reverted/)
}
