import { type Hex, keccak256 } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, quickChain, rpc } from '../../testing/clients.ts'
import type { ChainNode } from '../chain.ts'

let node: ChainNode
beforeAll(async () => {
  node = await quickChain()
})
afterAll(() => node.close())

const call = async (method: string, ...params: unknown[]) => (await rpc(node.rpcUrl, method, ...params)).result

describe('transactions that wait', () => {
  test('are shown by account and nonce, behind a gap as queued', async () => {
    const { wallet, account, reader, receipt } = connect(node, 2)
    const nonce = await reader.getTransactionCount(account)
    const fees = { gas: 21_000n, maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n }
    const late = await wallet.sendTransaction({ to: account.address, value: 5n, nonce: nonce + 1, ...fees })
    expect(await call('txpool_status')).toEqual({ pending: '0x0', queued: '0x1' })
    const place = { [account.address]: { [nonce + 1]: expect.objectContaining({ hash: late, blockHash: null }) } }
    expect(await call('txpool_content')).toEqual({ pending: {}, queued: place })
    expect(await call('txpool_contentFrom', account.address)).toMatchObject({
      pending: {},
      queued: { [nonce + 1]: { hash: late } },
    })
    expect(await call('txpool_contentFrom', node.vaultAddress)).toEqual({ pending: {}, queued: {} })
    expect(await call('txpool_inspect')).toEqual({
      pending: {},
      queued: { [account.address]: { [nonce + 1]: `${account.address}: 5 wei + 21000 gas × 1000000000000 wei` } },
    })
    await wallet.sendTransaction({ to: account.address, nonce, ...fees })
    await receipt(late)
    expect(await call('txpool_status')).toEqual({ pending: '0x0', queued: '0x0' })
  })

  test('come out of a filter once, as hashes or whole', async () => {
    const { wallet, account, receipt } = connect(node, 3)
    const hashes = await call('eth_newPendingTransactionFilter')
    const whole = await call('eth_newPendingTransactionFilter', true)
    const sent: Hex[] = []
    for (let i = 0; i < 2; i++) sent.push(await wallet.sendTransaction({ to: account.address, gas: 21_000n, nonce: i }))
    await Promise.all(sent.map(receipt))
    expect(await call('eth_getFilterChanges', hashes)).toEqual(sent)
    expect(await call('eth_getFilterChanges', hashes)).toEqual([])
    expect(await call('eth_getFilterChanges', whole)).toMatchObject(sent.map((hash) => ({ hash, blockHash: null })))
    expect((await rpc(node.rpcUrl, 'eth_getFilterLogs', hashes)).error).toMatchObject({ code: -32_000 })
    expect(await call('eth_uninstallFilter', hashes)).toBe(true)
    expect(await call('eth_uninstallFilter', hashes)).toBe(false)
    expect((await rpc(node.rpcUrl, 'eth_getFilterChanges', hashes)).error).toMatchObject({ code: -32_000 })
  })
})

describe('a transaction', () => {
  test('is filled in, signed as filled, and sent with its receipt as the answer', async () => {
    const { account } = connect(node, 4)
    const asked = { from: account.address, to: node.vaultAddress, value: '0x0', input: '0x1234' }
    expect((await rpc(node.rpcUrl, 'eth_fillTransaction', asked)).error).toMatchObject({ code: 3 })
    const { tx, raw } = (await call('eth_fillTransaction', { ...asked, to: account.address })) as {
      tx: Record<'nonce' | 'gas' | 'maxFeePerGas' | 'maxPriorityFeePerGas' | 'input', Hex>
      raw: Hex
    } // eth's shape
    expect(tx).toMatchObject({ nonce: '0x0', input: '0x1234', maxPriorityFeePerGas: '0x45d964b800' })
    expect(raw).toMatch(/^0x02/)
    const signed = await account.signTransaction({
      type: 'eip1559',
      chainId: node.chainId,
      to: account.address,
      nonce: Number(tx.nonce),
      gas: BigInt(tx.gas),
      maxFeePerGas: BigInt(tx.maxFeePerGas),
      maxPriorityFeePerGas: BigInt(tx.maxPriorityFeePerGas),
      data: tx.input,
    })
    expect(await call('eth_sendRawTransactionSync', signed)).toMatchObject({
      status: '0x1',
      to: account.address.toLowerCase(),
    })
  })

  test('that waits too long for a block is told of by its hash', async () => {
    const { account } = connect(node, 5)
    const fees = { gas: 21_000n, maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n }
    const behindGap = { type: 'eip1559', chainId: node.chainId, to: account.address, nonce: 3, ...fees } as const
    const signed = await account.signTransaction(behindGap)
    const { error } = await rpc(node.rpcUrl, 'eth_sendRawTransactionSync', signed, 20)
    expect(error).toMatchObject({ code: 4, data: keccak256(signed) })
    expect((await rpc(node.rpcUrl, 'eth_sendRawTransactionSync', signed, -1)).error).toMatchObject({ code: -32_602 })
  })
})
