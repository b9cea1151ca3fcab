import type { Hex } from 'viem'
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
