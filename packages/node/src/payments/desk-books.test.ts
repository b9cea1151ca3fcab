import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { btt, type Logger } from '@millrace/base'
import { FileBookStore, JournalError } from '@millrace/journal'
import type { Account } from '@millrace/voucher'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DeskBooks } from './desk-books.ts'

const account: Account = `0x${'01'.repeat(20)}`
let folder: string
let lines: string[]
const logger: Logger = { log: (level, message) => void lines.push(`${level} ${message}`) }
const openStore = (onError: (error: JournalError) => void): Promise<FileBookStore> =>
  FileBookStore.open({ folder, account, ledgerId: new Uint8Array(32), onError })

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-desk-books-'))
  lines = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a flush that fails in the background ends the books once; they still close', async () => {
  let report: (error: JournalError) => void = () => {}
  const books = await DeskBooks.open((onError) => {
    report = onError
    return openStore(onError)
  }, logger)
  let failures = 0
  books.onFailure(() => {
    failures += 1
  })
  expect(books.note((store) => store.deposited(btt(5n)))).toBe(true)
  report(new JournalError('write-failed', 'the disk is gone'))
  report(new JournalError('write-failed', 'the disk is still gone'))
  expect(books.isOpen).toBe(false)
  expect(books.note((store) => store.deposited(btt(6n)))).toBe(false)
  expect(await books.noteDurably((store) => store.reserve({ seq: 1n, totalIssued: btt(1n) }))).toBe(false)
  books.onFailure(() => {
    failures += 10
  })
  expect(failures).toBe(11)
  expect(lines).toEqual(['error buying and selling ended: the books cannot be written'])
  await books.close()
  const again = await openStore(() => {})
  expect(again.balances().get('vault')).toBe(5n)
  await again.close()
})

test('books that were closed take nothing and complain of nothing; a bug is still thrown', async () => {
  const books = await DeskBooks.open(openStore, logger)
  expect(await books.noteDurably((store) => store.reserve({ seq: 5n, totalIssued: btt(5n) }))).toBe(true)
  const falling = { seq: 1n, totalIssued: btt(1n) }
  await expect(books.noteDurably((store) => store.reserve(falling))).rejects.toThrow(/assertion/)
  expect(books.isOpen).toBe(true)
  await books.close()
  expect(books.note((store) => store.deposited(btt(6n)))).toBe(false)
  expect(lines).toEqual([])
})
