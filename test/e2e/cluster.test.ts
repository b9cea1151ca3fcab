/** Four validators on this machine, as `chain cluster` runs them: one chain, final in one block, whoever is asked. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { maxBig } from '@millrace/base'
import { parseEther } from 'viem'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { connect, rpc } from '../../packages/chain/testing/clients.ts'
import { millrace, startMillrace } from '../support/millrace.ts'
import { eventually, stopAll } from '../support/processes.ts'
import { canUseCometBft, freePorts } from '../support/validators.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-cluster-'))
afterEach(stopAll)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const to = '0x00000000000000000000000000000000000000bb'

describe.runIf(canUseCometBft())('a cluster of four', () => {
  it('makes one chain out of transactions sent to each, and each shows it as final', { timeout: 240_000 }, async () => {
    const peerPort = await freePorts(4)
    const data = join(folder, 'network')
    const args = [
      'chain',
      'cluster',
      '--validators',
      '4',
      '--data',
      data,
      '--port',
      '0',
      '--peer-port',
      String(peerPort),
    ]
    const cluster = startMillrace({ folder }, [...args, '--jsonl'])
    const nodes = await eventually('all are ready', 120_000, () => {
      if (cluster.isOver) throw new Error(cluster.printed)
      const line = cluster.out.find((text) => text.includes('"event":"ready"'))
      return line === undefined ? undefined : (JSON.parse(line) as { validators: { rpc: string }[] }).validators
    })
    expect(nodes).toHaveLength(4)
    const users = nodes.map(({ rpc: rpcUrl }, index) => connect({ rpcUrl, chainId: 19_990 }, index + 1))
    const receipts = await Promise.all(
      users.map(async ({ wallet, receipt }) => receipt(await wallet.sendTransaction({ to, value: parseEther('1') }))),
    )
    for (const { status } of receipts) expect(status).toBe('success')
    const newest = receipts.reduce((max, { blockNumber }) => maxBig(max, blockNumber), 0n)
    // Final at one node means signed by three: each comes to show the same block under that number.
    const final = await Promise.all(
      users.map(({ reader }, index) =>
        eventually(`node ${index} shows block ${newest} as final`, 60_000, async () => {
          const { number } = await reader.getBlock({ blockTag: 'finalized' })
          return number >= newest && (await reader.getBlock({ blockNumber: newest })).hash
        }),
      ),
    )
    expect(new Set(final).size).toBe(1)
    for (const { reader } of users) expect(await reader.getBalance({ address: to })).toBe(parseEther('4'))

    const first = nodes[0]?.rpc ?? ''
    const status = (await millrace({ folder }, ['chain', 'status', '--rpc', first, '--json'])).json<{
      driver: string
      head: number
      finalized: number
      validators: { power: number }[]
    }>()
    expect(status.driver).toBe('cometbft')
    expect(status.validators.map(({ power }) => power)).toEqual([2_000_000, 2_000_000, 2_000_000, 2_000_000])
    expect(status.finalized).toBeGreaterThanOrEqual(Number(newest))
    const { result } = await rpc(first, 'eth_getBlockByNumber', 'safe', false)
    expect(Number((result as { number: string }).number)).toBeGreaterThanOrEqual(Number(newest)) // eth's shape
    expect((await cluster.stop()).code).toBe(0)
  })
})
