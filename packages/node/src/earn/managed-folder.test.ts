import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { silentLogger, toHex } from '@millrace/base'
import { encode } from '@millrace/bencode'
import { type Info, parseTorrent } from '@millrace/metainfo'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readLibrary } from './library.ts'
import { ManagedFolder } from './managed-folder.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-managed-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

interface Made {
  readonly torrent: string
  readonly info: Info
  readonly file: Uint8Array
}

/** A torrent of two files in folders, or of one file. */
function made(name: string, more: { readonly isPrivate?: boolean; readonly single?: number } = {}): Made {
  const files = [
    { length: 5, path: ['a', 'one.bin'] },
    { length: 7, path: ['a', 'b', 'two.bin'] },
  ]
  const content = more.single === undefined ? { files } : { length: more.single }
  const fields = more.isPrivate === true ? { private: 1 } : {}
  const info = { ...content, name, 'piece length': 16_384, pieces: new Uint8Array(20), ...fields }
  const file = encode({ info })
  const parsed = parseTorrent(file)
  if (!parsed.ok) throw new Error(parsed.error.message)
  return { torrent: toHex(parsed.value.infoHash), info: parsed.value.info, file }
}

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function fetched(folder: string, torrent: string): void {
  put(join(folder, 'pack', 'a', 'one.bin'), '12345')
  put(join(folder, 'pack', 'a', 'b', 'two.bin'), '1234567')
  put(join(folder, '.millrace', `${torrent}.resume`), 'resume')
  put(join(folder, '.millrace', `${torrent}.written`), '')
}

describe('the managed folder', () => {
  const { torrent, info } = made('pack')

  it('deletes what was fetched, whole, and knows what it holds', async () => {
    const managed = new ManagedFolder(join(root, 'store'))
    expect(await managed.held()).toEqual(new Map())
    const folder = await managed.take(torrent, 1_234)
    fetched(folder, torrent)
    expect(await managed.held()).toEqual(new Map([[torrent, 1_234]]))
    expect(await managed.take(torrent, 9_999)).toBe(folder)
    expect(await managed.held()).toEqual(new Map([[torrent, 1_234]]))
    await managed.drop(torrent, info)
    expect(readdirSync(join(root, 'store'))).toEqual([])
  })

  it('leaves what somebody else put there, and the folders around it', async () => {
    const managed = new ManagedFolder(root)
    const folder = await managed.take(torrent, 1)
    fetched(folder, torrent)
    put(join(folder, 'pack', 'a', 'mine.txt'), 'mine')
    put(join(folder, 'pack', 'a', 'b', 'two.bin'), 'longer than the torrent says')
    await managed.drop(torrent, info)
    expect(readFileSync(join(folder, 'pack', 'a', 'mine.txt'), 'utf8')).toBe('mine')
    expect(readFileSync(join(folder, 'pack', 'a', 'b', 'two.bin'), 'utf8')).toMatch(/^longer/)
    expect(existsSync(join(folder, 'pack', 'a', 'one.bin'))).toBe(false)
    expect(await managed.held()).toEqual(new Map())
  })

  it('neither takes nor deletes a folder that it did not make', async () => {
    const managed = new ManagedFolder(root)
    fetched(join(root, torrent), torrent)
    await expect(managed.take(torrent, 1)).rejects.toMatchObject({ code: 'not-ours' })
    await managed.drop(torrent, info)
    expect(readFileSync(join(root, torrent, 'pack', 'a', 'one.bin'), 'utf8')).toBe('12345')
    expect(await managed.held()).toEqual(new Map())
  })

  it('follows no link out of it', async () => {
    const managed = new ManagedFolder(join(root, 'store'))
    const folder = await managed.take(torrent, 1)
    const outside = join(root, 'outside')
    put(join(outside, 'one.bin'), '12345')
    put(join(outside, 'b', 'two.bin'), '1234567')
    mkdirSync(join(folder, 'pack'))
    symlinkSync(outside, join(folder, 'pack', 'a'))
    await managed.drop(torrent, info)
    expect(readdirSync(outside).sort()).toEqual(['b', 'one.bin'])
    // A whole torrent's folder that is a link is none of ours either.
    symlinkSync(outside, join(root, 'store', 'f'.repeat(40)))
    put(join(outside, '.millrace-earn.json'), JSON.stringify({ format: 1, torrent: 'f'.repeat(40), takenAtSeconds: 1 }))
    expect((await managed.held()).has('f'.repeat(40))).toBe(false)
  })

  it('takes a damaged mark, or one for another torrent, for none', async () => {
    const managed = new ManagedFolder(root)
    const folder = await managed.take(torrent, 1)
    for (const text of ['', '{', '[]', JSON.stringify({ format: 1, torrent: '0'.repeat(40), takenAtSeconds: 1 })]) {
      writeFileSync(join(folder, '.millrace-earn.json'), text)
      expect(await managed.held()).toEqual(new Map())
    }
  })
})

describe('a library', () => {
  it('is the torrents of its folders that can be sold, with content where that stands beside them', async () => {
    const [here, absent, short, secret] = [
      made('here.bin', { single: 3 }),
      made('absent.bin', { single: 3 }),
      made('short.bin', { single: 3 }),
      made('secret.bin', { single: 3, isPrivate: true }),
    ]
    for (const { info, file } of [here, absent, short, secret]) writeFileSync(join(root, `${info.name}.torrent`), file)
    put(join(root, 'here.bin'), '123')
    put(join(root, 'short.bin'), '12')
    put(join(root, 'broken.torrent'), 'no torrent')
    put(join(root, 'other.txt'), 'text')
    const library = await readLibrary([root], silentLogger)
    expect(library.map(({ torrent, contentPath }) => [torrent, contentPath])).toEqual([
      [absent.torrent, undefined],
      [here.torrent, join(root, 'here.bin')],
      [short.torrent, undefined],
    ])
  })

  it('in a folder that is not there is an error', async () => {
    await expect(readLibrary([join(root, 'nowhere')], silentLogger)).rejects.toThrow(/ENOENT/)
  })
})
