/** The chain dies and comes back, or comes back as another: what the ledger makes of it. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { btt } from '@millrace/base'
import type { ChainNode } from '@millrace/chain'
import type { LedgerStatus } from '@millrace/ledger'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually, openTestLedger, person, startTestChain } from './world.ts'

const [alice, bob] = [person(1), person(2)]
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-ledger-'))
})
afterEach(() => rm(folder, { recursive: true }))

function portOf(chain: ChainNode): number {
  return Number(new URL(chain.rpcUrl).port)
}

test('goes on by itself after the chain was down, and misses no event', async () => {
  const first = await startTestChain({ dataFolder: folder })
  const rpc = { host: '127.0.0.1', port: portOf(first) }
  const ledger = await openTestLedger(first)
  const states: LedgerStatus['state'][] = []
  ledger.subscribe({ onStatus: (status) => states.push(status.state) })
  await ledger.watch(alice.account)
  await ledger.depositFor(alice.signer, alice.account, btt(5n))
  await first.close()
  await eventually(ledger, () => ledger.status.state === 'down')
  expect(ledger.coverage(alice.account)?.deposited).toBe(5n)
  await expect(ledger.depositFor(alice.signer, alice.account, btt(1n))).rejects.toMatchObject({
    code: 'unreachable',
    message: /ECONNREFUSED.*--rpc/,
  })
  const second = await startTestChain({ dataFolder: folder, rpc })
  const other = await openTestLedger(second)
  await other.depositFor(bob.signer, alice.account, btt(7n))
  await eventually(ledger, () => ledger.coverage(alice.account)?.deposited === 12n)
  expect(states).toEqual(['down', 'live'])
  await Promise.all([ledger.close(), other.close()])
  await second.close()
})

test('a transaction that was in the pool of a killed node is sent again and mined', async () => {
  const interval = { kind: 'interval', seconds: 3_600 } as const // no block in this run: the pool dies with the node
  const first = await startTestChain({ dataFolder: folder, blockTime: interval })
  const rpc = { host: '127.0.0.1', port: portOf(first) }
  const ledger = await openTestLedger(first, { rebroadcastMs: 100 })
  const receipt = ledger.depositFor(alice.signer, alice.account, btt(21n))
  await pendingNonce(first, alice.account)
  await first.close()
  const second = await startTestChain({ dataFolder: folder, rpc })
  expect((await receipt).succeeded).toBe(true)
  expect((await ledger.vaultAccount(alice.account)).deposited).toBe(21n)
  await ledger.close()
  await second.close()
})

test('a chain with another block 0 ends the ledger with a clear error', async () => {
  const first = await startTestChain()
  const rpc = { host: '127.0.0.1', port: portOf(first) }
  const ledger = await openTestLedger(first)
  await ledger.watch(alice.account)
  await ledger.depositFor(alice.signer, alice.account, btt(5n))
  const { cursor } = ledger
  await first.close()
  const second = await startTestChain({ rpc })
  await eventually(ledger, () => ledger.status.state === 'failed')
  expect(ledger.status).toMatchObject({ error: { code: 'chain-reset', message: /block 0/ } })
  expect(ledger.coverage(alice.account)).toBeUndefined()
  await expect(ledger.depositFor(alice.signer, alice.account, btt(1n))).rejects.toMatchObject({ code: 'chain-reset' })
  await expect(openTestLedger(second, { cursor })).rejects.toMatchObject({ code: 'chain-reset' })
  await ledger.close()
  await second.close()
})

/** Resolves once the node's pool holds a transaction of the account. */
async function pendingNonce(chain: ChainNode, account: string): Promise<void> {
  for (;;) {
    const reply = await fetch(chain.rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getTransactionCount', params: [account, 'pending'] }),
    })
    if (((await reply.json()) as { result: string }).result !== '0x0') return
  }
}
