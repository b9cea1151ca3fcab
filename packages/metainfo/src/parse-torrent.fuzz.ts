import { fromLatin1 } from '@millrace/base'
import { type Encodable, encode } from '@millrace/bencode'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toInspectJson } from './inspect.ts'
import { formatMagnet, parseMagnet } from './magnet.ts'
import { parseTorrent } from './parse-torrent.ts'

const component = fc.oneof(
  fc.constantFrom(
    'a',
    'A',
    'b',
    'b.1',
    'a.txt',
    'A.TXT',
    '..',
    '.',
    '',
    '/',
    '\\',
    '\0',
    'a/b',
    '.pad',
    'é',
    'e\u0301',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.uint8Array({ maxLength: 6 }),
)
const path = fc.array(component, { minLength: 1, maxLength: 4 })
const file = fc.record({
  length: fc.nat(3),
  path,
  attr: fc.constantFrom('', '', '', 'p', 'l', 'x'),
  'symlink path': path,
})

/** Torrents whose form is right and whose names are not. */
const wildTorrent = fc.tuple(component, fc.array(file, { minLength: 1, maxLength: 8 })).map(([name, files]) => {
  const size = files.reduce((sum, { attr, length }) => sum + (attr === 'l' ? 0 : length), 0)
  const info = { name, files, 'piece length': 16384, pieces: new Uint8Array(size > 0 ? 20 : 0) }
  return encode({ info })
})

it('no torrent names a path outside its folder, or one path twice', () => {
  fc.assert(
    fc.property(wildTorrent, (bytes) => {
      const parsed = parseTorrent(bytes)
      if (!parsed.ok) {
        expect(parsed.error.code).toBe('bad-length')
        return
      }
      const { files, name } = parsed.value.info
      for (const { path, symlink, pad } of files) {
        for (const part of [...path, ...(symlink ?? [])]) {
          expect(['', '.', '..']).not.toContain(part)
          expect(part.includes('/') || part.includes('\\') || part.includes('\0')).toBe(false)
        }
        if (!pad) expect(path[0]).toBe(name)
        expect(path.length).toBeGreaterThan(1)
        if (symlink !== undefined && symlink.length > 0) expect([name, '.pad']).toContain(symlink[0])
      }
      const written = files.filter(({ pad }) => !pad).map(({ path }) => path.join('/').normalize('NFC').toLowerCase())
      expect(new Set(written).size).toBe(written.length)
      const folders = new Set(
        files.flatMap(({ path }) =>
          path.slice(1).map((_, i) =>
            path
              .slice(0, i + 1)
              .join('/')
              .toLowerCase(),
          ),
        ),
      )
      expect(written.filter((text) => folders.has(text))).toEqual([])
    }),
    { numRuns: 1500 },
  )
})

it('damaged torrents are read or refused, never thrown at', () => {
  const good: Encodable = {
    announce: 'udp://a',
    'announce-list': [['udp://a']],
    'url-list': ['http://w/x y'],
    nodes: [['h', 1]],
    info: {
      name: 'n',
      'piece length': 16384,
      pieces: new Uint8Array(20),
      private: 1,
      files: [{ length: 1, path: ['a'] }],
    },
  }
  const bytes = encode(good)
  const edits = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.constantFrom(...'dlei0123456789:-a\xff')), {
    maxLength: 4,
  })
  fc.assert(
    fc.property(edits, fc.nat(bytes.length), (changes, length) => {
      const damaged = bytes.slice(0, changes.length % 2 === 0 ? bytes.length : length)
      for (const [at, character] of changes) if (at < damaged.length) damaged.set(fromLatin1(character), at)
      const parsed = parseTorrent(damaged)
      if (parsed.ok) {
        const { info } = parsed.value
        expect(info.pieceHashes.length).toBe(20 * info.pieceCount)
        expect(info.files.reduce((sum, { size }) => sum + size, 0)).toBe(info.totalSize)
      } else expect(parsed.error.message).not.toBe('')
      expect(toInspectJson(parsed).accepted).toBe(parsed.ok)
    }),
    { numRuns: 5000 },
  )
})

it('links are read or refused, and what is read is written back the same', () => {
  const key = fc.constantFrom('dn', 'tr', 'ws', 'x.pe', 'so', 'x.ask', 'x.ledger', 'xt', 'tr.1', 'amp;tr')
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.webUrl(),
    fc.constantFrom('a:1', '[::1]:2', '1-3,5', '12', '%ff', '%', '+', 'urn:btmh:1', 'ab'.repeat(32)),
  )
  const parameters = fc.array(
    fc
      .tuple(key, value, fc.boolean())
      .map(([k, v, raw]) => `${k}=${raw ? v : encodeURIComponent(Buffer.from(v).toString())}`),
  )
  fc.assert(
    fc.property(parameters, (list) => {
      const parsed = parseMagnet(`magnet:?xt=urn:btih:${'0a'.repeat(20)}&${list.join('&')}`)
      if (parsed.ok) expect(parseMagnet(formatMagnet(parsed.value))).toEqual(parsed)
      else expect(parsed.error.code).toBe('too-long')
    }),
    { numRuns: 1500 },
  )
})
