import { systemRandom } from '@millrace/base'
import { parseEther } from 'viem'
import { expect, test } from 'vitest'
import { connect, quickChain, rpc } from '../../../testing/clients.ts'
import { Geth } from '../../../testing/geth.ts'
import { defaultGenesis, resolveGenesis } from '../../genesis/config.ts'

test('spike', { timeout: 120000 }, async () => {
  const genesis = resolveGenesis(defaultGenesis, Math.floor(Date.now() / 1000) - 100, systemRandom.bytes(16))
  const geth = await Geth.start(genesis)
  try {
    const node = await quickChain({
      genesis,
      remote: { engineUrl: geth.url, secretFile: geth.secretFile, rpcUrl: geth.rpcUrl },
    })
    const { reader, wallet, receipt, account } = connect(node, 0)
    const done = await receipt(await wallet.sendTransaction({ to: account.address, value: parseEther('3') }))
    expect(done.status).toBe('success')
    const theirs = await rpc(geth.rpcUrl, 'eth_getBlockByNumber', 'latest', false)
    expect((theirs.result as { hash: string }).hash).toBe(node.head().hash)
    console.log(
      node.head(),
      await reader.getBalance(account),
      await rpc(node.rpcUrl, 'debug_traceTransaction', done.transactionHash, { tracer: 'callTracer' }),
    )
    await node.close()
  } finally {
    await geth.remove()
  }
})
