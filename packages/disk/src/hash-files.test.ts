import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { contentOfFile, sampleOf, withFolder } from '../test/sample.ts'
import { hashFiles } from './hash-files.ts'
import { listFolder } from './list-folder.ts'

describe('hashFiles', () => {
  it('hashes pieces across files, empty files and pads, and tells its progress', () =>
    withFolder(async (folder) => {
      const sample = sampleOf(
        [
          { path: ['a'], size: 3_000_001 },
          { path: ['pad'], size: 77_777, pad: true },
          { path: ['empty'], size: 0 },
          { path: ['b'], size: 2_500_000 },
        ],
        65_536,
      )
      for (const index of [0, 2, 3]) {
        await writeFile(join(folder, sample.info.files[index]?.path[0] ?? ''), contentOfFile(sample, index))
      }
      const files = sample.info.files.map(({ path, size, pad }) => ({ path: join(folder, ...path), size, pad }))
      const progress: number[] = []
      const onProgress = (done: number): void => {
        progress.push(done)
      }
      const hashes = await hashFiles({ files, pieceLength: 65_536, onProgress })
      expect(toHex(hashes)).toBe(toHex(sample.info.pieceHashes))
      expect(progress.at(-1)).toBe(sample.info.pieceCount)
    }))

  it('refuses a file that is shorter than said, and one that is absent', () =>
    withFolder(async (folder) => {
      await writeFile(join(folder, 'f'), 'four')
      const hashing = hashFiles({ files: [{ path: join(folder, 'f'), size: 5 }], pieceLength: 16_384 })
      await expect(hashing).rejects.toMatchObject({ code: 'wrong-size' })
      const absent = hashFiles({ files: [{ path: join(folder, 'g'), size: 5 }], pieceLength: 16_384 })
      await expect(absent).rejects.toMatchObject({ code: 'wrong-size' })
    }))
})

describe('listFolder', () => {
  it('lists all regular files in byte order and says what it leaves out', () =>
    withFolder(async (folder) => {
      const root = join(folder, 'album')
      await mkdir(join(root, 'sub'), { recursive: true })
      await mkdir(join(root, '.millrace'))
      for (const name of ['é', 'z', 'B', 'a', '.hidden', 'sub/x', '.millrace/y'])
        await writeFile(join(root, name), name)
      await symlink('/etc/passwd', join(root, 'link'))
      const listing = await listFolder(root)
      const paths = listing.files.map((file) => file.components.join('/'))
      expect(paths).toEqual(['album/.hidden', 'album/B', 'album/a', 'album/sub/x', 'album/z', 'album/é'])
      expect(listing.files.map((file) => file.size)).toEqual([7, 1, 1, 5, 1, 2])
      expect(listing.warnings.map((warning) => warning.slice(root.length + 1))).toEqual([
        '.millrace: resume data, left out',
        'link: a symbolic link, left out',
      ])
      expect(listing).toMatchObject({ name: 'album', isFolder: true })
    }))

  it('lists a single file under its own name', () =>
    withFolder(async (folder) => {
      await writeFile(join(folder, 'one'), 'x')
      expect(await listFolder(join(folder, 'one'))).toEqual({
        name: 'one',
        isFolder: false,
        files: [{ path: join(folder, 'one'), components: ['one'], size: 1 }],
        warnings: [],
      })
      await expect(listFolder(join(folder, 'none'))).rejects.toMatchObject({ code: 'file-gone' })
    }))
})
