import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Btt, btt } from '@millrace/base'
import { type Account, issue, type SignedVoucher, unattributed, withMark } from '@millrace/voucher'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FileBookStore } from './book-store.ts'
import { exportJournal } from './export.ts'
import { apply, emptyBooks, type Fact, imbalanceOf } from './facts.ts'
import { decodeRecords, encodeRecord } from './record.ts'
import { fromBytes, toBytes } from './snapshot.ts'

const accountOfByte = (byte: number): Account => `0x${byte.toString(16).padStart(2, '0').repeat(20)}`
const own = accountOfByte(1)
const other = accountOfByte(2)
const third = accountOfByte(3)
const ledgerId = new Uint8Array(32).fill(7)
let folder: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-books-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = (changes = {}) => FileBookStore.open({ folder, account: own, ledgerId, ...changes })
const voucher = (
  payer: Account,
  payee: Account,
  cumulative: bigint,
  seq: bigint,
  totalIssued = cumulative,
): SignedVoucher => ({
  payer,
  payee,
  cumulative: btt(cumulative),
  seq,
  totalIssued: btt(totalIssued),
  signature: Buffer.alloc(65, Number(seq % 250n)),
})

async function fill(store: FileBookStore): Promise<void> {
  store.deposited(btt(1_000n))
  await store.reserve({ seq: 100n, totalIssued: btt(500n) })
  store.issued(voucher(own, other, 10n, 1n))
  store.issued(voucher(own, third, 5n, 2n, 15n))
  store.issued(voucher(own, other, 30n, 3n, 35n))
  store.paidOut(other, btt(10n))
  store.billed(third, btt(70n), 4_096)
  store.accepted(voucher(third, own, 50n, 9n))
  store.accepted(voucher(third, own, 60n, 10n))
  store.cashed(third, btt(50n), 'vault')
  store.writtenOff(third, btt(10n), 0)
}

const expected = {
  wallet: -1_000n,
  vault: 1_040n,
  expense: 35n,
  [`payable:${other}`]: -20n,
  [`payable:${third}`]: -5n,
  [`receivable:${third}`]: 0n,
  income: -70n,
  [`voucher:${third}`]: 10n,
  writtenOff: 10n,
}

describe('the books', () => {
  test('are what was noted, after a clean end', async () => {
    const store = await open()
    await fill(store)
    const live = withMark(store.payerBook(), { seq: 100n, totalIssued: btt(500n) })
    await store.close({ ...live, seq: 3n, totalIssued: btt(35n) })
    const again = await open()
    expect(Object.fromEntries(again.balances())).toEqual(expected)
    expect(again.imbalance()).toBe(0n)
    expect(again.payerBook()).toMatchObject({ seq: 3n, totalIssued: 35n })
    expect(again.payerBook().issued).toEqual(
      new Map([
        [other, 30n],
        [third, 5n],
      ]),
    )
    expect(again.payeeBook().accepted.get(third)).toMatchObject({ cumulative: 60n, seq: 10n })
    expect(again.newestIssued(other)?.signature).toEqual(new Uint8Array(65).fill(3))
    expect(again.billing(third)).toMatchObject({ billed: 60n, billedBytes: 4_096 })
    expect(again.bootId).toBe(2)
    await again.close()
  })

  test('are the same when the log was folded into snapshots on the way', async () => {
    const store = await open({ logBytesMax: 300 })
    await fill(store)
    await store.close()
    const names = [expect.stringMatching(/^books\.\d+\.log$/), 'books.snapshot', 'journal.jsonl', 'opened.1']
    expect(readdirSync(folder).sort()).toEqual(names)
    const again = await open()
    expect(Object.fromEntries(again.balances())).toEqual(expected)
    expect(again.imbalance()).toBe(0n)
    expect(again.payerBook()).toMatchObject({ seq: 100n, totalIssued: 500n })
    await again.close()
  })

  test('survive a log cut at any byte: the mark never falls below a flush, and the sums add up', async () => {
    const store = await open()
    await store.reserve({ seq: 100n, totalIssued: btt(500n) })
    const log = path.join(folder, 'books.0.log')
    const flushed = statSync(log).size
    const steps: [number, bigint][] = []
    for (let i = 1n; i <= 12n; i++) {
      store.issued(voucher(own, other, 3n * i, i))
      steps.push([statSync(log).size, 3n * i])
    }
    await store.close()
    const whole = readFileSync(log)
    const rememberedAt = (cut: number) => steps.findLast(([end]) => end <= cut)?.[1] ?? 0n
    for (let cut = flushed; cut <= whole.length; cut++) {
      const { payloads, wholeBytes, isDamaged } = decodeRecords(whole.subarray(0, cut))
      const books = emptyBooks()
      for (const payload of payloads.slice(1)) apply(books, fromBytes(payload, log) as Fact) // written by the store above
      expect(isDamaged).toBe(false)
      expect(wholeBytes <= cut).toBe(true)
      expect(books.issued.get(other) ?? 0n).toBe(rememberedAt(cut))
      expect(books.mark).toEqual({ seq: 100n, totalIssued: 500n })
      expect(imbalanceOf(books)).toBe(0n)
    }
    const copy = path.join(folder, 'cut')
    for (const cut of [flushed, flushed + 5, flushed + 9, whole.length - 1, whole.length]) {
      mkdirSync(copy)
      writeFileSync(path.join(copy, 'books.0.log'), whole.subarray(0, cut))
      const cutStore = await open({ folder: copy })
      const book = cutStore.payerBook()
      expect(unattributed(book)).toBe(500n - rememberedAt(cut))
      cutStore.issued(voucher(own, other, rememberedAt(cut) + 1n, 101n, 501n))
      await cutStore.close()
      const again = await open({ folder: copy })
      expect(again.payerBook().issued.get(other)).toBe(rememberedAt(cut) + 1n)
      await again.close()
      rmSync(copy, { recursive: true })
    }
  })

  test('are refused when a record in the middle is damaged', async () => {
    const store = await open()
    await fill(store)
    await store.close()
    const log = path.join(folder, 'books.0.log')
    const bytes = readFileSync(log)
    bytes[300] = (bytes[300] ?? 0) ^ 1
    writeFileSync(log, bytes)
    await expect(open()).rejects.toMatchObject({ code: 'corrupt' })
  })

  test('are refused for another key, another ledger, and from a newer program', async () => {
    await (await open()).close()
    await expect(open({ account: other })).rejects.toMatchObject({ code: 'other-key' })
    await expect(open({ ledgerId: new Uint8Array(32) })).rejects.toMatchObject({ code: 'other-ledger' })
    const header = { format: 4, account: own, ledger: '07'.repeat(32) }
    writeFileSync(path.join(folder, 'books.0.log'), encodeRecord(Buffer.from(JSON.stringify(header))))
    await expect(open()).rejects.toMatchObject({ code: 'newer-format' })
  })

  test('keep what is set off as a line of its own that pays both sides, and adds up', async () => {
    const store = await open()
    store.billed(other, btt(70n), 4_096)
    store.setOff(other, { own: btt(50n), peer: btt(20n), peerBootId: 1, lost: btt(0n) })
    store.setOff(other, { own: btt(60n), peer: btt(45n), peerBootId: 1, lost: btt(0n) })
    // A word that changes nothing moves nothing; a peer that lost notes counts on from there.
    store.setOff(other, { own: btt(60n), peer: btt(40n), peerBootId: 2, lost: btt(5n) })
    expect(() => store.setOff(other, { own: btt(60n), peer: btt(10n), peerBootId: 2, lost: btt(5n) })).toThrow()
    await store.close()
    const lines = [...exportJournal(folder)].map((line) => JSON.parse(line))
    expect(lines.filter(({ kind }) => kind === 'setOff').map((entry) => entry.lines)).toEqual([
      [
        ['expense', '20'],
        [`receivable:${other}`, '-20'],
      ],
      [
        ['expense', '25'],
        [`receivable:${other}`, '-25'],
      ],
    ])
    expect(lines.at(-1)).toEqual({ type: 'setOff', own, other, sum: '45', lostByOther: '5' })
    const again = await open()
    expect(again.imbalance()).toBe(0n)
    expect(again.balances().get(`receivable:${other}`)).toBe(25n)
    expect(again.setOffWith(other)).toEqual({ own: 60n, peer: 40n, peerBootId: 2, lost: 5n })
    await again.close()
  })

  test('of format 1 are taken over, so that an older program refuses them from then on', async () => {
    const header = { format: 1, account: own, ledger: '07'.repeat(32) }
    const facts = [header, { t: 'opened', bootId: 1 }, { t: 'billed', payer: other, billed: '7n', billedBytes: 4 }]
    const records = facts.map((fact) => encodeRecord(Buffer.from(JSON.stringify(fact))))
    writeFileSync(path.join(folder, 'books.0.log'), Buffer.concat(records))
    const store = await open()
    expect([store.bootId, store.billing(other)]).toEqual([2, { billed: 7n, billedBytes: 4 }])
    store.setOff(other, { own: btt(3n), peer: btt(3n), peerBootId: 1, lost: btt(0n) })
    await store.close()
    const log = readdirSync(folder).filter((name) => name.endsWith('.log'))
    expect(log).toEqual(['books.1.log'])
    for (const name of ['books.1.log', 'books.snapshot']) {
      const [first] = decodeRecords(readFileSync(path.join(folder, name))).payloads
      expect(Buffer.from(first ?? []).toString()).toContain('"format":3')
    }
    const again = await open()
    expect([again.imbalance(), again.setOffWith(other).own]).toEqual([0n, 3n])
    await again.close()
  })

  test('with a snapshot of format 1 have nothing set off', async () => {
    const books = {
      ...emptyBooks(),
      billing: new Map([[other, { billed: btt(7n), billedBytes: 4 }]]),
      setOffs: undefined,
    }
    const header = { format: 1, account: own, ledger: '07'.repeat(32) }
    books.balances.set('income', -7n).set(`receivable:${other}`, 7n)
    writeFileSync(path.join(folder, 'books.snapshot'), encodeRecord(toBytes({ header, generation: 3, books })))
    const store = await open()
    expect([store.imbalance(), store.setOffWith(other).own, store.billing(other)?.billed]).toEqual([0n, 0n, 7n])
    await store.close()
    expect(readdirSync(folder)).toContain('books.4.log')
  })

  test('are open in one process only, and free again when that process is gone', async () => {
    const store = await open()
    await expect(open()).rejects.toMatchObject({ code: 'locked' })
    await store.close()
    writeFileSync(path.join(folder, 'lock'), '4194399 12345\n')
    await (await open()).close()
    expect(() => store.deposited(btt(1n))).toThrow(/closed/)
  })

  test('write nothing after a write that failed, and are free again when closed', async () => {
    const store = await open({ logBytesMax: 1 })
    // The snapshot's new file cannot be made: the disk answers EISDIR.
    mkdirSync(path.join(folder, 'books.snapshot.new'))
    const failure = { name: 'JournalError', code: 'write-failed' }
    expect(() => store.deposited(btt(7n))).toThrow(expect.objectContaining(failure))
    rmSync(path.join(folder, 'books.snapshot.new'), { recursive: true })
    expect(() => store.deposited(btt(7n))).toThrow(expect.objectContaining(failure))
    await expect(store.flush()).rejects.toMatchObject(failure)
    await expect(store.reserve({ seq: 9n, totalIssued: btt(9n) })).rejects.toMatchObject(failure)
    await store.close(store.payerBook())
    const again = await open()
    expect(again.payerBook().mark).toEqual({ seq: 0n, totalIssued: 0n })
    expect(again.imbalance()).toBe(0n)
    await again.close()
  })

  test('refuse what cannot be: a promise that falls, a mark that falls, an uneven entry', async () => {
    const store = await open()
    await fill(store)
    expect(() => store.issued(voucher(own, other, 29n, 4n))).toThrow(/assertion/)
    expect(() => store.accepted(voucher(third, own, 60n, 11n))).toThrow(/assertion/)
    await expect(store.reserve({ seq: 99n, totalIssued: btt(500n) })).rejects.toThrow(/assertion/)
    await store.close()
  })
})

describe('the journal as lines', () => {
  test('lets another program recompute the balances, also while the books are open', async () => {
    const store = await open()
    await fill(store)
    const sums = new Map<string, bigint>()
    const seen: string[] = []
    for (const line of exportJournal(folder)) {
      const parsed = JSON.parse(line)
      seen.push(parsed.type)
      for (const [account, amount] of parsed.lines ?? []) sums.set(account, (sums.get(account) ?? 0n) + BigInt(amount))
    }
    expect(Object.fromEntries(sums)).toEqual(expected)
    expect(seen.slice(0, 2)).toEqual(['owner', 'opening'])
    expect(seen.filter((type) => type === 'entry')).toHaveLength(10)
    await store.close()
  })
})

describe('a process that is killed', () => {
  // The child signs nothing: it notes vouchers as fast as it can and prints each AFTER it is noted, as a wire would see it.
  const program = `
    import { FileBookStore } from '${new URL('../dist/index.js', import.meta.url)}'
    import { issue, wantedMark, withMark } from '@millrace/voucher'
    const [folder] = process.argv.slice(1)
    const account = '${own}', payee = '${other}'
    const store = await FileBookStore.open({ folder, account, ledgerId: new Uint8Array(32).fill(7), logBytesMax: 20_000 })
    let book = store.payerBook()
    const limit = 10n ** 9n
    for (;;) {
      const step = issue(book, payee, 7n, limit)
      if (!step.ok) {
        await store.reserve(step.error.mark)
        book = withMark(book, step.error.mark)
        continue
      }
      book = step.value.book
      const { voucher } = step.value
      store.issued({ ...voucher, signature: new Uint8Array(65) })
      process.stdout.write(voucher.seq + ' ' + voucher.cumulative + ' ' + voucher.totalIssued + '\\n')
      if (voucher.seq % 50n === 0n) await new Promise(setImmediate)
    }`

  test('goes on above everything that it ever sent', async () => {
    let sent: Sent = { seq: 0n, cumulative: 0n, totalIssued: 0n }
    for (const lines of [1, 40, 700]) {
      const before = sent
      sent = await runUntilKilled(program, lines)
      expect(sent.seq > before.seq).toBe(true)
      expect(sent.cumulative > before.cumulative).toBe(true)
    }
    const store = await open()
    const book = store.payerBook()
    expect(book.seq >= sent.seq).toBe(true)
    expect(book.totalIssued >= sent.totalIssued).toBe(true)
    // kill -9 loses nothing that was noted: the system has it.
    expect((book.issued.get(other) ?? 0n) >= sent.cumulative).toBe(true)
    expect(store.imbalance()).toBe(0n)
    const step = issue(
      withMark(book, { seq: book.seq + 1n, totalIssued: btt(10n ** 9n) }),
      other,
      btt(1n),
      btt(10n ** 9n) as Btt,
    )
    expect(step.ok && step.value.voucher.seq > sent.seq).toBe(true)
    await store.close()
  })
})

interface Sent {
  readonly seq: bigint
  readonly cumulative: bigint
  readonly totalIssued: bigint
}

/** Starts the program, kills it once it has printed so many lines, and returns the last whole line. */
function runUntilKilled(program: string, lines: number): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const cwd = fileURLToPath(new URL('..', import.meta.url))
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder], { cwd })
    let text = ''
    let errors = ''
    child.stderr.on('data', (chunk) => {
      errors += chunk
    })
    child.stdout.on('data', (chunk) => {
      text += chunk
      if (text.split('\n').length > lines) child.kill('SIGKILL')
    })
    child.on('close', () => {
      const last = text.split('\n').slice(0, -1).at(-1)
      if (last === undefined) return reject(new Error(errors))
      const [seq = '', cumulative = '', totalIssued = ''] = last.split(' ')
      resolve({ seq: BigInt(seq), cumulative: BigInt(cumulative), totalIssued: BigInt(totalIssued) })
    })
  })
}

test('an account that was never served leaves no trace', async () => {
  const store = await open()
  const before = statSync(path.join(folder, 'books.0.log')).size
  for (let byte = 10; byte < 60; byte++) store.billed(accountOfByte(byte), btt(0n), 0)
  expect(statSync(path.join(folder, 'books.0.log')).size).toBe(before)
  expect(store.billing(accountOfByte(10))).toBeUndefined()
  store.billed(other, btt(3n), 16_384)
  store.billed(other, btt(0n), 0)
  expect(store.billing(other)).toEqual({ billed: 0n, billedBytes: 0 })
  await store.close()
})
