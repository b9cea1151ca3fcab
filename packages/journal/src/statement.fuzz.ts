/** CSV and statement against the books and against sums of our own. fast-check prints the seed of a failure. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { btt, formatBtt, parseBtt } from '@millrace/base'
import type { Account, SignedVoucher } from '@millrace/voucher'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { entryKinds } from './accounts.ts'
import { FileBookStore } from './book-store.ts'
import { csvRow } from './csv.ts'
import { exportJournal, exportJournalCsv, readStatement, statementCsv } from './export.ts'

const accountOfByte = (byte: number): Account => `0x${byte.toString(16).padStart(2, '0').repeat(20)}`
const own = accountOfByte(1)
const ledgerId = new Uint8Array(32).fill(7)

/** One thing that happens on some day: `kind`, with whom, how much. */
const happening = fc.record({
  kind: fc.constantFrom(...entryKinds),
  day: fc.integer({ min: 0, max: 3 }),
  party: fc.integer({ min: 2, max: 4 }).map(accountOfByte),
  amount: fc.bigInt({ min: 1n, max: 10n ** 24n }),
})
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never

/** Strict RFC 4180, written for this test. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let at = 0
  const field = (): string => {
    if (text[at] !== '"') {
      const end = /[,\r]/.exec(text.slice(at))?.index ?? Number.NaN
      const bare = text.slice(at, at + end)
      if (/["\n]/.test(bare)) throw new Error(`an unquoted ${JSON.stringify(bare)}`)
      at += end
      return bare
    }
    let value = ''
    for (at += 1; ; at += 1) {
      if (at >= text.length) throw new Error('a quote that does not end')
      if (text[at] === '"' && text[at + 1] !== '"') break
      if (text[at] === '"') at += 1
      value += text[at]
    }
    at += 1
    return value
  }
  while (at < text.length) {
    const row = [field()]
    while (text[at] === ',') {
      at += 1
      row.push(field())
    }
    if (text.slice(at, at + 2) !== '\r\n') throw new Error(`no line end at ${at}`)
    at += 2
    rows.push(row)
  }
  return rows
}

test('a row of any fields parses back', () => {
  const rows = fc.array(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }))
  fc.assert(
    fc.property(rows, (all) => {
      expect(parseCsv(all.map(csvRow).join(''))).toEqual(all)
    }),
    { numRuns: 200 },
  )
})

test('sums of the CSV are those of the journal, to the base unit, folded or not', async () => {
  const cases = fc.tuple(fc.array(happening, { maxLength: 40 }), fc.constantFrom(600, 4_000_000), fc.boolean())
  await fc.assert(fc.asyncProperty(cases, agrees), { numRuns: 60 })
})

async function agrees([happenings, logBytesMax, knowsDays]: [Happening[], number, boolean]): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-statement-'))
  try {
    let day = 20_000
    const today = knowsDays ? { today: () => day } : {}
    const store = await FileBookStore.open({ folder, account: own, ledgerId, logBytesMax, ...today })
    const world = new World(store)
    for (const { day: later, ...what } of happenings) {
      day = 20_000 + later * 20
      world.happen(what)
    }
    const balances = store.balances()
    await store.close()
    checkJournal(folder, balances)
    checkStatement(folder, world)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Amounts by account, out of the CSV, are the balances; and both columns say the same. */
function checkJournal(folder: string, balances: ReadonlyMap<string, bigint>): void {
  const [, ...rows] = parseCsv([...exportJournalCsv(folder)].join(''))
  const sums = new Map<string, bigint>()
  for (const [, , , account = '', units = '', text = ''] of rows) {
    sums.set(account, (sums.get(account) ?? 0n) + BigInt(units))
    expect(BigInt(units)).toBe(text.startsWith('-') ? -parseBtt(text.slice(1)) : parseBtt(text))
  }
  expect(sums).toEqual(new Map(balances))
  expect([...sums.values()].reduce((all, one) => all + one, 0n)).toBe(0n)
  const kinds = [...exportJournal(folder)].map((line) => (JSON.parse(line) as { kind?: string }).kind) // as documented
  expect(new Set(rows.map(([entry]) => entry)).size - (rows[0]?.[0] === '0' ? 1 : 0)).toBe(kinds.filter(Boolean).length)
}

/** Rows sum to the total, and the total is what happened. */
function checkStatement(folder: string, world: World): void {
  for (const by of ['day', 'month', 'all'] as const) {
    const statement = readStatement(folder, by)
    if (statement === undefined) throw new Error('no books')
    const [columns = [], ...rows] = parseCsv([...statementCsv(statement)].join(''))
    const total = rows.pop() ?? []
    for (const [i, column] of columns.entries()) {
      if (!column.endsWith('_base_units')) continue
      expect(rows.reduce((all, row) => all + BigInt(row[i] ?? ''), 0n)).toBe(BigInt(total[i] ?? ''))
      expect(total[i + 1]).toBe(formatBtt(BigInt(total[i] ?? '')))
      const kind = column.slice(0, -'_base_units'.length)
      if (kind !== 'net') expect([kind, BigInt(total[i] ?? '')]).toEqual([kind, world.happened.get(kind) ?? 0n])
    }
  }
}

/** Does to the books what may happen to them, and keeps its own sums. */
class World {
  readonly happened = new Map<string, bigint>()
  readonly #store: FileBookStore
  readonly #sums = new Map<string, bigint>()

  constructor(store: FileBookStore) {
    this.#store = store
  }

  happen({ kind, party, amount }: Omit<Happening, 'day'>): void {
    const moved = this.#do(kind, party, amount)
    this.happened.set(kind, (this.happened.get(kind) ?? 0n) + moved)
  }

  /** How much was moved: no more is cashed than was promised, nor written off than was billed. */
  #do(kind: Happening['kind'], party: Account, amount: bigint): bigint {
    const store = this.#store
    const within = (name: string, used: string): bigint => {
      const left = this.#sum(`${name} ${party}`) - this.#sum(`${used} ${party}`)
      return amount < left ? amount : left
    }
    const some =
      kind === 'cashed' ? within('accepted', 'cashed') : kind === 'paidOut' ? within('issued', 'paidOut') : amount
    const moved = kind === 'writtenOff' ? within('billed', 'writtenOff') : some
    if (moved <= 0n) return 0n
    const sum = this.#add(`${kind} ${party}`, moved)
    if (kind === 'billed') store.billed(party, btt(sum - this.#sum(`writtenOff ${party}`)), 1)
    else if (kind === 'writtenOff') store.writtenOff(party, btt(moved), 0)
    else if (kind === 'accepted') store.accepted(voucher(party, own, sum))
    else if (kind === 'issued') store.issued(voucher(own, party, sum))
    else if (kind === 'cashed') store.cashed(party, btt(moved), moved % 2n === 0n ? 'vault' : 'wallet')
    else if (kind === 'paidOut') store.paidOut(party, btt(moved))
    else if (kind === 'setOff') store.setOff(party, { own: btt(sum), peer: btt(sum), peerBootId: 1, lost: btt(0n) })
    else if (kind === 'deposited') store.deposited(btt(moved))
    else if (kind === 'withdrawn') store.withdrawn(btt(moved))
    else if (kind === 'gas') store.spentOnGas(btt(moved))
    else store.rewarded(btt(moved))
    return moved
  }

  #sum(name: string): bigint {
    return this.#sums.get(name) ?? 0n
  }

  #add(name: string, amount: bigint): bigint {
    const sum = this.#sum(name) + amount
    this.#sums.set(name, sum)
    return sum
  }
}

function voucher(payer: Account, payee: Account, cumulative: bigint): SignedVoucher {
  const sums = { cumulative: btt(cumulative), seq: cumulative, totalIssued: btt(cumulative) }
  return { payer, payee, ...sums, signature: new Uint8Array(65) }
}
