import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createFileFeed } from './file-feed.ts'
import { FeedError } from './ports.ts'
import { priceDocumentBytesMax } from './price-document.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-file-feed-'))
const file = path.join(folder, 'price')
afterAll(() => rmSync(folder, { recursive: true }))

const { signal } = new AbortController()
const readText = (content: string, pointer = '') => {
  writeFileSync(file, content)
  return createFileFeed(file, pointer, Date.now).read(signal)
}

describe('a feed in a file', () => {
  it.each([
    ['a number and its newline', '0.0000012\n', ''],
    ['a number by its exponent', '1.2e-6\r\n', ''],
    ['JSON, whole', '{"usd":"0.0000012"}', '/usd'],
  ])('reads %s', async (_, content, pointer) => {
    expect((await readText(content, pointer)).rate).toBe(12n * 10n ** 29n)
  })

  it.each([
    ['a number that may be half written', '0.000001', ''],
    ['half of the JSON', '{"usd":0.000001', '/usd'],
    ['nothing yet', '', ''],
    ['words', 'soon\n', ''],
    ['two numbers', '1\n2\n', ''],
    ['more than fits', `${' '.repeat(priceDocumentBytesMax)}1\n`, ''],
  ])('refuses %s', async (_, content, pointer) => {
    await expect(readText(content, pointer)).rejects.toMatchObject({ name: 'FeedError', code: 'bad-reply' })
  })

  it('refuses what is no file, and says that one which is not there cannot be read', async () => {
    await expect(createFileFeed(folder, '', Date.now).read(signal)).rejects.toMatchObject({ code: 'bad-reply' })
    const missing = createFileFeed(path.join(folder, 'none'), '', Date.now)
    await expect(missing.read(signal)).rejects.toMatchObject({ name: 'FeedError', code: 'unreachable' })
  })

  it('never believes a price that is written in place, at whichever byte the write stands', async () => {
    const whole = '0.0000012345\n'
    for (let written = 0; written < whole.length; written++) {
      writeFileSync(file, whole)
      truncateSync(file, written)
      await expect(createFileFeed(file, '', Date.now).read(signal)).rejects.toBeInstanceOf(FeedError)
    }
  })
})
