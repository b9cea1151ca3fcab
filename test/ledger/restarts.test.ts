/** The chain dies and comes back, or comes back as another: what the ledger makes of it. */

import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
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

test('who sent a transaction sees what it did, though a look at the chain began before its block', async () => {
  const chain = await startTestChain()
  const proxy = await startSlowProxy(chain.rpcUrl)
  const ledger = await openTestLedger(chain, { rpcUrl: proxy.url })
  await ledger.watch(alice.account)
  await proxy.holdNextHead()
  await ledger.depositFor(alice.signer, alice.account, btt(5n))
  expect(ledger.coverage(alice.account)?.deposited).toBe(5n)
  await ledger.close()
  proxy.close()
  await chain.close()
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

/** Forwards to an RPC; on demand it holds an answer for the head back until somebody was told of a mined transaction. */
async function startSlowProxy(rpcUrl: string) {
  let isHolding = false
  let held: (() => void) | undefined
  let onHeld = (): void => {}
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const answer = await (await fetch(rpcUrl, { method: 'POST', body, headers: jsonType })).text()
    const send = (): void => void response.writeHead(200, jsonType).end(answer)
    if (isHolding && body.includes('"latest",false')) {
      isHolding = false
      held = send
      return onHeld()
    }
    send()
    if (body.includes('eth_getTransactionReceipt') && !answer.includes('"result":null')) held?.()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    /** Resolves when a look at the chain is under way that will not see what is mined from now on. */
    holdNextHead(): Promise<void> {
      isHolding = true
      return new Promise((resolve) => {
        onHeld = resolve
      })
    },
    close(): void {
      server.closeAllConnections()
      server.close()
    },
  }
}

const jsonType = { 'content-type': 'application/json' }
