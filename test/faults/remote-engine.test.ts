/** A chain that a geth executes, as the command line runs both: kill -9 of either, and of both, and they are together again. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEther } from 'viem'
import { afterAll, describe, expect, it } from 'vitest'
import { lmdbStore } from '../../packages/chain/src/store/lmdb.ts'
import { connect, rpc } from '../../packages/chain/testing/clients.ts'
import { canUseGeth, Geth } from '../../packages/chain/testing/geth.ts'
import { replayed } from '../../packages/chain/testing/replay.ts'
import { millrace, startMillrace } from '../support/millrace.ts'
import { eventually, type Running, stopAll } from '../support/processes.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-remote-'))
const geths: Geth[] = []
afterAll(async () => {
  await stopAll()
  for (const geth of geths) await geth.remove()
  rmSync(folder, { recursive: true, force: true })
})

const to = '0x00000000000000000000000000000000000000aa'
const readyMilliseconds = 60_000

interface Ready {
  readonly rpc: string
  readonly chainId: number
}

/** The node, once it answers. */
async function startNode(data: string, geth: Geth): Promise<{ readonly running: Running; readonly ready: Ready }> {
  const remote = ['--remote-engine', geth.url, '--jwt-secret', geth.secretFile, '--remote-rpc', geth.rpcUrl]
  const running = startMillrace({ folder }, ['chain', '--data', data, '--port', '0', '--jsonl', ...remote])
  const ready = await eventually('the node is ready', readyMilliseconds, () => {
    if (running.isOver) throw new Error(`the node ended: ${running.printed}`)
    const line = running.out.find((text) => text.includes('"event":"ready"'))
    return line === undefined ? undefined : (JSON.parse(line) as Ready)
  })
  return { running, ready }
}

const headOf = async (url: string) => {
  const { result } = await rpc(url, 'eth_getBlockByNumber', 'latest', false)
  const { number, hash } = result as { readonly number: string; readonly hash: string } // eth's shape
  return { number: Number(number), hash }
}

describe.runIf(canUseGeth())('a node whose geth executes', () => {
  const data = join(folder, 'chain')
  it('loses no block to kill -9 of geth, of itself and of both', { timeout: 300_000 }, async () => {
    const printed = await millrace({ folder }, ['chain', 'geth-genesis', '--data', data])
    const genesisFile = join(folder, 'geth.json')
    writeFileSync(genesisFile, printed.out.join('\n'))
    const geth = await Geth.init(genesisFile)
    geths.push(geth)
    let { running, ready } = await startNode(data, geth)
    const told: { readonly number: number; readonly hash: string }[] = []
    const pay = async (index: number) => {
      const { wallet, receipt } = connect({ rpcUrl: ready.rpc, chainId: ready.chainId }, index)
      const done = await receipt(await wallet.sendTransaction({ to, value: parseEther('1'), gas: 21_000n }))
      expect(done.status).toBe('success')
      told.push({ number: Number(done.blockNumber), hash: done.blockHash })
    }
    await pay(1)
    await pay(2)

    // geth dies and comes back with what it had on disk, which may be blocks ago; the node goes on.
    await geth.end('SIGKILL')
    await geth.again()
    await pay(3)

    // It dies while a transaction waits: the block comes when it is there again.
    await geth.end('SIGKILL')
    const { wallet, account, receipt, reader } = connect({ rpcUrl: ready.rpc, chainId: ready.chainId }, 3)
    await expect(reader.getTransactionCount(account)).rejects.toThrow('the execution engine is away')
    await geth.again()
    const { number } = await headOf(ready.rpc)
    expect(
      (await receipt(await wallet.sendTransaction({ to, value: parseEther('1'), gas: 21_000n }))).blockNumber,
    ).toBe(BigInt(number + 1))

    expect((await running.stop('SIGKILL')).signal).toBe('SIGKILL')
    ;({ running, ready } = await startNode(data, geth))
    await pay(5)

    await Promise.all([running.stop('SIGKILL'), geth.end('SIGKILL')])
    await geth.again()
    ;({ running, ready } = await startNode(data, geth))
    await pay(6)

    const head = await headOf(ready.rpc)
    expect(await headOf(geth.rpcUrl)).toEqual(head)
    for (const block of told) {
      const { result } = await rpc(geth.rpcUrl, 'eth_getBlockByNumber', `0x${block.number.toString(16)}`, false)
      expect(result).toMatchObject({ hash: block.hash })
    }
    expect((await running.stop()).code).toBe(0)

    // A geth that has lost everything gets it all from our folder.
    const fresh = await Geth.init(genesisFile)
    geths.push(fresh)
    ;({ running, ready } = await startNode(data, fresh))
    expect(await headOf(fresh.rpcUrl)).toEqual(head)
    expect((await running.stop()).code).toBe(0)

    // What is stored executes to itself in our own engine, from block 0.
    const store = lmdbStore(data)
    try {
      expect((await replayed(store)).chain.at(-1)?.hash).toBe(head.hash)
    } finally {
      await store.close()
    }
  })
})
