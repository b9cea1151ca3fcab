/** The audit script against a real chain whose books are right, and against journals that are not. */

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { btt } from '@millrace/base'
import type { ChainNode } from '@millrace/chain'
import { FileBookStore } from '@millrace/journal'
import type { ChainLedger } from '@millrace/ledger'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestLedger, person, signVoucher, startTestChain } from './world.ts'

const script = fileURLToPath(new URL('../../scripts/audit-money.js', import.meta.url))
const [alice, bob] = [person(1), person(2)]
let chain: ChainNode
let ledger: ChainLedger
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-audit-'))
  chain = await startTestChain()
  ledger = await openTestLedger(chain)
  await ledger.depositFor(alice.signer, alice.account, btt(1_000n))
  const voucher = signVoucher(ledger, alice, {
    payee: bob.account,
    cumulative: btt(300n),
    seq: 1n,
    totalIssued: btt(300n),
  })
  await ledger.cashMany(bob.signer, [voucher])
  await ledger.planWithdraw(alice.signer, btt(100n))
  for (let i = 0; i < 3; i++) await ledger.depositFor(bob.signer, bob.account, btt(1n))
  await ledger.withdraw(alice.signer, alice.account)
})
afterAll(async () => {
  await ledger.close()
  await chain.close()
  await rm(folder, { recursive: true })
})

interface Audit {
  readonly code: number
  readonly report: Readonly<Record<string, unknown>>
  readonly complaint: string
}

function audit(...args: readonly string[]): Promise<Audit> {
  return new Promise((resolve) => {
    const all = [script, '--rpc', chain.rpcUrl, '--vault', chain.vaultAddress, '--json', ...args]
    const child = execFile(process.execPath, all, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, report: stdout === '' ? {} : JSON.parse(stdout), complaint: stderr })
    })
  })
}

/** A journal of alice's and bob's sides with these sums, after the 300 that were cashed. */
async function journal(name: string, issued: number, accepted: number, cashed: number): Promise<string> {
  const path = join(folder, name)
  const pair = { payer: alice.account, payee: bob.account }
  const lines = [
    { type: 'issued', ...pair, cumulative: String(issued), seq: '1', totalIssued: String(issued) },
    { type: 'accepted', ...pair, cumulative: String(accepted), seq: '1', totalIssued: String(accepted) },
    { type: 'cashed', ...pair, cashed: String(cashed) },
  ]
  await writeFile(path, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"type":"acc`)
  return path
}

test('books that agree: the sums of deposits, balances, payments and withdrawals, imbalance 0', async () => {
  const { code, report } = await audit(await journal('good.jsonl', 300, 300, 300))
  expect(report).toMatchObject({
    deposited: '1303',
    balances: '903',
    paidOut: '300',
    withdrawn: '100',
    paidIn: '1003',
    contractBalance: '903',
    journals: { files: 1, issued: '300', accepted: '300', cashed: '300' },
    imbalance: '0',
    differences: [],
    warnings: [],
  })
  expect(code).toBe(0)
})

test('a payment beyond what was accepted, and one journaled but not paid, are imbalances', async () => {
  const beyond = await audit(await journal('beyond.jsonl', 300, 290, 290))
  expect(beyond).toMatchObject({ code: 1, report: { imbalance: '10' } })
  const phantom = await audit(await journal('phantom.jsonl', 400, 400, 340))
  expect(phantom).toMatchObject({ code: 1, report: { imbalance: '40' } })
})

test('notes that a killed payer lost are a warning', async () => {
  const { code, report } = await audit(await journal('lost.jsonl', 250, 300, 300))
  expect(report).toMatchObject({ imbalance: '0', warnings: [expect.stringMatching(/accepted 300, above the 250/)] })
  expect(code).toBe(0)
})

test('what two journals set off is told, and that they differ by more than one lost is a warning', async () => {
  const side = async (name: string, own: string, other: string, sum: number, lost = 0): Promise<string> => {
    const file = join(folder, `${name}.lines`)
    const line = { type: 'setOff', own, other, sum: String(sum), lostByOther: String(lost) }
    await writeFile(file, `${JSON.stringify(line)}\n`)
    return file
  }
  const ofAlice = await side('alice', alice.account, bob.account, 70)
  const good = await audit(ofAlice, await side('bob', bob.account, alice.account, 70))
  expect(good).toMatchObject({ code: 0, report: { journals: { setOff: '140' }, warnings: [], imbalance: '0' } })
  const known = await audit(
    await side('alice-2', alice.account, bob.account, 70, 5),
    await side('bob-2', bob.account, alice.account, 65),
  )
  expect(known.report.warnings).toEqual([])
  const apart = await audit(ofAlice, await side('bob-3', bob.account, alice.account, 64))
  expect(apart).toMatchObject({
    code: 0,
    report: { warnings: [expect.stringMatching(/: 70 set off, the other journal has 64$/)] },
  })
})

test('finds the journals below a folder, and says what it lacks', async () => {
  expect((await audit('--data', folder)).report).toMatchObject({ journals: { files: 4, accepted: '400' } })
  expect(await audit('--rpc', 'http://127.0.0.1:1')).toMatchObject({ code: 2 })
})

test('reads the journals that the books leave when they close', async () => {
  const data = await mkdtemp(join(tmpdir(), 'millrace-audit-books-'))
  const { ledgerId: id } = ledger.identity
  const open = (account: `0x${string}`) => FileBookStore.open({ folder: join(data, account), account, ledgerId: id })
  const voucher = signVoucher(ledger, alice, {
    payee: bob.account,
    cumulative: btt(300n),
    seq: 1n,
    totalIssued: btt(300n),
  })
  const payer = await open(alice.account)
  await payer.reserve({ seq: 1n, totalIssued: btt(300n) })
  payer.issued(voucher)
  await payer.close()
  const payee = await open(bob.account)
  payee.accepted(voucher)
  payee.agree({ cashed: new Map([[alice.account, btt(300n)]]) })
  await payee.close()
  const { report } = await audit('--data', data)
  const journals = { files: 2, issued: '300', accepted: '300', cashed: '300' }
  expect(report).toMatchObject({ journals, imbalance: '0', warnings: [] })
  const liar = await open(bob.account)
  liar.cashed(alice.account, btt(1n), 'wallet')
  await liar.close()
  expect(await audit('--data', data)).toMatchObject({ code: 1, report: { imbalance: '1' } })
  await rm(data, { recursive: true })
})
